from __future__ import annotations

from dataclasses import replace

import pytest

from pos_engine.core.basket import Basket
from pos_engine.core.campaign import Offer
from pos_engine.core.offer_parts import Selector
from pos_engine.core.rewards.percent import Percent
from tests.support.pricing import ALWAYS, campaign_of, line, price

LINE = replace(
    line("1", "a", 1000), department="bakery", brand="Mill", family="rye", attributes=("size=big", "colour=dark")
)


@pytest.mark.parametrize(
    ("selector", "counts"),
    [
        (Selector(departments=("bakery",)), True),
        (Selector(departments=("fish",)), False),
        (Selector(departments=("fish",), products=("a",)), True),
        (Selector(brands=("Mill", "Oven")), True),
        (Selector(brands=("Oven",), products=("a",)), False),
        (Selector(families=("rye",)), True),
        (Selector(families=("wheat",)), False),
        (Selector(attributes=("colour=dark",)), True),
        (Selector(attributes=("colour=light",)), False),
        (Selector(unit_price_min_minor=1000, unit_price_max_minor=1000), True),
        (Selector(unit_price_min_minor=1001), False),
        (Selector(unit_price_max_minor=999), False),
        (Selector(exclude_departments=("fish",)), True),
        (Selector(exclude_departments=("bakery",)), False),
        (Selector(products=("a",), exclude_brands=("Mill",)), False),
        (Selector(categories=("food",), exclude_families=("rye",)), False),
        (Selector(exclude_attributes=("colour=dark",)), False),
        (Selector(exclude_attributes=("colour=light",)), True),
    ],
)
def test_what_a_selector_names(selector: Selector, counts: bool) -> None:
    offer = Offer("o", "10 %", ALWAYS, Percent(1000), selector)
    outcome = price((campaign_of(offer),), Basket((LINE, line("2", "c", 5))))
    assert outcome.lines[0].discount_minor == (100 if counts else 0)
