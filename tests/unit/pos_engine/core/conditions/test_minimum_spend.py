from __future__ import annotations

from dataclasses import replace

import pytest

from pos_engine.core.basket import Basket
from pos_engine.core.campaign import Offer
from pos_engine.core.conditions.minimum_spend import MinimumSpend
from pos_engine.core.offer_parts import Selector
from pos_engine.core.rewards.amount import Amount
from pos_engine.core.rewards.free_product import FreeProduct
from pos_engine.core.rewards.percent import Percent
from tests.support.facts import facts_at
from tests.support.pricing import ALWAYS, campaign_of, line, price


@pytest.mark.parametrize(("cents", "missing"), [(2000, 0), (1999, 1), (1580, 420)])
def test_the_reason_says_how_much_is_missing(cents: int, missing: int) -> None:
    answer = MinimumSpend(2000).answer(facts_at(basket=Basket((line("1", "a", cents),))))
    assert answer.yes is (missing == 0)
    if missing:
        assert (answer.code, answer.params) == ("missing_spend", {"missing_minor": missing, "minimum_minor": 2000})


def test_price_fixed_goods_count_and_deposits_never_do() -> None:
    book = replace(line("1", "a", 1500), line_kind="price_fixed")
    deposit = replace(line("2", "a", 1500), line_kind="deposit")
    service = replace(line("3", "a", 1500), line_kind="service")
    basket = Basket((book, deposit, service))
    assert MinimumSpend(1500).answer(facts_at(basket=basket)).yes
    assert MinimumSpend(1501).answer(facts_at(basket=basket)).params["missing_minor"] == 1
    labour = Selector(line_kinds=("service",))
    assert MinimumSpend(1500, labour).answer(facts_at(basket=basket)).yes


def test_only_what_the_selector_names_counts() -> None:
    basket = Basket((line("1", "a", 600), line("2", "c", 900)))
    assert MinimumSpend(600, Selector(categories=("food",))).answer(facts_at(basket=basket)).yes
    assert not MinimumSpend(601, Selector(categories=("food",))).answer(facts_at(basket=basket)).yes
    assert not MinimumSpend(601, Selector(exclude_products=("c",))).answer(facts_at(basket=basket)).yes


@pytest.mark.parametrize(("measured", "applied"), [("before", ["b", "l"]), ("after", ["l"])])
def test_before_and_after_earlier_phases(measured: str, applied: list[str]) -> None:
    shop = (
        campaign_of(
            Offer("l", "half", ALWAYS, Percent(5000)),
            Offer("b", "1 off", MinimumSpend(1000, measured=measured), Amount(100), phase="basket"),  # type: ignore[arg-type]
        ),
    )
    outcome = price(shop, Basket((line("1", "a", 1000),)))
    assert sorted(a.offer_id for a in outcome.applied) == applied


def test_a_small_discount_does_not_cost_a_later_threshold() -> None:
    """One cent off the line would lose 5.00 off the basket; the customer gets the 5.00."""
    shop = (
        campaign_of(
            Offer("l", "1 cent off", ALWAYS, Amount(1)),
            Offer("b", "5 off", MinimumSpend(1000, measured="after"), Amount(500), phase="basket"),
        ),
    )
    outcome = price(shop, Basket((line("1", "a", 1000),)))
    assert outcome.total_discount_minor == 500
    assert outcome.certificate.optimal


def test_a_free_product_does_not_earn_itself() -> None:
    shop = (campaign_of(Offer("o", "free", MinimumSpend(1000), FreeProduct(("c",)))),)
    short = price(shop, Basket((line("1", "a", 800), line("2", "c", 300))))
    assert short.total_discount_minor == 0
    assert short.reasons[0].params == {"missing_minor": 200, "minimum_minor": 1000}
    assert price(shop, Basket((line("1", "a", 1000), line("2", "c", 300)))).total_discount_minor == 300
