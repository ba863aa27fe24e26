from __future__ import annotations

from dataclasses import replace

import pytest

from pos_engine.core.basket import Basket
from pos_engine.core.campaign import Offer
from pos_engine.core.offer_parts import Limits, Rounding
from pos_engine.core.rewards.percent import Percent
from pos_engine.core.rewards.percent_of_shelf import PercentOfShelf
from tests.support.examples import discounts, offer_of
from tests.support.pricing import ALWAYS, campaign_of, line, price

TWENTY = Offer("o1", "20 %", ALWAYS, Percent(2000), policy="stack", priority=1)
TEN = Offer("o2", "10 % of the shelf price", ALWAYS, PercentOfShelf(1000), policy="stack")


def both(ten: Offer, *costs: int) -> list[tuple[str, int]]:
    basket = Basket(tuple(line(f"l{n}", "a", cost) for n, cost in enumerate(costs)))
    outcome = price((campaign_of(TWENTY, ten),), basket)
    return [(share.offer_id, share.amount_minor) for share in outcome.shares]


def test_of_the_shelf_price_and_not_of_what_is_left() -> None:
    assert both(TEN, 1000) == [("o1", 200), ("o2", 100)]
    assert both(replace(TEN, reward=Percent(1000)), 1000) == [("o1", 200), ("o2", 80)]


def test_in_a_later_phase_too() -> None:
    assert both(replace(TEN, phase="basket"), 1000) == [("o1", 200), ("o2", 100)]


def test_never_more_than_is_left_above_the_floor() -> None:
    assert both(replace(TEN, reward=PercentOfShelf(9000)), 1000) == [("o1", 200), ("o2", 800)]
    floor = Limits(unit_price_floor_minor=750)
    assert both(replace(TEN, limits=floor), 1000) == [("o1", 200), ("o2", 50)]


def test_alone_it_is_a_percentage() -> None:
    assert discounts(offer_of(PercentOfShelf(1000)), ("a", 1000), ("b", 250)) == [100, 25]


@pytest.mark.parametrize(("order", "expected"), [("cheapest", [0, 25]), ("dearest", [100, 0])])
def test_the_cheapest_or_the_dearest_at_the_shelf(order: str, expected: list[int]) -> None:
    assert discounts(offer_of(PercentOfShelf(1000, 1, order)), ("a", 1000), ("b", 250)) == expected  # type: ignore[arg-type]


def test_rounding_and_ceiling() -> None:
    offer = offer_of(PercentOfShelf(1000))
    assert sum(discounts(offer, ("a", 5), ("a", 5), ("a", 5))) == 2
    assert discounts(replace(offer, rounding=Rounding("unit", "down")), ("a", 19), ("a", 9)) == [1, 0]
    assert discounts(replace(offer, limits=Limits(discount_max_minor=40)), ("a", 1000), ("a", 1000)) == [20, 20]
