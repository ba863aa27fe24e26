from __future__ import annotations

from dataclasses import replace

from pos_engine.core.offer_parts import Rounding
from pos_engine.core.rewards.nth_unit import NthUnit
from tests.support.examples import discounts, ledger, offer_of, outcome_of

HALF = offer_of(NthUnit((0, 5000)))


def test_the_second_at_half_price_again_and_again() -> None:
    assert discounts(HALF, ("a", 100), ("a", 300), ("a", 200), ("a", 400), ("a", 50)) == [50, 150, 0, 0, 0]


def test_every_place_has_its_percentage() -> None:
    assert discounts(offer_of(NthUnit((0, 2500, 10000))), ("a", 300), ("a", 200), ("a", 100)) == [0, 50, 100]


def test_rounded_over_the_offer_or_per_unit() -> None:
    units = (("a", 11), ("a", 11), ("a", 11), ("a", 11))
    assert sum(discounts(HALF, *units)) == 11
    assert sum(discounts(replace(HALF, rounding=Rounding("unit", "down")), *units)) == 10


def test_the_first_unit_is_needed() -> None:
    assert ledger(outcome_of(HALF, ("a", 100), ("a", 300))) == [("l0", "receives", 50), ("l1", "triggers", 0)]
