"""spend_ladder: the more is spent, the more comes off: "5 off from 50, 12 off from 100"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from typing_extensions import override

from pos_engine.core.allocate import allocate
from pos_engine.core.campaign import Reward
from pos_engine.core.money import BASIS_POINTS_WHOLE
from pos_engine.core.rewards.percent import part_of
from pos_engine.core.terms import Terms


@dataclass(frozen=True)
class LadderStep:
    """From a spend of `from_minor` on: `amount_minor` off, or `percent_bp` of the spend, or both."""

    from_minor: int
    amount_minor: int = 0
    percent_bp: int = 0


@dataclass(frozen=True)
class SpendLadder(Reward):
    """The highest step that the units it takes reach (at what earlier phases left) gives; one use a receipt.

    Steps rise in `from_minor`, and no higher step gives less.
    """

    KIND: ClassVar[str] = "spend_ladder"

    steps: tuple[LadderStep, ...]

    def given_minor(self, spend_minor: int, terms: Terms) -> int:
        """What a spend earns."""
        given = 0
        for step in self.steps:
            if spend_minor >= step.from_minor:
                given = step.amount_minor + part_of(spend_minor, step.percent_bp, terms.rounding)
        return given

    @override
    def pick(self, units: Sequence[int], left: Sequence[int], terms: Terms) -> list[int]:
        return list(units)

    @override
    def amounts(self, taken: Sequence[int], left: Sequence[int], terms: Terms) -> list[int]:
        spend = sum(left[unit] for unit in taken)
        rooms = [terms.room(unit, left) for unit in taken]
        total = min(terms.capped(self.given_minor(spend, terms)), sum(rooms))
        return allocate(total, [left[unit] for unit in taken], rooms, [terms.vat[unit] for unit in taken])

    @override
    def saving_max(self, units: Sequence[int], left: Sequence[int], terms: Terms) -> int:
        spend = sum(left[unit] for unit in units)
        reached = [step for step in self.steps if spend >= step.from_minor]
        most = max((s.amount_minor - (-spend * s.percent_bp // BASIS_POINTS_WHOLE) for s in reached), default=0)
        return terms.capped(min(most, spend))
