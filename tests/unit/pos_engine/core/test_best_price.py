"""The solver against the judge that tries everything, on small random baskets."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from pos_engine.core.basket import Basket
from pos_engine.core.campaign import Campaign, Offer
from pos_engine.core.offer_parts import Limits, Rounding
from pos_engine.core.rewards.amount import Amount
from pos_engine.core.rewards.any_for_price import AnyForPrice
from pos_engine.core.rewards.buy_get import BuyGet
from pos_engine.core.rewards.free_product import FreeProduct
from pos_engine.core.rewards.multi_buy import MultiBuy
from pos_engine.core.rewards.nth_unit import NthUnit
from pos_engine.core.rewards.percent import Percent
from pos_engine.core.rewards.slot_bundle import SlotBundle
from tests.support.oracle import best_saving
from tests.support.pricing import ALWAYS, GROUPED, REWARDS, baskets, campaign_of, campaigns, line, price, slots

QUICK = settings(max_examples=150, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
LONG = settings(max_examples=10_000, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])


def judge(shop: tuple[Campaign, ...], basket: Basket) -> None:
    outcome = price(shop, basket)
    best = best_saving(shop, basket)
    note(f"solver {outcome.total_discount_minor}, judge {best}, {outcome.certificate}")
    if outcome.certificate.optimal:
        assert outcome.total_discount_minor == best
    else:
        assert outcome.total_discount_minor <= best <= outcome.total_discount_minor + outcome.certificate.gap_minor


@QUICK
@given(campaigns(3), baskets(4))
def test_the_best_price_is_the_judges(shop: tuple[Campaign, ...], basket: Basket) -> None:
    judge(shop, basket)


@pytest.mark.slow
@LONG
@given(campaigns(4, phases=("line", "line", "basket", "coupon")), baskets(5))
def test_the_best_price_is_the_judges_at_length(shop: tuple[Campaign, ...], basket: Basket) -> None:
    judge(shop, basket)


ALL_REWARDS = st.one_of(GROUPED, GROUPED, REWARDS)


@QUICK
@given(campaigns(3, ("best",), ("line",), rewards=ALL_REWARDS), baskets(5))
def test_multi_buys_are_judged_too(shop: tuple[Campaign, ...], basket: Basket) -> None:
    judge(shop, basket)


@pytest.mark.slow
@LONG
@given(campaigns(3, ("best", "best", "exclusive"), ("line",), rewards=ALL_REWARDS), baskets(5))
def test_multi_buys_are_judged_at_length(shop: tuple[Campaign, ...], basket: Basket) -> None:
    judge(shop, basket)


@QUICK
@given(campaigns(3, ("best",), ("line",), rewards=ALL_REWARDS), baskets(5))
def test_multi_buys_with_no_effort_keep_the_certificate(shop: tuple[Campaign, ...], basket: Basket) -> None:
    outcome = price(shop, basket, effort=0)
    best = best_saving(shop, basket)
    assert outcome.total_discount_minor <= best <= outcome.total_discount_minor + outcome.certificate.gap_minor


@QUICK
@given(campaigns(3), baskets(4))
def test_with_no_effort_the_certificate_still_holds(shop: tuple[Campaign, ...], basket: Basket) -> None:
    outcome = price(shop, basket, effort=0)
    best = best_saving(shop, basket)
    assert outcome.total_discount_minor <= best <= outcome.total_discount_minor + outcome.certificate.gap_minor


def test_a_cent_on_one_article_may_leave_another_whole_for_a_later_phase() -> None:
    """Two articles worth the same to the offers of one phase are not the same to the next one."""
    shop = (
        campaign_of(Offer("o1", "cent", ALWAYS, Amount(1))),
        campaign_of(Offer("o2", "fifty", ALWAYS, Amount(50)), campaign_id="c2"),
        campaign_of(Offer("o3", "free", ALWAYS, FreeProduct(("a",)), phase="basket"), campaign_id="c3"),
    )
    basket = Basket((line("1", "a", 99), line("2", "b", 99)))
    outcome = price(shop, basket)
    assert (outcome.total_discount_minor, outcome.certificate.optimal) == (149, True)
    assert best_saving(shop, basket) == 149


def test_units_a_cent_apart_are_not_alike_where_each_is_rounded() -> None:
    """17 and 67 off either of 332 and 333, rounded up: but 66 off the first one, which must go to the 5 %."""
    each = Rounding("unit")
    shop = (
        campaign_of(Offer("o1", "5 %", ALWAYS, Percent(500), rounding=each)),
        campaign_of(
            Offer("o2", "20 %", ALWAYS, Percent(2000), policy="stack", rounding=each, limits=Limits(budget_minor=75)),
            campaign_id="c2",
        ),
    )
    basket = Basket((line("1", "a", 332), line("2", "a", 333)))
    outcome = price(shop, basket)
    assert (outcome.total_discount_minor, outcome.certificate.optimal) == (84, True)
    assert best_saving(shop, basket) == 84


def test_many_units_and_offers_are_answered_within_the_effort() -> None:
    # A hundred different units under five overlapping multi-buys: no proof, yet an answer above each offer alone.
    basket = Basket(tuple(line(f"l{n}", "abc"[n % 3], 50 + 7 * n) for n in range(100)))
    rewards = (MultiBuy(3), AnyForPrice(4, 900), NthUnit((0, 5000)), MultiBuy(4), MultiBuy(5, 2))
    shop = tuple(
        campaign_of(Offer(f"o{n}", "n", ALWAYS, reward), campaign_id=f"c{n}") for n, reward in enumerate(rewards)
    )
    outcome = price(shop, basket, effort=200)
    assert outcome.certificate.effort_used <= 200
    assert not outcome.certificate.optimal
    assert outcome.total_discount_minor >= max(price((alone,), basket).total_discount_minor for alone in shop)


@pytest.mark.parametrize("each", [20, 100])
def test_many_units_of_a_bundle_beside_other_offers_are_never_left_at_full_price(each: int) -> None:
    """Too many states to walk, and the search over turns ended among splits in which somebody got nothing: 0 off."""
    bundle, buy_a_get_b = SlotBundle(slots("a", "b", "c"), 500), BuyGet(slots("a")[0].selector, slots("b")[0].selector)
    rewards = (bundle, buy_a_get_b, Percent(1000), NthUnit((0, 5000)))
    shop = tuple(
        campaign_of(Offer(f"o{n}", "n", ALWAYS, reward), campaign_id=f"c{n}") for n, reward in enumerate(rewards)
    )
    basket = Basket((line("1", "a", 199, each), line("2", "b", 200, each), line("3", "c", 201, each)))
    alone = max(price((one,), basket, effort=1_000).total_discount_minor for one in shop)
    outcome = price(shop, basket, effort=1_000)
    assert alone == each * 200
    assert alone <= outcome.total_discount_minor <= each * 600
