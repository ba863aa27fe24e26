from __future__ import annotations

from pos_engine.core.answers import CouponNeed
from pos_engine.core.basket import Basket, PresentedCoupon
from pos_engine.core.conditions.all_of import AllOf
from pos_engine.core.conditions.coupon_presented import CouponPresented
from pos_engine.core.conditions.member_known import MemberKnown
from pos_engine.core.conditions.store import Store
from tests.support.facts import facts_at


def test_nothing_to_fulfil_is_fulfilled() -> None:
    assert AllOf().answer(facts_at()).yes


def test_the_first_no_is_the_reason() -> None:
    answer = AllOf((Store(("s1",)), MemberKnown())).answer(facts_at(basket=Basket(store_id="s2")))
    assert answer.code == "wrong_store"


def test_the_coupons_of_all_parts_are_needed_once_each() -> None:
    basket = Basket(presented_coupons=(PresentedCoupon("k1", "a"), PresentedCoupon("k2", "b")))
    parts = (CouponPresented("a"), CouponPresented("b"), CouponPresented("a"))
    assert AllOf(parts).answer(facts_at(basket=basket)).needs == (
        CouponNeed("presented", "a"),
        CouponNeed("presented", "b"),
    )
