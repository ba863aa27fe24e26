"""The best plan of one component, by the way that fits it: alone, one of a group, an open sharing, or turns."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from pos_engine.core.claims import EMPTY, Plan, plan_of
from pos_engine.core.course import Course
from pos_engine.core.effort import Effort
from pos_engine.core.facts import Facts
from pos_engine.core.grouped import Grouped, by_price_may_miss
from pos_engine.core.open_sharing import OpenSharing, is_open
from pos_engine.core.phase import Live, give
from pos_engine.core.turns import TurnSearch

WINNERS_MAX = 24
"""Up to so many ways of choosing one offer of each exclusive group, each is solved as an open sharing."""


class ComponentSearch:
    """`best_plan` first. `missed_minor`: the best that an empty purse left untried; 0 when the best is proven.

    `is_open`: every offer may have any part of its units.
    """

    def __init__(self, component: Sequence[Live], course: Course, facts: Facts, effort: Effort) -> None:
        self.component = component
        self.course = course
        self.facts = facts
        self.effort = effort
        self.missed_minor = 0
        self.is_open = False

    def best_plan(self) -> Plan:
        """The plan that saves most in this phase."""
        plan = self._found()
        self._admit_floors(plan.saving_minor)
        return plan

    def _found(self) -> Plan:
        first = self.component[0].compiled.offer
        if len(self.component) == 1 and first.policy != "stack":
            return self._alone(self.component[0])
        if any(_exclusive(live) for live in self.component):
            plan = self._with_winners()
        else:
            plan = self._open_sharing(self.component)
            self.is_open = plan is not None
        return self._by_turns() if plan is None else plan

    def all_plans(self, least_minor: int) -> list[Plan]:
        """Every different plan that saves at least so much, the most saving first; giving nothing is one of them."""
        turns = TurnSearch(self.component, self.course, self.facts, self.effort)
        plans = turns.all_plans(least_minor)
        self.missed_minor = max(self.missed_minor, turns.missed_minor)
        self._admit_floors(plans[0].saving_minor if plans else 0)
        return plans

    def _admit_floors(self, saving_minor: int) -> None:
        """Own up to what multi-buys, which put units together by price, may miss among articles with own floors."""
        rewards = [(live, live.compiled.offer.reward) for live in self.component]
        if any(isinstance(reward, Grouped) and by_price_may_miss(live.units, live.terms) for live, reward in rewards):
            most = sum([reward.saving_max(live.units, self.course.left, live.terms) for live, reward in rewards])
            if most > saving_minor:
                self.missed_minor = max(self.missed_minor, most)

    def _by_turns(self) -> Plan:
        turns = TurnSearch(self.component, self.course, self.facts, self.effort)
        turns.search()
        if turns.missed_minor:
            turns.one_after_the_other()
        self.missed_minor = turns.missed_minor
        return turns.best

    def _alone(self, live: Live) -> Plan:
        if _exclusive(live) and live.compiled.offer.exclusive_group in self.course.group_winner:
            return EMPTY
        entry = give(live, self.course, live.units, self.facts)
        return EMPTY if entry is None else plan_of((entry,))

    def _open_sharing(self, lives: Sequence[Live]) -> Plan | None:
        """Share units out among offers that may have any part of theirs; None when there are others among them."""
        if not is_open(lives, self.course, self.facts):
            return None
        sharing = OpenSharing(lives, self.course, self.facts, self.effort)
        plan = sharing.plan()
        if plan is None or sharing.ceiling_minor <= plan.saving_minor:
            return plan
        missed = sharing.ceiling_minor
        if not sharing.exact:
            # Only what rounding could still add is left to the search over turns.
            turns = TurnSearch(lives, self.course, self.facts, self.effort)
            if not turns.crowd:
                turns.search_beyond(plan)
                plan, missed = turns.best, min(missed, turns.missed_minor)
        if missed > plan.saving_minor:
            self.missed_minor = max(self.missed_minor, missed)
        return plan

    def _with_winners(self) -> Plan | None:
        """One offer of each exclusive group beside the others; None when that cannot be told so."""
        others = [live for live in self.component if not _exclusive(live)]
        groups: dict[str, list[Live]] = {}
        for live in self.component:
            group = live.compiled.offer.exclusive_group
            if _exclusive(live) and group not in self.course.group_winner:
                groups.setdefault(group, []).append(live)
        if not others and len(groups) <= 1:
            return self._best_of([live for rivals in groups.values() for live in rivals])
        ways = 1
        for rivals in groups.values():
            ways *= len(rivals)
        if ways > WINNERS_MAX:
            return None
        best, missed = EMPTY, 0
        for winners in product(*groups.values()):
            self.missed_minor = 0
            plan = self._open_sharing([*others, *winners])
            if plan is None:
                return None
            missed = max(missed, self.missed_minor)
            if plan.better_than(best):
                best = plan
        self.missed_minor = missed if missed > best.saving_minor else 0
        return best

    def _best_of(self, rivals: Sequence[Live]) -> Plan:
        """One of a group, the most promising first, until none can be better."""
        promises = [
            (live.compiled.offer.reward.saving_max(live.units, self.course.left, live.terms), live) for live in rivals
        ]
        best = EMPTY
        for promise, live in sorted(promises, key=_most_promising_first):
            if promise < best.saving_minor or (promise == best.saving_minor and not best.coupons):
                break
            plan = self._alone(live)
            if plan.better_than(best):
                best = plan
        return best


def _exclusive(live: Live) -> bool:
    return live.compiled.offer.policy == "exclusive"


def _most_promising_first(promise: tuple[int, Live]) -> tuple[int, int]:
    return (-promise[0], promise[1].compiled.number)
