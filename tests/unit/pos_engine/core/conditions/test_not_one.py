from __future__ import annotations

import pytest

from pos_engine.core.basket import Basket, PresentedCoupon
from pos_engine.core.conditions.coupon_presented import CouponPresented
from pos_engine.core.conditions.not_one import NotOne
from pos_engine.core.conditions.time_windows import TimeWindow, TimeWindows
from tests.support.facts import facts_at


def test_the_opposite_holds_and_redeems_nothing() -> None:
    basket = Basket(presented_coupons=(PresentedCoupon("k", "a"),))
    assert NotOne(CouponPresented("a")).answer(facts_at(basket=basket)).code == "excluded"
    assert NotOne(CouponPresented("a")).answer(facts_at()).needs == ()


@pytest.mark.parametrize(
    ("local", "holds"),
    [("2026-11-23T21:59", True), ("2026-11-23T22:00", False), ("2026-11-24T01:59", False), ("2026-11-24T02:00", True)],
)
def test_a_late_window_is_excluded_past_midnight_too(local: str, holds: bool) -> None:
    condition = NotOne(TimeWindows((TimeWindow(22 * 60, 2 * 60),)))
    assert condition.answer(facts_at(local)).yes is holds
