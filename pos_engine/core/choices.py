"""Other plans of one component beside its best: what a phase can give up when a later one is worth more.

Law: a plan is one that the game allows: who is used gives something, and leaves no unit that he may have to nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from pos_engine.core.claims import EMPTY, Plan, plan_of
from pos_engine.core.course import Course
from pos_engine.core.effort import Effort
from pos_engine.core.facts import Facts
from pos_engine.core.phase import Live, give
from pos_engine.core.plain_tracks import plain_track

WAYS_MAX = 400
"""Up to so many ways of sharing out a component's units, all of them are looked at."""

GROWN_MAX = 48
"""Beyond, so many plans are grown by one more offer, the most saving first, while a saving is looked for."""

ROUNDS_MAX = 6
"""Then units of so many plans change hands."""

TAKERS_NEARBY_MAX = 6
"""A unit of the best plan is tried with so many other offers only, those that give most for it."""

WAYS_PER_STEP = 16
"""Gifts looked at for one step of effort."""

NOBODY = -1

Piles = tuple[tuple[int, int], ...]
"""Who is used, and his units as bits by their place in the component."""


@dataclass(frozen=True)
class Choice:
    """A plan that is not laid out yet: what it saves, and who gets which units."""

    saving_minor: int
    piles: Piles


class Choices:
    """Plans of an open component. `complete`: every plan is among them, as far as it saves enough."""

    def __init__(self, lives: Sequence[Live], course: Course, facts: Facts, effort: Effort) -> None:
        self.lives = lives
        self.course = course
        self.facts = facts
        self.effort = effort
        self.units = sorted({unit for live in lives for unit in live.units})
        place_of = {unit: place for place, unit in enumerate(self.units)}
        self.masks: list[int] = []
        for live in lives:
            mask = 0
            for unit in live.units:
                mask |= 1 << place_of[unit]
            self.masks.append(mask)
        self.every_unit = (1 << len(self.units)) - 1
        self.complete = False
        self.found: list[Choice] = []
        self._tracks = [plain_track(live, course.left) for live in lives]
        self._given: list[dict[int, int]] = [{} for _ in lives]
        self._savings: set[int] = set()
        self._least_minor = 0
        self._best: Piles = ()
        self._handed: set[Piles] = set()
        self._ways = 0

    def begin(self, best: Plan, least_minor: int) -> None:
        """All choices that save so much; or some: nothing, each offer alone, the best plan and it without an offer."""
        self._least_minor = least_minor
        takers = [[n for n, mask in enumerate(self.masks) if mask >> place & 1] for place in range(len(self.units))]
        ways = 1
        for numbers in takers:
            ways *= len(numbers) + 1
            if ways > WAYS_MAX:
                break
        self.complete = ways <= WAYS_MAX
        if self.complete:
            self._every(takers, 0, [NOBODY] * len(self.units))
            return
        self._least_minor = 0
        self._add(0, ())
        for number, mask in enumerate(self.masks):
            self._add(self.given_minor(number, mask), ((number, mask),))
        self._best = self._settled(self._piles_of(best))
        self._add_legal(self._best)
        for number, _ in self._best:
            self._add_legal(self._settled(tuple([pile for pile in self._best if pile[0] != number])))

    def widen(self, room: int, wanted: int) -> None:
        """Look for a plan that saves one of the `wanted` sums (as bits), none of them more than the room.

        First the plans so far are grown by one more offer; then units of the best plan change hands, and units of the
        plans that come nearest to the room.
        """
        self._grow(room, wanted)
        if not self._hit(wanted) and not self.effort.spent:
            self._change_hands(self._best)
            self._grow(room, wanted)
        for _ in range(ROUNDS_MAX):
            if self._hit(wanted) or self.effort.spent:
                return
            near = [choice for choice in self.found if choice.saving_minor <= room and choice.piles not in self._handed]
            if not near:
                return
            self._change_hands(max(near, key=_saving).piles)
            self._grow(room, wanted)

    def plan(self, choice: Choice) -> Plan:
        """A choice laid out."""
        course = self.course
        entries = []
        for number, mask in sorted(choice.piles):
            entry = give(self.lives[number], course, self._units_of(mask), self.facts)
            if entry is not None:
                entries.append(entry)
                if entry.coupons:
                    course = course.copy()
                    course.add(entry)
        return plan_of(entries) if entries else EMPTY

    def given_minor(self, number: int, mask: int) -> int:
        """What an offer takes off these units, alone."""
        known = self._given[number].get(mask)
        if known is None:
            self._ways += 1
            if self._ways % WAYS_PER_STEP == 0:
                self.effort.step()
            pile = self._units_of(mask)
            track = self._tracks[number]
            if track is None:
                live = self.lives[number]
                reward, left = live.compiled.offer.reward, self.course.left
                taken = reward.pick(pile, left, live.terms)
                known = sum(reward.amounts(taken, left, live.terms))
            else:
                known = track.given_minor(pile)
            self._given[number][mask] = known
        return known

    def _units_of(self, mask: int) -> list[int]:
        return [unit for place, unit in enumerate(self.units) if mask >> place & 1]

    def _every(self, takers: Sequence[Sequence[int]], at: int, owners: list[int]) -> None:
        if at == len(self.units):
            piles: dict[int, int] = {}
            for place, owner in enumerate(owners):
                if owner != NOBODY:
                    piles[owner] = piles.get(owner, 0) | 1 << place
            self._add_legal(tuple(piles.items()))
            return
        for number in takers[at]:
            owners[at] = number
            self._every(takers, at + 1, owners)
        owners[at] = NOBODY
        self._every(takers, at + 1, owners)

    def _piles_of(self, best: Plan) -> Piles:
        number_of = {live.compiled.number: number for number, live in enumerate(self.lives)}
        place_of = {unit: place for place, unit in enumerate(self.units)}
        piles: list[tuple[int, int]] = []
        for entry in best.entries:
            mask = 0
            for unit in entry.units:
                mask |= 1 << place_of[unit]
            piles.append((number_of[entry.compiled.number], mask))
        return tuple(piles)

    def _free(self, piles: Piles) -> int:
        free = self.every_unit
        for _, mask in piles:
            free &= ~mask
        return free

    def _settled(self, piles: Piles) -> Piles:
        """Units of nobody go to the first offer in use that may have them."""
        free = self._free(piles)
        settled: list[tuple[int, int]] = []
        for number, mask in piles:
            more = free & self.masks[number]
            free &= ~more
            settled.append((number, mask | more))
        return tuple(settled)

    def _change_hands(self, plan: Piles) -> None:
        """Each unit of a plan goes to each of the offers that give most for it."""
        self._handed.add(plan)
        for place in range(len(self.units)):
            bit = 1 << place
            worth = [(-self.given_minor(n, bit), n) for n, mask in enumerate(self.masks) if mask & bit]
            for _, taker in sorted(worth)[:TAKERS_NEARBY_MAX]:
                piles = [(number, mask & ~bit) for number, mask in plan if mask & ~bit]
                if taker in [number for number, _ in piles]:
                    piles = [(number, mask | bit if number == taker else mask) for number, mask in piles]
                else:
                    piles.append((taker, bit))
                self._add_legal(self._settled(tuple(piles)))

    def _grow(self, room: int, wanted: int) -> None:
        """Let one more offer have what a plan leaves free; the most saving plans first."""
        queue = [(-choice.saving_minor, at) for at, choice in enumerate(self.found) if choice.saving_minor <= room]
        heapify(queue)
        for _ in range(GROWN_MAX):
            if not queue or self._hit(wanted) or self.effort.spent:
                return
            _, at = heappop(queue)
            choice = self.found[at]
            free = self._free(choice.piles)
            if not free:
                continue
            for number, mask in enumerate(self.masks):
                if not mask & free:
                    continue
                more = self.given_minor(number, mask & free)
                saving = choice.saving_minor + more
                if more > 0 and saving <= room and saving not in self._savings:
                    self._add(saving, (*choice.piles, (number, mask & free)))
                    heappush(queue, (-saving, len(self.found) - 1))
                    if wanted >> saving & 1:
                        return

    def _hit(self, wanted: int) -> bool:
        return any(wanted >> saving & 1 for saving in self._savings)

    def _add_legal(self, piles: Piles) -> None:
        """Note a plan unless the game forbids it."""
        free = self._free(piles)
        saving = 0
        for number, mask in piles:
            given = self.given_minor(number, mask)
            if given <= 0 or free & self.masks[number]:
                return
            saving += given
        self._add(saving, piles)

    def _add(self, saving: int, piles: Piles) -> None:
        if saving < self._least_minor or (piles and saving <= 0):
            return
        if self.complete or saving not in self._savings:
            self._savings.add(saving)
            self.found.append(Choice(saving, piles))


def _saving(choice: Choice) -> int:
    return choice.saving_minor
