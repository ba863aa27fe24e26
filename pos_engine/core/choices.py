"""Other plans of one component beside its best: what a phase can give up when a later one is worth more.

Law: a plan is one that the game allows: who is used gives something, and leaves no unit that he may have to nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pos_engine.core.claims import EMPTY, Plan, plan_of
from pos_engine.core.course import Course
from pos_engine.core.effort import Effort
from pos_engine.core.facts import Facts
from pos_engine.core.phase import Live, give
from pos_engine.core.plain_tracks import plain_track

WAYS_MAX = 400
"""Up to so many ways of sharing out a component's units, all of them are looked at."""

NEARBY_MAX = 150
"""Beyond, so many: plans that differ from the best in one unit or one offer, plans of one offer alone, and when these
are too few, plans that differ in two."""

CHOICES_MAX = 250
"""Then, so many in all with plans of two offers: what is left when much has to be given up."""

TAKERS_NEARBY_MAX = 6
"""There a unit is tried with so many offers only, those that give most for it."""

WAYS_PER_STEP = 2
"""Ways looked at for one step of effort."""

NOBODY = -1


@dataclass(frozen=True)
class Choice:
    """A plan that is not laid out yet: what it saves, and who gets which unit."""

    saving_minor: int
    owners: tuple[int, ...]


class Choices:
    """Plans of an open component. `complete`: every plan is among them, as far as it saves enough."""

    def __init__(self, lives: Sequence[Live], course: Course, facts: Facts, effort: Effort) -> None:
        self.lives = lives
        self.course = course
        self.facts = facts
        self.effort = effort
        self.units = sorted({unit for live in lives for unit in live.units})
        members = [set(live.units) for live in lives]
        self.takers = [[number for number, inside in enumerate(members) if unit in inside] for unit in self.units]
        self._taker_sets = [frozenset(takers) for takers in self.takers]
        self.complete = False
        self.least_minor = 0
        self._tracks = [plain_track(live, course.left) for live in lives]
        self._given: dict[tuple[int, ...], int] = {}
        self._found: list[Choice] = []
        self._savings: set[int] = set()
        self._nearest: list[list[int]] = []
        self._ways = 0

    def found(self, best: Plan, least_minor: int) -> list[Choice]:
        """The choices that save so much, most first; all of them, or those near the best plan, one for each saving."""
        self.least_minor = least_minor
        ways = 1
        for takers in self.takers:
            ways *= len(takers) + 1
            if ways > WAYS_MAX:
                break
        self.complete = ways <= WAYS_MAX
        if self.complete:
            self._every(0, [NOBODY] * len(self.units))
        else:
            self._some(self._owners_of(best))
        return sorted(self._found, key=_most_first)

    def plan(self, choice: Choice) -> Plan:
        """A choice laid out."""
        course = self.course
        entries = []
        for number, pile in sorted(self._piles(choice.owners).items()):
            entry = give(self.lives[number], course, pile, self.facts)
            if entry is not None:
                entries.append(entry)
                if entry.coupons:
                    course = course.copy()
                    course.add(entry)
        return plan_of(entries) if entries else EMPTY

    def _every(self, at: int, owners: list[int]) -> None:
        if at == len(self.units):
            self._add(tuple(owners))
            return
        for number in self.takers[at]:
            owners[at] = number
            self._every(at + 1, owners)
        owners[at] = NOBODY
        self._every(at + 1, owners)

    def _owners_of(self, best: Plan) -> list[int]:
        number_of = {live.compiled.number: number for number, live in enumerate(self.lives)}
        owner_of = {unit: number_of[entry.compiled.number] for entry in best.entries for unit in entry.units}
        owners = [owner_of.get(unit, NOBODY) for unit in self.units]
        return self._settled(owners)

    def _some(self, start: list[int]) -> None:
        """Plans one step away from the best, each offer alone; then two steps away, and offers two by two."""
        self._nearest = [self._most_giving(unit, takers) for unit, takers in zip(self.units, self.takers, strict=True)]
        self._add(tuple([NOBODY] * len(self.units)))
        self._add(tuple(start))
        numbers = range(len(self.lives))
        first = self._steps(start)
        for owners in first:
            self._add(tuple(owners))
        for number in numbers:
            self._add(self._preferring(number, NOBODY))
        for owners in first:
            if len(self._found) >= NEARBY_MAX or self.effort.spent:
                break
            for further in self._steps(owners):
                self._add(tuple(further))
        for number in numbers:
            for second in numbers:
                if len(self._found) >= CHOICES_MAX or self.effort.spent:
                    return
                if number != second:
                    self._add(self._preferring(number, second))

    def _preferring(self, first: int, second: int) -> tuple[int, ...]:
        owners: list[int] = []
        for takers in self.takers:
            if first in takers:
                owners.append(first)
            else:
                owners.append(second if second in takers else NOBODY)
        return tuple(owners)

    def _most_giving(self, unit: int, takers: Sequence[int]) -> list[int]:
        worth = [(-self._given_minor(number, [unit]), number) for number in takers]
        return [number for _, number in sorted(worth)[:TAKERS_NEARBY_MAX]]

    def _steps(self, start: Sequence[int]) -> list[list[int]]:
        found = [
            self._settled([NOBODY if owner == number else owner for owner in start], number)
            for number in sorted(set(start) - {NOBODY})
        ]
        for at, takers in enumerate(self._nearest):
            for number in takers:
                if number != start[at]:
                    owners = list(start)
                    owners[at] = number
                    found.append(self._settled(owners))
        return found

    def _settled(self, owners: list[int], dropped: int = NOBODY) -> list[int]:
        """Units of nobody go to the first offer in use that may have them."""
        used = set(owners) - {NOBODY, dropped}
        for at, owner in enumerate(owners):
            if owner == NOBODY:
                for number in self.takers[at]:
                    if number in used:
                        owners[at] = number
                        break
        return owners

    def _add(self, owners: tuple[int, ...]) -> None:
        self._ways += 1
        if self._ways % WAYS_PER_STEP == 0:
            self.effort.step()
        piles = self._piles(owners)
        for at, owner in enumerate(owners):
            if owner == NOBODY and not self._taker_sets[at].isdisjoint(piles):
                return
        saving = 0
        for number, pile in piles.items():
            given = self._given_minor(number, pile)
            if given <= 0:
                return
            saving += given
        if saving >= self.least_minor and (self.complete or saving not in self._savings):
            self._savings.add(saving)
            self._found.append(Choice(saving, owners))

    def _piles(self, owners: Sequence[int]) -> dict[int, list[int]]:
        piles: dict[int, list[int]] = {}
        for unit, owner in zip(self.units, owners, strict=True):
            if owner != NOBODY:
                piles.setdefault(owner, []).append(unit)
        return piles

    def _given_minor(self, number: int, pile: list[int]) -> int:
        key = (number, *pile)
        known = self._given.get(key)
        if known is None:
            track = self._tracks[number]
            if track is None:
                live = self.lives[number]
                reward, left = live.compiled.offer.reward, self.course.left
                taken = reward.pick(pile, left, live.terms)
                known = sum(reward.amounts(taken, left, live.terms))
            else:
                known = track.given_minor(pile)
            self._given[key] = known
        return known


def _most_first(choice: Choice) -> int:
    return -choice.saving_minor
