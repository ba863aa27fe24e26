"""Other plans of a phase than the ones that save most in it, where a later phase may be worth more.

Two things can make them better: a spend that a later offer asks for and that the best plan breaks, and whatever later
offers see in units. The first is asked for directly: the most that can be taken off within the room the spend leaves.
The second is searched, as far as the bound and the effort go.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pos_engine.core.bound import LaterBound, Level, Stake
from pos_engine.core.claims import Plan
from pos_engine.core.component import ComponentSearch
from pos_engine.core.course import Course
from pos_engine.core.facts import Facts
from pos_engine.core.menu import Menu, best_within, most_within, sums_within, taken_from
from pos_engine.core.phase import Live

if TYPE_CHECKING:
    from pos_engine.core.solve import Solver


SUMS_MAX_MINOR = 200_000
"""Up to this room sums are told as bits, 25 kB of them; beyond, only the plans at hand are combined."""


class Alternatives:
    """`run` tries the other plans of a phase and tells the solver how far anything it did not try could reach."""

    def __init__(
        self,
        solver: Solver,
        phase: int,
        course: Course,
        facts: Facts,
        searches: Sequence[ComponentSearch],
        plans: Sequence[Plan],
        grants: Sequence[Live],
    ) -> None:
        self.solver = solver
        self.phase = phase
        self.course = course
        self.facts = facts
        self.searches = searches
        self.plans = plans
        self.grants = grants
        self.later: LaterBound = solver.bounds[phase + 1]
        self.base_minor = solver.saved(course)
        self.stakes = [self._stake(search, plan) for search, plan in zip(searches, plans, strict=True)]
        self.menus: list[Menu] = []

    def _stake(self, search: ComponentSearch, plan: Plan) -> Stake:
        most = max(search.missed_minor, plan.saving_minor)
        units = tuple(sorted({unit for live in search.component for unit in live.units}))
        return Stake(most, self.later.net_minor(most, units), units)

    def run(self) -> None:
        """Try what the bound leaves open. A phase in which nobody competes for anything has no other plan."""
        if not self.searches:
            return
        levels = self.later.levels(self.course.left, self.stakes)
        if all(self._settled(level) for level in levels):
            return
        self._lay_menus(max([level.later_minor for level in levels]))
        open_minor, sums_only = 0, not self.later.weighty
        for level in levels:
            if level.held_by is not None and not self._settled(level):
                open_minor = max(open_minor, self._hold_back(level))
                sums_only = sums_only and self._counts_all(level)
            else:
                open_minor = max(open_minor, self.base_minor + level.reach_minor)
                sums_only = sums_only and self._settled(level)
        # Where only sums count and some plans are missing, no combination of the others says anything new.
        hopeless = sums_only and not all(menu.complete for menu in self.menus)
        if open_minor > self.solver.best_minor() and not hopeless:
            missed = self._try_all(0, [], self.course, open_minor)
            if all(menu.complete for menu in self.menus):
                open_minor = min(open_minor, missed)
        self.solver.reached(open_minor)

    def _settled(self, level: Level) -> bool:
        """Whether a level cannot be better than what is found; where one holds back, fewer coupons are better."""
        reach = self.base_minor + level.reach_minor
        if level.held_by is not None and self.solver.best_coupons():
            return reach < self.solver.best_minor()
        return reach <= self.solver.best_minor()

    def _lay_menus(self, later_minor: int) -> None:
        most = sum([stake.most_minor for stake in self.stakes])
        spare = max(0, self.base_minor + most + later_minor - self.solver.best_minor())
        for search, stake, plan in zip(self.searches, self.stakes, self.plans, strict=True):
            self.menus.append(Menu(search, plan, stake.most_minor, max(0, stake.most_minor - spare)))

    def _hold_back(self, level: Level) -> int:
        """Take off the most that keeps a later spend, go on from there, and say how far the level still reaches."""
        spend = level.held_by
        assert spend is not None  # noqa: S101 - asked by the caller
        counted = frozenset(spend.units)
        room = sum([self.course.left[unit] for unit in spend.units]) - spend.needed_minor
        if self._counts_all(level) and room <= SUMS_MAX_MINOR:
            # Only the sum counts: one plan of each saving is enough.
            return self.base_minor + level.reach_minor - self._hold_back_sum(room, level.discount_minor)
        savings = [menu.savings for menu in self.menus]
        better = 0 if self.solver.best_coupons() else 1
        least = max(0, self.solver.best_minor() + better - self.base_minor - level.reach_minor + level.discount_minor)
        chosen = best_within([self._weights(menu, counted) for menu in self.menus], savings, room, least)
        if chosen:
            self._go_on([menu.plan(number) for menu, number in zip(self.menus, chosen, strict=True)])
        return self.base_minor + level.reach_minor

    def _counts_all(self, level: Level) -> bool:
        """Whether the spend that a level stands on counts every unit that anything may be taken off now."""
        counted = frozenset(level.held_by.units if level.held_by is not None else ())
        return all(counted.issuperset(stake.units) for stake in self.stakes)

    def _hold_back_sum(self, room: int, wanted_minor: int) -> int:
        """Take off the most within the room and go on; by how much less than wanted any plan must take off."""
        sums = sums_within([menu.has(room) for menu in self.menus], room)
        for at, menu in sorted(enumerate(self.menus), key=_most_saving_first):
            if sums[-1] >> room & 1:
                break
            others = sums_within([one.has(room) for number, one in enumerate(self.menus) if number != at], room)[-1]
            menu.widen(room, _mirrored(others, room))
            sums = sums_within([one.has(room) for one in self.menus], room)
        chosen = most_within([menu.savings for menu in self.menus], sums)
        if chosen:
            self._go_on([menu.plan(number) for menu, number in zip(self.menus, chosen, strict=True)])
        if self.later.weighty or sums[-1] >> room & 1:
            return 0
        return max(0, wanted_minor - sums_within([menu.may(room) for menu in self.menus], room)[-1].bit_length() + 1)

    def _weights(self, menu: Menu, counted: frozenset[int]) -> list[int]:
        return [taken_from(menu.plan(number), counted) for number in range(len(menu.savings))]

    def _go_on(self, plans: Sequence[Plan]) -> None:
        after = self.solver.with_plans(self.course, plans, self.grants, self.facts)
        self.solver.solve_from(self.phase + 1, after)

    def _try_all(self, part: int, chosen: list[Plan], course: Course, reach_minor: int) -> int:
        """Try every combination that the bound leaves open; how far those that were not tried could reach."""
        if reach_minor <= self.solver.best_minor():
            return 0
        if not self.solver.effort.step():
            return reach_minor
        if part == len(self.menus):
            if chosen != list(self.plans):
                self._go_on(chosen)
            return 0
        missed = 0
        menu = self.menus[part]
        for number in range(len(menu.savings)):
            if self.solver.effort.spent:
                return reach_minor
            plan = menu.plan(number)
            after = course.copy()
            for entry in plan.entries:
                after.add(entry)
            levels = self.later.levels(after.left, self.stakes[part + 1 :])
            reach = self.solver.saved(after) + levels[0].reach_minor
            missed = max(missed, self._try_all(part + 1, [*chosen, plan], after, reach))
        return missed


def _most_saving_first(menu: tuple[int, Menu]) -> int:
    return -menu[1].savings[0] if menu[1].savings else 0


def _mirrored(sums: int, room: int) -> int:
    """What one more saving has to be to fill the room exactly, as bits, when the others save these sums."""
    wanted = 0
    while sums:
        low = sums & -sums
        wanted |= 1 << room - low.bit_length() + 1
        sums ^= low
    return wanted
