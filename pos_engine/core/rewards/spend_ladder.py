"""spend_ladder: the more is spent, the more comes off: "5 off from 50, 12 off from 100", "20 off each full 100"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from typing_extensions import override

from pos_engine.core.allocate import allocate
from pos_engine.core.campaign import Reward
from pos_engine.core.document import document
from pos_engine.core.money import BASIS_POINTS_WHOLE
from pos_engine.core.rewards.percent import part_of
from pos_engine.core.terms import Terms


@document
@dataclass(frozen=True)
class LadderStep:
    """From a spend of `from_minor` on: `amount_minor` off, or `percent_bp` of the spend, or both.

    `each_minor`: the amount once more for every full `each_minor` beyond; 0: it does not repeat.
    """

    from_minor: int
    amount_minor: int = 0
    percent_bp: int = 0
    each_minor: int = 0

    def amount_at(self, spend_minor: int) -> int:
        """The amount a spend that reached this step earns, without the percentage."""
        times = 1 + (spend_minor - self.from_minor) // self.each_minor if self.each_minor else 1
        return self.amount_minor * times


@dataclass(frozen=True)
class SpendLadder(Reward):
    """The highest step that the units it takes reach (at what earlier phases left) gives; one use a receipt.

    Steps rise in `from_minor`, and no higher step gives less.
    """

    steps: tuple[LadderStep, ...]

    def given_minor(self, spend_minor: int, terms: Terms) -> int:
        """What a spend earns."""
        given = 0
        for step in self.steps:
            if spend_minor >= step.from_minor:
                given = step.amount_at(spend_minor) + part_of(spend_minor, step.percent_bp, terms.rounding)
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
        most = max((s.amount_at(spend) - (-spend * s.percent_bp // BASIS_POINTS_WHOLE) for s in reached), default=0)
        return terms.capped(min(most, spend))
