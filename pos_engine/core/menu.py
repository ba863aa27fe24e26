"""What one component can do in its phase: its plans, laid out only when they are wanted."""

from __future__ import annotations

from collections.abc import Sequence

from pos_engine.core.choices import Choice, Choices
from pos_engine.core.claims import EMPTY, Plan
from pos_engine.core.component import ComponentSearch


class Menu:
    """Plans of a component by falling saving. `complete`: no plan that saves enough is missing.

    `firsts`: the numbers of the first plan of each saving.
    """

    def __init__(self, search: ComponentSearch, best: Plan, least_minor: int) -> None:
        self.complete = True
        self._choices: Choices | None = None
        self._chosen: list[Choice] = []
        self._plans: list[Plan | None]
        if len(search.component) == 1:
            self._plans = [best, EMPTY] if best.entries else [EMPTY]
        elif search.is_open:
            self._choices = Choices(search.component, search.course, search.facts, search.effort)
            self._chosen = self._choices.found(best, least_minor)
            self.complete = self._choices.complete
            self._plans = [None] * len(self._chosen)
        else:
            plans = search.all_plans(least_minor)
            self.complete = not search.missed_minor
            self._plans = [*plans]
        self.savings = [self._saving_minor(number) for number in range(len(self._plans))]
        self.firsts = [n for n, saving in enumerate(self.savings) if n == 0 or saving != self.savings[n - 1]]

    def _saving_minor(self, number: int) -> int:
        plan = self._plans[number]
        return self._chosen[number].saving_minor if plan is None else plan.saving_minor

    def plan(self, number: int) -> Plan:
        """A plan laid out."""
        plan = self._plans[number]
        if plan is None:
            assert self._choices is not None  # noqa: S101 - only choices are laid out late
            plan = self._plans[number] = self._choices.plan(self._chosen[number])
        return plan


def taken_from(plan: Plan, units: frozenset[int]) -> int:
    """What a plan takes off some units."""
    total = 0
    for entry in plan.entries:
        for unit, amount in zip(entry.units, entry.amounts, strict=True):
            if unit in units:
                total += amount
    return total


class Trail:
    """Numbers of the plans chosen so far: the last one, and the trail before."""

    # A class and no tuple: mypyc 2.4.1 does not come to an end on an alias that names itself.
    __slots__ = ("before", "number")

    def __init__(self, number: int, before: Trail | None) -> None:
        self.number = number
        self.before = before


def best_within(weights: Sequence[Sequence[int]], savings: Sequence[Sequence[int]], room: int, least: int) -> list[int]:
    """One plan per menu, so that the weights stay within the room and the savings sum highest; empty when below least.

    `weights[m][n]` and `savings[m][n]` are of plan n of menu m; savings fall.
    """
    after = [0]
    for menu in reversed(savings):
        after.append(after[-1] + menu[0])
    after.reverse()
    reached: dict[int, tuple[int, Trail | None]] = {0: (0, None)}
    for at, menu in enumerate(savings):
        grown: dict[int, tuple[int, Trail | None]] = {}
        for weight, (saving, trail) in reached.items():
            for number, more in enumerate(menu):
                heavier = weight + weights[at][number]
                better = saving + more
                if better + after[at + 1] < least:
                    break
                if heavier > room:
                    continue
                known = grown.get(heavier)
                if known is None or better > known[0]:
                    grown[heavier] = (better, Trail(number, trail))
        reached = grown
    chosen: list[int] = []
    best, trail = max(reached.values(), key=_saving, default=(0, None))
    while trail is not None:
        chosen.append(trail.number)
        trail = trail.before
    chosen.reverse()
    return chosen if best >= least else []


def _saving(reached: tuple[int, Trail | None]) -> int:
    return reached[0]
