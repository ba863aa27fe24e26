"""coupon_held: the member's card carries a coupon of a series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from typing_extensions import override

from pos_engine.core.answers import Answer, CouponNeed, no
from pos_engine.core.campaign import Condition
from pos_engine.core.facts import Facts, coupon_state
from pos_engine.core.member import HeldCoupon
from pos_engine.core.reasons import (
    COUPON_EXPIRED,
    COUPON_NOT_CONFIRMED,
    COUPON_NOT_HELD,
    COUPON_NOT_YET_VALID,
    COUPON_REDEEMED,
    NO_MEMBER,
)


@dataclass(frozen=True)
class CouponHeld(Condition):
    """Reading the card is enough. The coupon is redeemed only when the offer gives something."""

    series_id: str

    @override
    def answer(self, facts: Facts) -> Answer:
        if facts.member is None:
            return no(NO_MEMBER)
        held = facts.held(self.series_id)
        today = facts.moment.local_date
        if not held:
            return no(COUPON_NOT_HELD, {"series_id": self.series_id})
        if facts.usable_ids("held", self.series_id):
            return Answer(needs=(CouponNeed("held", self.series_id),))
        return _why_none(held, today)


def _why_none(held: Sequence[HeldCoupon], today: date) -> Answer:
    """Why none of the coupons that are held counts."""
    for coupon in held:
        if coupon_state(coupon, today) == "not_yet_valid" and coupon.valid_from is not None:
            return no(COUPON_NOT_YET_VALID, {"coupon_id": coupon.coupon_id, "valid_on": coupon.valid_from.isoformat()})
    for coupon in held:
        if coupon.unconfirmed:
            return no(COUPON_NOT_CONFIRMED, {"coupon_id": coupon.coupon_id})
    last = held[-1]
    if last.uses_left <= 0 or last.valid_until is None:
        return no(COUPON_REDEEMED, {"coupon_id": last.coupon_id})
    return no(COUPON_EXPIRED, {"coupon_id": last.coupon_id, "expired_on": last.valid_until.isoformat()})
