"""The search over turns: every way the offers of a component can share the units they compete for, or just the best.

Rules of the game: offers that pick a number of units (the cheapest, a free one) do so in some order, each out of what
was not claimed before its turn; offers that take all they may share the remaining units in any split. An offer that is
used takes every unit it may, unless another used offer takes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pos_engine.core.claims import (
    CLAIMS_MAX,
    EMPTY,
    STACK_CHOICE_MAX,
    Claim,
    Plan,
    claim_gains,
    claims_of,
    most_promising,
    plan_of,
)
from pos_engine.core.course import Course, Entry
from pos_engine.core.effort import Effort
from pos_engine.core.facts import Facts
from pos_engine.core.money import BASIS_POINTS_WHOLE
from pos_engine.core.phase import Live, give
from pos_engine.core.sharing import ROUNDING_SLACK, Sharing

PLANS_MAX = 500
"""Plans one component may offer to the search over later phases."""


@dataclass(frozen=True)
class Turn:
    """State between two turns: gifts so far, units gone, claims that share, and who may still come.

    `blocking`: sharing claims that stood before somebody's pick; they must really give something in the end.
    """

    course: Course
    entries: tuple[Entry, ...]
    gone: frozenset[int]
    claimed: frozenset[int]
    used: frozenset[int]
    sharing: tuple[int, ...]
    last: int
    blocking: frozenset[int] = frozenset()


class TurnSearch:
    """Branch and bound over turns. `missed_minor`: the best that an empty purse left untried."""

    def __init__(self, component: Sequence[Live], course: Course, facts: Facts, effort: Effort) -> None:
        self.claims = claims_of(component, course.left)
        self._gains: list[dict[int, int]] | None = None
        self.course = course
        self.facts = facts
        self.effort = effort
        self.best = EMPTY
        self.missed_minor = 0
        self.crowd = len(self.claims) > CLAIMS_MAX
        if self.crowd or sum(live.compiled.offer.policy == "stack" for live in component) > STACK_CHOICE_MAX:
            self.missed_minor = self._bound_minor(self._start())
        if self.crowd:
            self.claims = most_promising(self.claims)
            self._gains = None
        self.tried = False
        self.every: list[Plan] | None = None
        self.least_minor = 0

    @property
    def gains(self) -> list[dict[int, int]]:
        """Per claim what each unit is worth to it at most."""
        if self._gains is None:
            self._gains = [claim_gains(claim, self.course.left) for claim in self.claims]
        return self._gains

    def search(self) -> None:
        """Look for the plan that saves most in this phase."""
        self._turn(self._start())

    def one_after_the_other(self) -> None:
        """Keep what comes of the most saving claim first, the next with what that left, and so on, if it is better.

        A search that ran out of effort among plans of no use has found less than that.
        """
        alone = [(self._taken(self._start(), number), number) for number in range(len(self.claims))]
        alone.sort(key=lambda found: (-sum(entry.discount_minor for entry in found[0]), found[1]))
        turn = self._start()
        for _, number in alone:
            entries = self._taken(turn, number)
            if entries:
                turn = self._after(turn, number, entries)
        self._keep(plan_of(turn.entries))

    def _taken(self, turn: Turn, number: int) -> list[Entry]:
        """What a claim gives with the units that nobody has; none when it may not come."""
        claim = self.claims[number]
        if not self._allowed(turn, claim):
            return []
        barred = turn.gone | turn.claimed if claim.limited else turn.gone
        inside = [unit for unit in claim.units if unit not in barred]
        course = turn.course.copy()
        entries: list[Entry] = []
        for live in claim.lives:
            mine = frozenset(live.units)
            free = [unit for unit in inside if unit in mine and live.terms.room(unit, course.left) > 0]
            entry = give(live, course, free, self.facts)
            if entry is not None:
                course.add(entry)
                entries.append(entry)
        return entries

    def _after(self, turn: Turn, number: int, entries: Sequence[Entry]) -> Turn:
        """The state after a claim gave. Who picks may have nothing that somebody who takes all he may has claimed."""
        course = turn.course.copy()
        for entry in entries:
            course.add(entry)
        gone = turn.gone | frozenset(unit for entry in entries for unit in entry.units)
        claimed, sharing = turn.claimed, turn.sharing
        if not self.claims[number].limited:
            claimed, sharing = claimed | frozenset(self.claims[number].units), (*sharing, number)
        return Turn(course, (*turn.entries, *entries), gone, claimed, turn.used | {number}, sharing, number)

    def search_beyond(self, plan: Plan) -> None:
        """Look for a plan that saves more than this one."""
        self.tried = True
        self._keep(plan)
        self._turn(self._start())

    def all_plans(self, least_minor: int) -> list[Plan]:
        """Every different plan that saves at least so much, the most saving first; giving nothing is one of them."""
        self.every = [EMPTY]
        self.least_minor = least_minor
        self._turn(self._start())
        seen: set[tuple[tuple[int, tuple[int, ...], tuple[int, ...]], ...]] = set()
        different: list[Plan] = []
        for plan in sorted(self.every, key=lambda plan: (-plan.saving_minor, plan.coupons)):
            key = tuple(sorted((e.compiled.number, e.units, e.amounts) for e in plan.entries))
            if key not in seen:
                seen.add(key)
                different.append(plan)
        return different

    def _start(self) -> Turn:
        return Turn(self.course, (), frozenset(), frozenset(), frozenset(), (), -1)

    def _threshold(self) -> int:
        if self.every is not None:
            return self.least_minor
        return self.best.saving_minor + (0 if self.best.coupons else 1)

    def _turn(self, turn: Turn) -> None:
        if self.tried or self.every is not None:
            bound = self._bound_minor(turn)
            if bound < self._threshold():
                return
            crowded = self.every is not None and len(self.every) >= PLANS_MAX
            if crowded or not self.effort.step():
                self.missed_minor = max(self.missed_minor, bound)
                return
            self.effort.gone_through(len(self.course.left))
        for number, claim in enumerate(self.claims):
            if number in turn.used:
                continue
            if self.tried and self.effort.spent:
                # The bound of this turn speaks for all that it could still have led to.
                self.missed_minor = max(self.missed_minor, self._bound_minor(turn))
                return
            if claim.limited:
                self._pick(turn, number, claim)
            elif number > turn.last:
                self._join(turn, number, claim)
        self._finish(turn)

    def _pick(self, turn: Turn, number: int, claim: Claim) -> None:
        """A claim that picks its own units takes its turn."""
        if not self._allowed(turn, claim):
            return
        free = [unit for unit in claim.units if unit not in turn.gone and unit not in turn.claimed]
        entry = give(claim.lives[0], turn.course, free, self.facts)
        if entry is None:
            return
        course = turn.course.copy()
        course.add(entry)
        used = turn.used | {number}
        gone = turn.gone | frozenset(entry.units)
        blocking = frozenset(turn.sharing)
        self._turn(Turn(course, (*turn.entries, entry), gone, turn.claimed, used, turn.sharing, -1, blocking))

    def _join(self, turn: Turn, number: int, claim: Claim) -> None:
        """A claim that takes all it may joins those that share."""
        if not self._allowed(turn, claim):
            return
        claimed = turn.claimed | frozenset(unit for unit in claim.units if unit not in turn.gone)
        used = turn.used | {number}
        sharing = (*turn.sharing, number)
        self._turn(Turn(turn.course, turn.entries, turn.gone, claimed, used, sharing, number, turn.blocking))

    def _allowed(self, turn: Turn, claim: Claim) -> bool:
        """One of an exclusive group only, and one choice of the stacking offers."""
        if claim.stacked:
            return not any(self.claims[number].stacked for number in turn.sharing)
        offer = claim.lives[0].compiled.offer
        if offer.policy != "exclusive":
            return True
        rivals = [self.claims[number].lives[0].compiled.offer for number in turn.sharing]
        groups = {rival.exclusive_group for rival in rivals if rival.policy == "exclusive"}
        return offer.exclusive_group not in groups and offer.exclusive_group not in turn.course.group_winner

    def _bound_minor(self, turn: Turn) -> int:
        """At most this much can come of a turn: what it has, what may still be picked, what may be shared."""
        picks_open = any(claim.limited for number, claim in enumerate(self.claims) if number not in turn.used)
        total = sum(entry.discount_minor for entry in turn.entries)
        stack_chosen = any(self.claims[number].stacked for number in turn.sharing)
        sharing: list[int] = []
        groups: dict[str, int] = {}
        apart, stacked = 0, 0
        for number, claim in enumerate(self.claims):
            if claim.limited:
                if number not in turn.used:
                    total += self._most(claim, turn)
            elif number in turn.sharing or (
                (picks_open or number > turn.last) and not (claim.stacked and stack_chosen)
            ):
                sharing.append(number)
                offer = claim.lives[0].compiled.offer
                if claim.stacked:
                    stacked = max(stacked, self._most(claim, turn))
                elif offer.policy == "exclusive":
                    groups[offer.exclusive_group] = max(self._most(claim, turn), groups.get(offer.exclusive_group, 0))
                else:
                    apart += self._most(claim, turn)
        apart += sum(groups.values())
        return total + min(apart + stacked, self._shared_most(sharing, turn))

    def _most(self, claim: Claim, turn: Turn) -> int:
        """What a claim could save if it had all its units to itself."""
        most = 0
        for live in claim.lives:
            units = [unit for unit in live.units if unit not in turn.gone]
            most += live.compiled.offer.reward.saving_max(units, self.course.left, live.terms)
        return most

    def _shared_most(self, sharing: Sequence[int], turn: Turn) -> int:
        """What claims could save together when each unit goes where it gains most, each offer rounding up once."""
        best_gain: dict[int, int] = {}
        offers, stacked = 0, 0
        for number in sharing:
            if self.claims[number].stacked:
                stacked = max(stacked, len(self.claims[number].lives))
            else:
                offers += 1
            for unit, gain in self.gains[number].items():
                if unit not in turn.gone and gain > best_gain.get(unit, 0):
                    best_gain[unit] = gain
        return (sum(best_gain.values()) + (offers + stacked) * ROUNDING_SLACK) // BASIS_POINTS_WHOLE

    def _finish(self, turn: Turn) -> None:
        """No more turns: share what is claimed, and keep the plan."""
        self.tried = True
        if not turn.sharing:
            self._keep(plan_of(turn.entries))
            return
        claims = [self.claims[number] for number in turn.sharing]

        def make(piles: list[list[int]]) -> Plan | None:
            return self._plan(turn, claims, piles)

        sharing = Sharing(claims, self.course.left, make, self.effort, self.facts.goods.article_of)
        if self.every is not None:
            sharing.every, sharing.least_minor = self.every, self.least_minor
        sharing.split(sorted(turn.claimed), sum(entry.discount_minor for entry in turn.entries))
        self.missed_minor = max(self.missed_minor, sharing.missed_minor)
        self._keep(sharing.best)

    def _plan(self, turn: Turn, claims: Sequence[Claim], piles: Sequence[Sequence[int]]) -> Plan | None:
        """The gifts of one split; None when a claim keeps units from others without giving anything itself."""
        course = turn.course.copy()
        entries = list(turn.entries)
        for place, (claim, pile) in enumerate(zip(claims, piles, strict=True)):
            inside = frozenset(pile)
            gives = False
            for live in claim.lives:
                free = [u for u in live.units if u in inside and live.terms.room(u, course.left) > 0]
                entry = give(live, course, free, self.facts)
                if entry is not None:
                    course.add(entry)
                    entries.append(entry)
                    gives = True
            others = [other for at, other in enumerate(claims) if at != place]
            hoards = any(not inside.isdisjoint(other.units) for other in others)
            if not gives and (hoards or turn.sharing[place] in turn.blocking):
                return None
        return plan_of(entries)

    def _keep(self, plan: Plan) -> None:
        if self.every is not None:
            self.every.append(plan)
        if plan.better_than(self.best):
            self.best = plan
