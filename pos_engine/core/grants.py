"""Rewards that give something beside money now. They consume no units and change no price."""

from __future__ import annotations

from collections.abc import Sequence

from typing_extensions import override

from pos_engine.core.campaign import Reward
from pos_engine.core.terms import Terms


class Granting(Reward):
    """Base of points, stamps, messages and coupons for later. It goes onto a member's card unless the kind says no."""

    @override
    def grants(self) -> bool:
        return True

    @override
    def needs_member(self) -> bool:
        return True

    @override
    def pick(self, units: Sequence[int], left: Sequence[int], terms: Terms) -> list[int]:
        return []

    @override
    def amounts(self, taken: Sequence[int], left: Sequence[int], terms: Terms) -> list[int]:
        return [0] * len(taken)

    @override
    def saving_max(self, units: Sequence[int], left: Sequence[int], terms: Terms) -> int:
        return 0
