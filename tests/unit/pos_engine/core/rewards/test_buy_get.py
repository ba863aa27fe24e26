from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from pos_engine.core.offer_parts import Limits, Rounding, Selector
from pos_engine.core.rewards.buy_get import BuyGet
from tests.support.examples import discounts, ledger, offer_of, outcome_of
from tests.support.pricing import ROUNDINGS

A, B, EVERYTHING = Selector(products=("a",)), Selector(products=("b",)), Selector()


def test_buy_a_printer_get_the_dearest_cartridge_at_half_price() -> None:
    offer = offer_of(BuyGet(A, B, percent_bp=5000))
    outcome = outcome_of(offer, ("a", 9000), ("b", 3000), ("b", 4000))
    assert ledger(outcome) == [("l0", "triggers", 0), ("l2", "receives", 2000)]


def test_every_two_bought_give_one() -> None:
    offer = offer_of(BuyGet(A, B, buy_quantity=2))
    assert discounts(offer, *[("a", 500)] * 5, *[("b", 100)] * 3) == [0] * 5 + [100, 100, 0]


def test_of_the_same_goods_the_cheapest_is_got_and_no_unit_is_both() -> None:
    offer = offer_of(BuyGet(A, A))
    assert discounts(offer, ("a", 500)) == [0]
    assert discounts(offer, ("a", 500), ("a", 300), ("a", 400)) == [0, 0, 400]
    assert discounts(offer, ("a", 500), ("a", 300), ("a", 400), ("a", 200)) == [0, 0, 400, 200]


def test_goods_that_can_be_bought_and_got() -> None:
    offer = offer_of(BuyGet(EVERYTHING, B))
    assert discounts(offer, ("a", 100), ("b", 500)) == [0, 500]
    assert discounts(offer, ("b", 100), ("b", 500)) == [100, 0]


def test_a_limit_of_uses() -> None:
    offer = replace(offer_of(BuyGet(A, B)), limits=Limits(uses_per_receipt=1))
    assert sum(discounts(offer, ("a", 1), ("a", 1), ("b", 300), ("b", 200))) == 300


def test_what_is_bought_is_not_got() -> None:
    # Bread buys bread or cake: the one bread there is can only be bought.
    offer = offer_of(BuyGet(Selector(products=("a",)), Selector(products=("a", "b"))))
    assert discounts(offer, ("a", 300), ("b", 100)) == [0, 100]
    assert discounts(offer, ("a", 300)) == [0]


@pytest.mark.parametrize(
    "offer",
    [BuyGet(EVERYTHING, B), BuyGet(B, EVERYTHING)],
    ids=["the other one can only be bought", "the other one can only be got"],
)
def test_goods_in_common_are_compared_among_themselves_when_that_saves_more(offer: BuyGet) -> None:
    """Ten pays for nine, eight for seven and so on, whatever else lies in the basket."""
    common = [("b", price) for price in range(1000, 200, -100)]
    assert sum(discounts(offer_of(offer), *common)) == 2400
    assert discounts(offer_of(offer), *common, ("a", 1)) == [0, 900, 0, 700, 0, 500, 0, 300, 0]


def test_what_can_only_be_bought_is_used_when_that_saves_more() -> None:
    """Three articles that cost next to nothing pay for the three dearest; alone the four would get 9.00 and 3.00."""
    offer = offer_of(BuyGet(EVERYTHING, B))
    common = [("b", price) for price in (1000, 900, 800, 300)]
    assert sum(discounts(offer, *common, *[("a", 1)] * 3)) == 1000 + 900 + 800


def test_a_trolley_of_two_thousand_articles_is_arranged_at_once() -> None:
    """The work grows with the units, not with every number of applications times every number of goods bought."""
    offer = offer_of(BuyGet(EVERYTHING, B))
    trolley = [("b", 100 + step) for step in range(2000)]
    assert sum(discounts(offer, *trolley, ("a", 1))) == sum(range(100, 2100, 2))


PRICES = st.integers(1, 12).map(lambda step: step * 37)


@settings(max_examples=100, deadline=None, print_blob=True)
@given(
    st.builds(
        BuyGet,
        st.sampled_from((EVERYTHING, B, Selector(products=("a", "b")))),
        st.sampled_from((EVERYTHING, B, Selector(products=("b", "c")))),
        get_quantity=st.sampled_from((1, 1, 2)),
        percent_bp=st.sampled_from((3333, 5000, 10_000)),
    ),
    st.lists(st.tuples(st.sampled_from(("b", "b", "b", "b", "a", "c")), PRICES), min_size=4, max_size=9),
    st.tuples(st.sampled_from(("a", "b", "c")), PRICES),
    ROUNDINGS,
    st.builds(
        Limits,
        uses_per_receipt=st.sampled_from((None, 1, 2)),
        discount_max_minor=st.sampled_from((None, None, 300)),
        unit_price_floor_minor=st.sampled_from((0, 0, 50)),
    ),
)
def test_one_more_article_never_lowers_what_is_given(
    reward: BuyGet, units: list[tuple[str, int]], one_more: tuple[str, int], rounding: Rounding, limits: Limits
) -> None:
    offer = replace(offer_of(reward), rounding=rounding, limits=limits)
    without, with_it = sum(discounts(offer, *units)), sum(discounts(offer, *units, one_more))
    note(f"{without} without {one_more}, {with_it} with it")
    assert with_it >= without
