from __future__ import annotations

from pos_engine.core.basket import Basket, PresentedCoupon
from pos_engine.core.campaign import Offer
from pos_engine.core.conditions.coupon_presented import CouponPresented
from pos_engine.core.rewards.amount import Amount
from tests.support.facts import facts_at
from tests.support.pricing import campaign_of, line, price


def test_the_series_counts() -> None:
    basket = Basket(presented_coupons=(PresentedCoupon("k", "s"),))
    assert CouponPresented("s").answer(facts_at(basket=basket)).yes
    answer = CouponPresented("t").answer(facts_at(basket=basket))
    assert (answer.code, answer.params) == ("coupon_not_presented", {"series_id": "t"})


def test_two_papers_of_one_series_serve_two_campaigns() -> None:
    shop = tuple(
        campaign_of(Offer(o, o, CouponPresented("s"), Amount(300), phase="coupon", policy="stack"), campaign_id=o)
        for o in ("x", "y", "z")
    )
    papers = (PresentedCoupon("k2", "s"), PresentedCoupon("k1", "s"))
    outcome = price(shop, Basket((line("1", "a", 1000),), presented_coupons=papers))
    assert outcome.total_discount_minor == 600
    assert sorted(k for a in outcome.applied for k in a.redeemed_coupon_ids) == ["k1", "k2"]
