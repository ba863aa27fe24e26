from __future__ import annotations

from pos_engine.core.basket import Basket
from pos_engine.core.campaign import Offer
from pos_engine.core.conditions.minimum_spend import MinimumSpend
from pos_engine.core.member import Member
from pos_engine.core.offer_parts import Limits, Selector
from pos_engine.core.outcome import CouponGrant
from pos_engine.core.rewards.coupon_later import CouponLater
from pos_engine.core.usage import OfferLeft, Usage
from tests.support.pricing import ALWAYS, campaign_of, line, price

PAPER = Offer("o", "come again", MinimumSpend(1000), CouponLater("s", "3 off", 7, 21), phase="points")
CARD = Offer("o", "come again", ALWAYS, CouponLater("s", "3 off", medium="card"), phase="points")


def test_a_big_enough_basket_earns_one() -> None:
    outcome = price((campaign_of(PAPER),), Basket((line("1", "a", 1000),)))
    assert outcome.coupon_grants == (CouponGrant("c1", 1, "o", "s", "3 off", 7, 21, "paper"),)
    assert (outcome.applied[0].uses, outcome.total_discount_minor) == (1, 0)
    assert (outcome.reasons[0].code, outcome.reasons[0].params) == ("coupon_earned", {"title": "3 off"})


def test_a_small_basket_is_told_what_is_missing() -> None:
    outcome = price((campaign_of(PAPER),), Basket((line("1", "a", 900),)))
    assert outcome.coupon_grants == ()
    assert outcome.reasons[0].params["missing_minor"] == 100


def test_a_card_coupon_needs_a_card() -> None:
    basket = Basket((line("1", "a", 1000),))
    assert price((campaign_of(CARD),), basket).reasons[0].code == "no_member"
    assert len(price((campaign_of(CARD),), basket, Member("m")).coupon_grants) == 1


def test_its_limits_hold() -> None:
    limited = Offer("o", "n", ALWAYS, CouponLater("s", "3 off"), limits=Limits(uses_total=1))
    outcome = price(
        (campaign_of(limited),), Basket((line("1", "a", 1000),)), usage=Usage({"o": OfferLeft(total_uses=0)})
    )
    assert (outcome.coupon_grants, outcome.reasons[0].code) == ((), "limit_total")


def test_its_target_must_be_in_the_basket() -> None:
    cake = Offer("o", "n", ALWAYS, CouponLater("s", "3 off"), target=Selector(categories=("cake",)))
    assert price((campaign_of(cake),), Basket((line("1", "a", 1000),))).reasons[0].code == "target_not_in_basket"
    assert len(price((campaign_of(cake),), Basket((line("1", "b", 1000),))).coupon_grants) == 1
