"""coupon_presented: a paper coupon or a typed number of a series was handed over at this sale."""

from __future__ import annotations

from dataclasses import dataclass

from typing_extensions import override

from pos_engine.core.answers import Answer, CouponNeed, no
from pos_engine.core.campaign import Condition
from pos_engine.core.facts import Facts
from pos_engine.core.reasons import COUPON_NOT_PRESENTED


@dataclass(frozen=True)
class CouponPresented(Condition):
    """Whether the paper is genuine, in date and not yet redeemed was checked when it was handed over."""

    series_id: str

    @override
    def answer(self, facts: Facts) -> Answer:
        if facts.usable_ids("presented", self.series_id):
            return Answer(needs=(CouponNeed("presented", self.series_id),))
        return no(COUPON_NOT_PRESENTED, {"series_id": self.series_id})
