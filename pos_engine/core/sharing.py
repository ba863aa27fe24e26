"""Which of several claims gets which unit, when any split is allowed: exact, over groups of equal units.

The search starts with every unit at the claim that gains most from it, and goes on only while the bound says that
another split could be better.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pos_engine.core.claims import EMPTY, Claim, Plan, gain_ceiling, unit_gain
from pos_engine.core.effort import Effort
from pos_engine.core.grouped import Grouped
from pos_engine.core.money import BASIS_POINTS_WHOLE

ROUNDING_SLACK = BASIS_POINTS_WHOLE // 2
"""Rounding half up adds at most half a minor unit to an offer."""

SHARING_STEPS_MAX = 2_000
"""Steps one splitting may take; beyond it only rounding cents are left to find, and the certificate says so."""


@dataclass(frozen=True)
class _Cell:
    """Equal units that several claims want. `order`: those, most gain first. `start`: the units before it are given.

    `option`: the place in `order` of the claim whose turn it is.
    """

    order: tuple[int, ...]
    units: Sequence[int]
    start: int
    option: int = 0


@dataclass(frozen=True)
class _Share:
    """What a claim was given of a cell: the units from its start to `end`."""

    claim: int
    cell: _Cell
    end: int


class Sharing:
    """Splits units over claims and remembers the best plan; `missed_minor` is the best it had to leave untried."""

    def __init__(
        self,
        claims: Sequence[Claim],
        left: Sequence[int],
        make: Callable[[list[list[int]]], Plan | None],
        effort: Effort,
        article_of: Sequence[int],
    ) -> None:
        self.article_of = article_of
        self.left = left
        self.claims = claims
        self.make = make
        self.effort = effort
        self.steps_end = effort.used + SHARING_STEPS_MAX
        self.best = EMPTY
        self.found = False
        self.missed_minor = 0
        self.every: list[Plan] | None = None
        self.least_minor = 0
        self.apart = False
        self.parts = [(number, live) for number, claim in enumerate(claims) for live in claim.lives]
        self.ceilings = [gain_ceiling(live, left) for _, live in self.parts]
        members = [frozenset(live.units) for _, live in self.parts]
        self.gains: dict[int, list[int]] = {}
        for unit in sorted({unit for claim in claims for unit in claim.units}):
            self.gains[unit] = [
                unit_gain(live, unit, left) if unit in inside else 0
                for (_, live), inside in zip(self.parts, members, strict=True)
            ]
        self.claim_units = [frozenset(claim.units) for claim in claims]
        self._piles: list[list[int]] = []

    def claim_gain(self, claim: int, unit: int) -> int:
        """What a unit is worth to a claim at most."""
        return sum(gain for (owner, _), gain in zip(self.parts, self.gains[unit], strict=True) if owner == claim)

    def bound_minor(self, sums: Sequence[int], rest: int) -> int:
        """At most this much, when parts have gained `sums` and the units to come are worth `rest`."""
        settled = sum(
            min(ceiling, gained + ROUNDING_SLACK) if gained else 0
            for ceiling, gained in zip(self.ceilings, sums, strict=True)
        )
        # Each part may still round up once on the units to come.
        return (settled + rest + (ROUNDING_SLACK * len(self.parts) if rest else 0)) // BASIS_POINTS_WHOLE

    def split(self, free: Sequence[int], fixed_minor: int) -> None:
        """Search the best split of the free units; `fixed_minor` is what the plan gives beside them."""
        self.apart = self.every is not None or any(
            isinstance(live.compiled.offer.reward, Grouped) for _, live in self.parts
        )
        piles: list[list[int]] = [[] for _ in self.claims]
        cells: dict[tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], int], list[int]] = {}
        sums = [0] * len(self.parts)
        for unit in free:
            takers = [number for number in range(len(self.claims)) if unit in self.claim_units[number]]
            if len(takers) == 1:
                self._put(piles, sums, takers[0], [unit])
            elif takers:
                order = sorted(takers, key=lambda number: (-self.claim_gain(number, unit), number))
                # A later phase, and a multi-buy, may see more in one article than in another of the same worth.
                article = self.article_of[unit] if self.apart else 0
                # What it is worth is rounded up where each unit is rounded: only equal prices and floors are alike.
                rooms = (self.left[unit], *[live.terms.room(unit, self.left) for _, live in self.parts])
                cells.setdefault((tuple(order), tuple(self.gains[unit]), rooms, article), []).append(unit)
        contested = [_Cell(key[0], units, 0) for key, units in cells.items()]
        worth = [self.claim_gain(cell.order[0], cell.units[0]) * len(cell.units) for cell in contested]
        self._piles = piles
        self._cell(contested, worth, 0, (), sums, fixed_minor)

    def _put(self, piles: list[list[int]], sums: list[int], claim: int, units: Sequence[int]) -> None:
        piles[claim].extend(units)
        for part, (owner, _) in enumerate(self.parts):
            if owner == claim:
                sums[part] += sum([self.gains[unit][part] for unit in units])

    def _cell(
        self,
        cells: Sequence[_Cell],
        worth: Sequence[int],
        cell: int,
        given: tuple[_Share, ...],
        sums: list[int],
        fixed_minor: int,
    ) -> None:
        """Give the next group of equal units to its claims, most to the first, in every way that may be better.

        `given`: what was given so far. The units themselves are brought together when a split is whole.
        """
        bound = fixed_minor + self.bound_minor(sums, sum(worth[cell:]))
        if self.found and bound < self.threshold():
            return
        if self.found and (self.effort.used >= self.steps_end or not self.effort.step()):
            self.missed_minor = max(self.missed_minor, bound)
            return
        if cell == len(cells):
            self.found = True
            self.effort.gone_through(len(self.gains))
            plan = self.make(self._with(given))
            if plan is not None:
                self._keep(plan)
            return
        here = cells[cell]
        taker, unit = here.order[here.option], here.units[0]
        left = len(here.units) - here.start
        last = here.option == len(here.order) - 1
        for count in [left] if last else range(left, -1, -1):
            # All units of a group gain the same.
            next_sums = [
                gained + (self.gains[unit][part] * count if self.parts[part][0] == taker else 0)
                for part, gained in enumerate(sums)
            ]
            end = here.start + count
            next_given = (*given, _Share(taker, here, end)) if count else given
            if count < left:
                rest = _Cell(here.order, here.units, end, here.option + 1)
                narrowed = [*cells[:cell], rest, *cells[cell + 1 :]]
                rest_worth = self.claim_gain(here.order[rest.option], unit) * (left - count)
                kept_worth = [*worth[:cell], rest_worth, *worth[cell + 1 :]]
                self._cell(narrowed, kept_worth, cell, next_given, next_sums, fixed_minor)
            else:
                self._cell(cells, worth, cell + 1, next_given, next_sums, fixed_minor)

    def _with(self, given: Sequence[_Share]) -> list[list[int]]:
        """The units of each claim: those that only it can use, and what it was given of the others."""
        piles = [list(pile) for pile in self._piles]
        for share in given:
            piles[share.claim].extend(share.cell.units[share.cell.start : share.end])
        return piles

    def threshold(self) -> int:
        """A split that cannot reach this is not worth trying."""
        if self.every is not None:
            return self.least_minor
        return self.best.saving_minor + (0 if self.best.coupons else 1)

    def _keep(self, plan: Plan) -> None:
        if self.every is not None:
            self.every.append(plan)
        if plan.better_than(self.best):
            self.best = plan
