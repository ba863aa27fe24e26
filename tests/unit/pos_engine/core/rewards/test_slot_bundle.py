from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pos_engine.core.basket import Basket
from pos_engine.core.evaluate import evaluate
from pos_engine.core.offer_parts import Limits, Selector, Slot
from pos_engine.core.rewards.slot_bundle import SlotBundle, bundles_out_of, fill, lanes_of
from pos_engine.core.ruleset import compile_ruleset
from pos_engine.core.usage import Usage
from tests.support.examples import discounts, offer_of, outcome_of
from tests.support.pricing import MOMENT, TARIFF, campaign_of, line, slots

MEAL = offer_of(SlotBundle(slots("a", "b"), price_minor=800))


def test_a_burger_and_a_drink_for_eight() -> None:
    outcome = outcome_of(MEAL, ("a", 700), ("b", 300), ("c", 500))
    assert (outcome.total_discount_minor, outcome.lines[2].discount_minor) == (200, 0)


def test_the_dearest_of_each_slot_as_often_as_it_saves() -> None:
    outcome = outcome_of(MEAL, ("a", 700), ("a", 600), ("b", 300), ("b", 350), ("b", 50), ("a", 100))
    assert (outcome.total_discount_minor, outcome.applied[0].uses) == (250 + 100, 2)


def test_one_slot_empty_and_nothing_happens() -> None:
    assert discounts(MEAL, ("a", 700), ("a", 700)) == [0, 0]


def test_a_percentage_on_the_bundle() -> None:
    offer = offer_of(SlotBundle(slots("a", "b"), percent_bp=2000))
    assert discounts(offer, ("a", 500), ("b", 100), ("b", 200)) == [100, 0, 40]


def test_two_of_one_and_one_of_another() -> None:
    wanted = (Slot(Selector(products=("a",)), 2), Slot(Selector(products=("b",))))
    offer = offer_of(SlotBundle(wanted, price_minor=500))
    assert sum(discounts(offer, ("a", 300), ("a", 200), ("a", 250), ("b", 100))) == 150


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_a_unit_that_fits_two_slots_moves_where_it_is_needed(order: tuple[int, ...]) -> None:
    # Only b can stand in the second slot; c is for the first alone: the match is found whatever comes first.
    offer = offer_of(SlotBundle(slots("bc", "b"), percent_bp=10000))
    units = [("b", 300), ("c", 100), ("a", 900)]
    outcome = outcome_of(offer, *(units[number] for number in order))
    assert outcome.total_discount_minor == 400


def test_limits() -> None:
    units = (("a", 700), ("b", 300), ("a", 700), ("b", 300))
    assert sum(discounts(replace(MEAL, limits=Limits(uses_per_receipt=1)), *units)) == 200
    assert sum(discounts(replace(MEAL, limits=Limits(budget_minor=250)), *units)) == 250


@pytest.mark.parametrize(
    "target", [Selector(categories=("food",)), Selector(products=("x",), departments=("d",), categories=("food",))]
)
def test_a_slot_knows_its_product_where_the_target_names_a_category_only(target: Selector) -> None:
    """Products that no offer is listed under count as one; what a slot asks for is not such a product."""
    offer = replace(MEAL, target=target)
    assert sum(discounts(offer, ("a", 700), ("b", 300))) == 200


def test_a_slot_knows_its_product_beside_a_slot_for_a_brand() -> None:
    wanted = (Slot(Selector(brands=("Mill",))), Slot(Selector(products=("b",))))
    ruleset = compile_ruleset((campaign_of(offer_of(SlotBundle(wanted, price_minor=800))),), TARIFF)
    rows = (replace(line("1", "a", 700), brand="Mill"), line("2", "c", 300), line("3", "b", 300))
    outcome = evaluate(ruleset, Basket(rows), None, Usage(), MOMENT)
    assert [row.discount_minor for row in outcome.lines] == [140, 0, 60]


SLOTS_APART = st.lists(st.sets(st.integers(0, 11), max_size=6), min_size=1, max_size=4)


@settings(max_examples=300, deadline=None)
@given(SLOTS_APART, st.lists(st.integers(1, 3), min_size=4, max_size=4), st.permutations(range(12)), st.integers(0, 5))
def test_slots_that_share_no_unit_are_filled_as_a_matching_would(
    fitting: list[set[int]], sizes: list[int], ordered: list[int], times_max: int
) -> None:
    slot_units = [frozenset(mine.difference(*fitting[:slot])) for slot, mine in enumerate(fitting)]
    lanes = lanes_of(ordered, slot_units)
    assert lanes is not None
    free, holder = list(ordered), dict[int, int]()
    wanted = [slot for slot in range(len(slot_units)) for _ in range(sizes[slot])]
    matched: list[list[int]] = []
    while len(matched) < times_max and all(fill(slot, free, holder, slot_units) for slot in wanted):
        matched.append(list(holder)[-len(wanted) :])
    assert bundles_out_of(lanes, sizes[: len(lanes)], times_max) == matched
