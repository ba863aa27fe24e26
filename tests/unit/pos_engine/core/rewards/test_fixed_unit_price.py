from __future__ import annotations

from dataclasses import replace

from pos_engine.core.offer_parts import Limits
from pos_engine.core.rewards.fixed_unit_price import FixedUnitPrice
from tests.support.examples import discounts, offer_of, outcome_of

TWO = offer_of(FixedUnitPrice(200))


def test_each_dearer_unit_costs_the_price() -> None:
    assert discounts(TWO, ("a", 250), ("b", 200), ("c", 150)) == [50, 0, 0]


def test_a_limit_of_uses_takes_the_dearest() -> None:
    outcome = outcome_of(replace(TWO, limits=Limits(uses_per_receipt=2)), ("a", 250), ("a", 400), ("a", 300))
    assert [row.discount_minor for row in outcome.lines] == [0, 200, 100]
    assert outcome.applied[0].uses == 2


def test_floor_and_ceiling() -> None:
    assert discounts(replace(TWO, limits=Limits(unit_price_floor_minor=220)), ("a", 250)) == [30]
    assert sum(discounts(replace(TWO, limits=Limits(discount_max_minor=70)), ("a", 250), ("a", 250))) == 70
