"""coupon_later: a coupon for a later visit, printed on the receipt or put on the member's card."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from typing_extensions import override

from pos_engine.core.grants import Granting


@dataclass(frozen=True)
class CouponLater(Granting):
    """One coupon of a series per receipt, valid from `valid_from_days` after the sale for `valid_for_days` days.

    It takes nothing off this receipt. A card coupon needs a known member.
    """

    series_id: str
    title: str
    valid_from_days: int = 1
    valid_for_days: int = 28
    medium: Literal["paper", "card"] = "paper"

    @override
    def needs_member(self) -> bool:
        return self.medium == "card"
