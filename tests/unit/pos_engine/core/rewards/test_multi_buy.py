from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pos_engine.core.offer_parts import Limits, Rounding
from pos_engine.core.rewards.multi_buy import MultiBuy
from tests.support.examples import discounts, ledger, offer_of, outcome_of

THREE_FOR_TWO = offer_of(MultiBuy(3))


def of(*prices: int) -> tuple[tuple[str, int], ...]:
    return tuple(("a", cost) for cost in prices)


def test_three_for_two_on_six_equal_units_saves_two() -> None:
    assert sum(discounts(THREE_FOR_TWO, *of(*[1000] * 6))) == 2000


@pytest.mark.parametrize(
    ("changes", "prices", "expected"),
    [
        ({}, (100, 200, 300, 400, 500, 600), [100, 0, 0, 400, 0, 0]),  # 6 5 4 and 3 2 1: the customer's grouping
        ({"grouping": "basket"}, (100, 200, 300, 400, 500, 600), [100, 200, 0, 0, 0, 0]),
        ({"order": "dearest"}, (100, 200, 300, 400), [0, 0, 0, 400]),
        ({"order": "dearest", "grouping": "basket"}, (100, 200, 300, 400), [0, 0, 0, 400]),
        ({"count": 2, "percent_bp": 5000}, (100, 200, 300, 400), [0, 100, 150, 0]),
        ({"every": 2, "percent_bp": 5000}, (100, 200, 300), [0, 100, 0]),
        ({"count": 9}, (100, 200, 300), [100, 200, 300]),
        ({}, (100, 200), [0, 0]),
    ],
)
def test_who_gets_what(changes: dict[str, Any], prices: tuple[int, ...], expected: list[int]) -> None:
    reward = replace(MultiBuy(3), **changes)
    assert discounts(offer_of(reward), *of(*prices)) == expected


def test_half_off_the_cheapest_of_the_basket_rounded_down() -> None:
    offer = replace(
        offer_of(MultiBuy(2, 1, 5000, grouping="basket")), rounding=Rounding("unit", "down"), limits=Limits(1)
    )
    assert discounts(offer, ("desk", 95000), ("chair", 6000), ("gum", 99)) == [0, 0, 49]


def test_limits_count_applications_and_keep_the_dearest() -> None:
    offer = replace(THREE_FOR_TWO, limits=Limits(uses_per_receipt=1))
    outcome = outcome_of(offer, *of(100, 200, 300, 400, 500, 600))
    assert (outcome.total_discount_minor, outcome.applied[0].uses) == (400, 1)
    assert outcome_of(THREE_FOR_TWO, *of(*[100] * 7)).applied[0].uses == 2


def test_a_floor_and_a_ceiling_hold() -> None:
    assert sum(discounts(replace(THREE_FOR_TWO, limits=Limits(unit_price_floor_minor=60)), *of(100, 200, 300))) == 40
    assert sum(discounts(replace(THREE_FOR_TWO, limits=Limits(discount_max_minor=30)), *of(100, 200, 300))) == 30


def test_the_units_that_were_needed_are_in_the_ledger() -> None:
    assert ledger(outcome_of(THREE_FOR_TWO, *of(100, 200, 300, 50))) == [
        ("l0", "receives", 100),
        ("l1", "triggers", 0),
        ("l2", "triggers", 0),
    ]
