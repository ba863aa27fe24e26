from __future__ import annotations

from datetime import date

import pytest

from pos_engine.core.answers import CouponNeed
from pos_engine.core.basket import Basket
from pos_engine.core.campaign import Offer
from pos_engine.core.conditions.coupon_held import CouponHeld
from pos_engine.core.member import HeldCoupon, Member
from pos_engine.core.rewards.amount import Amount
from tests.support.facts import facts_at
from tests.support.pricing import campaign_of, line, price

TODAY = date(2026, 11, 23)


def test_a_coupon_on_the_card_is_needed() -> None:
    member = Member("m", held_coupons=(HeldCoupon("k", "s", TODAY, TODAY),))
    assert CouponHeld("s").answer(facts_at(member=member)).needs == (CouponNeed("held", "s"),)


@pytest.mark.parametrize(
    ("held", "code"),
    [
        ((), "coupon_not_held"),
        ((HeldCoupon("k", "other"),), "coupon_not_held"),
        ((HeldCoupon("k", "s", uses_left=0),), "coupon_redeemed"),
        ((HeldCoupon("k", "s", valid_from=date(2026, 11, 24)),), "coupon_not_yet_valid"),
        ((HeldCoupon("k", "s", valid_until=date(2026, 11, 22)),), "coupon_expired"),
    ],
)
def test_why_a_coupon_does_not_help(held: tuple[HeldCoupon, ...], code: str) -> None:
    assert CouponHeld("s").answer(facts_at(member=Member("m", held_coupons=held))).code == code


def test_without_a_card_the_card_is_asked_for() -> None:
    assert CouponHeld("s").answer(facts_at()).code == "no_member"


def test_the_one_that_expires_first_is_redeemed() -> None:
    member = Member(
        "m",
        held_coupons=(
            HeldCoupon("a-late", "s", valid_until=date(2026, 12, 31)),
            HeldCoupon("b-soon", "s", valid_until=date(2026, 11, 30)),
            HeldCoupon("c-gone", "s", valid_until=date(2026, 11, 1)),
        ),
    )
    shop = (campaign_of(Offer("o", "3 off", CouponHeld("s"), Amount(300))),)
    outcome = price(shop, Basket((line("1", "a", 1000),)), member)
    assert outcome.applied[0].redeemed_coupon_ids == ("b-soon",)


def test_a_coupon_that_saves_nothing_stays() -> None:
    member = Member("m", held_coupons=(HeldCoupon("k", "s"),))
    free = Offer("all", "all free", CouponHeld("none"), Amount(1))
    shop = (
        campaign_of(Offer("o", "3 off", CouponHeld("s"), Amount(300), phase="coupon"), campaign_id="a"),
        campaign_of(free, campaign_id="b"),
        campaign_of(Offer("gift", "on the house", CouponHeld("s"), Amount(5000), phase="line"), campaign_id="c"),
    )
    outcome = price(shop, Basket((line("1", "a", 1000),)), member)
    assert [(a.offer_id, a.redeemed_coupon_ids) for a in outcome.applied] == [("gift", ("k",))]
    reason = next(r for r in outcome.reasons if r.offer_id == "o")
    assert reason.code == "coupon_used_by_other"
    assert reason.params == {"winner_offer_id": "gift", "winner_name": "on the house"}
