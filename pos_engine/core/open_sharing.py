"""Components in which every offer may have any part of its units: most of them, and the ones that are solved fast.

No stacking, no exclusive group, no offer that takes its units in its turn, no coupon that two campaigns want.
"""

from __future__ import annotations

from collections.abc import Sequence

from pos_engine.core.claims import Plan, merchant_order, plan_of
from pos_engine.core.course import Course, Entry
from pos_engine.core.effort import Effort
from pos_engine.core.facts import Facts
from pos_engine.core.grouped import Grouped
from pos_engine.core.money import BASIS_POINTS_WHOLE
from pos_engine.core.narrowing import apart, narrowed
from pos_engine.core.phase import Live, give
from pos_engine.core.plain_tracks import plain_track
from pos_engine.core.tracks import Track, grouped_track
from pos_engine.core.unit_by_unit import UnitByUnit


def is_open(component: Sequence[Live], course: Course, facts: Facts) -> bool:
    """Whether each offer may have any part of its units. Of an exclusive group there is one at most among them."""
    wanted: dict[tuple[str, str], set[str]] = {}
    for live in component:
        offer = live.compiled.offer
        if offer.policy == "stack" or offer.reward.limited():
            return False
        for need in live.answer.needs:
            wanted.setdefault((need.source, need.series_id), set()).add(live.compiled.campaign_id)
    for (source, series_id), campaigns in wanted.items():
        usable = facts.usable_ids(source, series_id)
        if sum((source, coupon_id) not in course.coupon_owner for coupon_id in usable) < len(campaigns):
            return False
    return True


def track_of(live: Live, left: Sequence[int]) -> Track | None:
    """An offer as the walk over units sees it; None when it cannot be told unit by unit."""
    if isinstance(live.compiled.offer.reward, Grouped):
        return grouped_track(live, left)
    return plain_track(live, left)


class OpenSharing:
    """The best plan of an open component. `ceiling_minor`: no plan saves more.

    `exact`: False when rounding was left to the end, so that another search may still find cents.
    """

    def __init__(self, component: Sequence[Live], course: Course, facts: Facts, effort: Effort) -> None:
        self.lives = sorted(component, key=merchant_order)
        self.course = course
        self.facts = facts
        self.effort = effort
        self.ceiling_minor = 0
        self.exact = True
        self.piles: list[list[int]] = [[] for _ in self.lives]

    def plan(self) -> Plan | None:
        """The best plan, as far as the effort goes; None when an offer cannot be told unit by unit."""
        kept = narrowed(self.lives, self.course.left)
        alone: dict[int, Entry | None] = {}
        for part in apart(kept):
            number = part[0]
            if len(part) == 1:
                self.piles[number] = kept[number]
                entry = alone[number] = give(self.lives[number], self.course, kept[number], self.facts)
                self.ceiling_minor += 0 if entry is None else entry.discount_minor
            elif not self._share(part, kept):
                return None
        late = self._hand_out_rest()
        course = self.course
        entries: list[Entry] = []
        for number, pile in enumerate(self.piles):
            if not pile:
                continue
            live = self.lives[number]
            if number in alone and number not in late and not live.answer.needs:
                entry = alone[number]
            else:
                entry = give(live, course, sorted(pile), self.facts)
            if entry is None:
                continue
            entries.append(entry)
            if entry.coupons:
                # The next campaign needs a coupon of its own.
                course = course.copy()
                course.add(entry)
        return plan_of(entries)

    def _share(self, part: Sequence[int], kept: Sequence[Sequence[int]]) -> bool:
        """Lay out the piles of offers that compete; False when one of them cannot be told unit by unit."""
        tracks: list[Track] = []
        for number in part:
            live = self.lives[number]
            track = track_of(Live(live.compiled, live.answer, tuple(kept[number]), live.terms), self.course.left)
            if track is None:
                return False
            tracks.append(track)
        if max([len(kept[number]) for number in part]) == 1:
            self._one_unit(part, tracks, kept[part[0]][0])
            return True
        programme = UnitByUnit(tracks, self.course.left, self.effort)
        if not programme.fits:
            return False
        programme.solve()
        self.ceiling_minor += programme.ceiling_minor
        self.exact = self.exact and all(track.told_apart for track in tracks)
        for number, pile in zip(part, programme.piles, strict=True):
            self.piles[number] = pile
        return True

    def _one_unit(self, part: Sequence[int], tracks: Sequence[Track], unit: int) -> None:
        """One unit goes where it gains most."""
        best, taker = 0, -1
        for number, track in zip(part, tracks, strict=True):
            for state, gain in track.moves(track.start, unit):
                if gain > best and track.closed(state):
                    best, taker = gain, number
        if taker >= 0:
            self.piles[taker] = [unit]
        self.ceiling_minor += -(-best // BASIS_POINTS_WHOLE)

    def _hand_out_rest(self) -> set[int]:
        """Units that no offer needs go to one that gives anyway: what it gives is spread over all it may touch."""
        placed = {unit for pile in self.piles for unit in pile}
        late: set[int] = set()
        for number, live in enumerate(self.lives):
            if self.piles[number] and not isinstance(live.compiled.offer.reward, Grouped):
                more = [unit for unit in live.units if unit not in placed]
                if more:
                    self.piles[number] = [*self.piles[number], *more]
                    placed.update(more)
                    late.add(number)
        return late
