"""coupon_later: a coupon for a later visit, printed on the receipt or put on the member's card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from typing_extensions import override

from pos_engine.core.campaign import Reward
from pos_engine.core.terms import Terms


@dataclass(frozen=True)
class CouponLater(Reward):
    """One coupon of a series per receipt, valid from `valid_from_days` after the sale for `valid_for_days` days.

    It takes nothing off this receipt. A card coupon needs a known member.
    """

    KIND: ClassVar[str] = "coupon_later"

    series_id: str
    title: str
    valid_from_days: int = 1
    valid_for_days: int = 28
    medium: Literal["paper", "card"] = "paper"

    @override
    def grants(self) -> bool:
        return True

    @override
    def needs_member(self) -> bool:
        return self.medium == "card"

    @override
    def pick(self, units: Sequence[int], left: Sequence[int], terms: Terms) -> list[int]:
        return []

    @override
    def amounts(self, taken: Sequence[int], left: Sequence[int], terms: Terms) -> list[int]:
        return [0] * len(taken)

    @override
    def saving_max(self, units: Sequence[int], left: Sequence[int], terms: Terms) -> int:
        return 0
