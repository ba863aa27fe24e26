from __future__ import annotations

from pos_engine.core.basket import Basket, PresentedCoupon
from pos_engine.core.conditions.any_of import AnyOf
from pos_engine.core.conditions.coupon_presented import CouponPresented
from pos_engine.core.conditions.group import Group
from pos_engine.core.conditions.member_known import MemberKnown
from pos_engine.core.conditions.store import Store
from pos_engine.core.member import Member
from tests.support.facts import facts_at

HALVES = AnyOf((CouponPresented("a"), Group(("vip",))))


def test_one_is_enough() -> None:
    assert HALVES.answer(facts_at(member=Member("m", groups=("vip",)))).yes


def test_a_yes_without_a_coupon_spares_the_coupon() -> None:
    basket = Basket(presented_coupons=(PresentedCoupon("k", "a"),))
    assert HALVES.answer(facts_at(basket=basket, member=Member("m", groups=("vip",)))).needs == ()
    assert len(HALVES.answer(facts_at(basket=basket)).needs) == 1


def test_a_no_names_what_the_customer_can_change() -> None:
    assert AnyOf((Store(("s1",)), MemberKnown())).answer(facts_at()).code == "no_member"
    assert AnyOf((Store(("s1",)), CouponPresented("a"))).answer(facts_at()).code == "wrong_store"


def test_nothing_to_choose_from_is_a_no() -> None:
    assert AnyOf().answer(facts_at()).code == "excluded"


def test_several_coupons_are_told_and_the_first_is_taken_by_itself() -> None:
    basket = Basket(presented_coupons=(PresentedCoupon("k", "a"), PresentedCoupon("l", "b")))
    either = AnyOf((CouponPresented("b"), CouponPresented("a"), CouponPresented("c")))
    answer = either.answer(facts_at(basket=basket))
    assert [need.series_id for need in answer.needs] == ["b"]
    assert [[need.series_id for need in way] for way in answer.others] == [["a"]]
