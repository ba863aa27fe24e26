"""Trees of conditions and competing coupons against the judge that tries everything."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings

from pos_engine.core.basket import Basket, PresentedCoupon
from pos_engine.core.campaign import Campaign, Condition, Offer
from pos_engine.core.conditions.all_of import AllOf
from pos_engine.core.conditions.any_of import AnyOf
from pos_engine.core.conditions.coupon_held import CouponHeld
from pos_engine.core.conditions.coupon_presented import CouponPresented
from pos_engine.core.evaluate import evaluate
from pos_engine.core.member import HeldCoupon, Member
from pos_engine.core.offer_parts import Selector
from pos_engine.core.outcome import Outcome
from pos_engine.core.rewards.amount import Amount
from pos_engine.core.ruleset import compile_ruleset
from pos_engine.core.usage import Usage
from tests.support.oracle import best_saving
from tests.support.pricing import ALWAYS, MOMENT, TARIFF, campaign_of, line, price
from tests.support.pricing_trees import (
    baskets_with_coupons,
    coupon_shops,
    tree_shops,
    tree_shops_with_multi_buys,
)

QUICK = settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
LONG = settings(max_examples=2_000, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
EFFORTS = (200_000, 1_000, 30, 3, 0)

SHOPS = {"trees": tree_shops, "coupons": coupon_shops, "multi-buys": tree_shops_with_multi_buys}


def judged(shops: Any, examples: settings) -> Counter[str]:
    """Judge random shops at several efforts, as a quote is priced; counts what the outcomes showed."""
    seen: Counter[str] = Counter()

    @examples
    @given(shops, baskets_with_coupons(4))
    def play(shop: tuple[Campaign, ...], basket: Basket) -> None:
        best = best_saving(shop, basket)
        ruleset = compile_ruleset(shop, TARIFF)
        for effort in EFFORTS:
            outcome = evaluate(ruleset, basket, None, Usage(), MOMENT, effort, explain=False)
            reached = outcome.total_discount_minor
            note(f"effort {effort}: solver {reached}, judge {best}, {outcome.certificate}")
            assert reached <= best <= reached + outcome.certificate.gap_minor
            seen["optimal"] += outcome.certificate.optimal
            seen["coupon redeemed"] += any(applied.redeemed_coupon_ids for applied in outcome.applied)
            seen["with ways"] += bool(ruleset.with_ways)

    play()
    return seen


@pytest.mark.parametrize("shops", SHOPS.values(), ids=SHOPS)
def test_conditions_of_all_sorts_are_priced_as_the_judge_does(shops: Any) -> None:
    seen = judged(shops(3), QUICK)
    assert min(seen["optimal"], seen["coupon redeemed"], seen["with ways"]) > 0, seen


@pytest.mark.slow
@pytest.mark.parametrize("shops", SHOPS.values(), ids=SHOPS)
def test_at_length(shops: Any) -> None:
    judged(shops(4), LONG)


ONE_OR_OTHER = AnyOf((CouponPresented("s"), CouponPresented("t")))
GOODS = (line("1", "a", 1000), line("2", "c", 1000))


def off(offer_id: str, condition: Condition, amount_minor: int) -> Campaign:
    """A sum of money that combines with others."""
    offer = Offer(offer_id, offer_id, condition, Amount(amount_minor), policy="stack")
    return campaign_of(offer, campaign_id=f"c-{offer_id}")


def papers(*series: str) -> Basket:
    return Basket(GOODS, presented_coupons=tuple(PresentedCoupon(f"k-{one}", one) for one in series))


def redeemed(outcome: Outcome) -> dict[str, tuple[str, ...]]:
    return {applied.offer_id: applied.redeemed_coupon_ids for applied in outcome.applied}


def test_who_may_take_either_coupon_leaves_the_one_that_another_offer_needs() -> None:
    shop = (off("either", ONE_OR_OTHER, 500), off("only-s", CouponPresented("s"), 400))
    outcome = price(shop, papers("s", "t"))
    assert (outcome.total_discount_minor, outcome.certificate.optimal) == (900, True)
    assert redeemed(outcome) == {"either": ("k-t",), "only-s": ("k-s",)}


def test_in_the_merchants_order_too() -> None:
    """The first is for bread and the second for drinks, so that only a coupon could stand between them."""
    bread, drinks = Selector(products=("a",)), Selector(products=("c",))
    first = Offer("first", "first", ONE_OR_OTHER, Amount(500), bread, policy="priority", priority=1)
    second = Offer("second", "second", CouponPresented("s"), Amount(400), drinks, policy="priority")
    shop = (campaign_of(first), campaign_of(second, campaign_id="c2"))
    assert redeemed(price(shop, papers("s", "t"))) == {"first": ("k-t",), "second": ("k-s",)}


def test_a_coupon_is_left_for_a_later_phase() -> None:
    later = Offer("later", "later", CouponPresented("s"), Amount(400), phase="coupon")
    shop = (off("either", ONE_OR_OTHER, 500), campaign_of(later, campaign_id="c-later"))
    for explain in (True, False):
        ruleset = compile_ruleset(shop, TARIFF)
        outcome = evaluate(ruleset, papers("s", "t"), None, Usage(), MOMENT, explain=explain)
        assert (outcome.total_discount_minor, outcome.certificate.optimal) == (900, True)


def test_a_coupon_on_the_card_spares_the_paper() -> None:
    card_or_paper = AnyOf((CouponPresented("s"), CouponHeld("h")))
    shop = (off("either", card_or_paper, 500), off("only-s", CouponPresented("s"), 400))
    outcome = price(shop, papers("s"), Member("m", held_coupons=(HeldCoupon("on-card", "h"),)))
    assert redeemed(outcome) == {"either": ("on-card",), "only-s": ("k-s",)}


def test_two_coupons_of_several_are_chosen_together() -> None:
    pair = AllOf(
        (AnyOf((CouponPresented("s"), CouponPresented("t"))), AnyOf((CouponPresented("t"), CouponPresented("u"))))
    )
    shop = (off("pair", pair, 500), off("only-t", CouponPresented("t"), 400))
    outcome = price(shop, papers("s", "t", "u"))
    assert redeemed(outcome) == {"only-t": ("k-t",), "pair": ("k-s", "k-u")}


def test_more_choices_than_are_tried_leave_the_certificate_open() -> None:
    """Ten offers may each take any of ten coupons: not all of that is tried, and what is promised holds."""
    series = [f"s{number}" for number in range(10)]
    any_of = AnyOf(tuple(CouponPresented(one) for one in series))
    shop = (*(off(f"o{n}", any_of, 100) for n in range(5)), off("only", CouponPresented("s0"), 90))
    outcome = price(shop, papers(*series), effort=1_000)
    assert outcome.total_discount_minor <= 590 <= outcome.total_discount_minor + outcome.certificate.gap_minor


def test_offers_without_a_choice_are_not_searched_again() -> None:
    shop = (off("either", ONE_OR_OTHER, 500), off("free", ALWAYS, 100))
    outcome = price(shop, papers("t"))
    assert (outcome.total_discount_minor, outcome.certificate.effort_used) == (600, 0)
