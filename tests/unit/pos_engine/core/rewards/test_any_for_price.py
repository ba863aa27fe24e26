from __future__ import annotations

from dataclasses import replace

from pos_engine.core.offer_parts import Limits
from pos_engine.core.rewards.any_for_price import AnyForPrice
from tests.support.examples import discounts, offer_of, outcome_of

THREE_FOR_FIVE = offer_of(AnyForPrice(3, 500))


def test_any_three_for_five_takes_the_dearest() -> None:
    outcome = outcome_of(THREE_FOR_FIVE, ("a", 200), ("b", 250), ("a", 100), ("b", 210))
    assert outcome.total_due_minor == 500 + 100
    assert sum(row.discount_minor for row in outcome.lines) == 160


def test_it_repeats_only_while_it_saves() -> None:
    units = tuple(("a", cost) for cost in (300, 300, 300, 200, 200, 200, 100, 100, 100))
    outcome = outcome_of(THREE_FOR_FIVE, *units)
    assert (outcome.total_discount_minor, outcome.applied[0].uses) == (400 + 100, 2)


def test_what_is_cheaper_anyway_stays_as_it_is() -> None:
    assert discounts(THREE_FOR_FIVE, ("a", 100), ("a", 200), ("a", 200)) == [0, 0, 0]


def test_a_floor_holds_per_unit() -> None:
    offer = replace(THREE_FOR_FIVE, limits=Limits(unit_price_floor_minor=190))
    assert discounts(offer, ("a", 200), ("a", 200), ("a", 400)) == [10, 10, 210]
