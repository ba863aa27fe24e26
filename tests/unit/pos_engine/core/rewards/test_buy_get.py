from __future__ import annotations

from dataclasses import replace

from pos_engine.core.offer_parts import Limits, Selector
from pos_engine.core.rewards.buy_get import BuyGet
from tests.support.examples import discounts, ledger, offer_of, outcome_of

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
