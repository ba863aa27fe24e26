"""Offers that compete for the same units, solved exactly: a walk over units by falling price.

The state of the walk is how far each offer has come; of two ways to one state the better stays. A bound says what a
state can still become, so that most states need not be followed. The walk is narrow first, and wider only while the
bound says that a better end may exist; what was dropped stays in `ceiling_minor`.
"""

from __future__ import annotations

from collections.abc import Sequence

from pos_engine.core.effort import Effort
from pos_engine.core.grouped import falling
from pos_engine.core.money import BASIS_POINTS_WHOLE
from pos_engine.core.track_table import NEVER, TrackTable
from pos_engine.core.tracks import Track

WIDTHS = (4, 32, 256, 2_048)
"""States kept after a unit, in one walk after the other."""

MOVES_PER_STEP = 128
"""Moves looked at for one step of effort, so that a step costs about the same here as elsewhere."""

WALK_COST = 4
"""A move of the walk costs so many moves of one offer's table."""

PASSES_MAX = 40
"""Rounds of finding prices for the units; each costs about as much as the narrowest walk."""

PASSES_IN_VAIN = 3
"""After so many rounds without a better bound the prices move by half as much."""

STEP_WHOLE = 256
"""A step of the prices is counted in parts of this."""


class Trail:
    """How a state was reached: `place` went to `track`, and the trail before."""

    # A class and no tuple: mypyc 2.4.1 does not come to an end on an alias that names itself.
    __slots__ = ("before", "place", "track")

    def __init__(self, place: int, track: int, before: Trail | None) -> None:
        self.place = place
        self.track = track
        self.before = before


Reached = dict[int, tuple[int, Trail | None]]
"""Per joint state: what it can become at most, and how it was reached."""


class UnitByUnit:
    """`piles`: units per track. `gain`: what they gain. `ceiling_minor`: at most this can be saved."""

    def __init__(self, tracks: Sequence[Track], left: Sequence[int], effort: Effort) -> None:
        self.tracks = tracks
        self.effort = effort
        self.moves = 0
        self.piles: list[list[int]] = [[] for _ in tracks]
        self.gain = 0
        self.ceiling_minor = 0
        self.walk = falling(sorted({unit for track in tracks for unit in track.live.units}), left)
        place_of = {unit: place for place, unit in enumerate(self.walk)}
        self.tables = [
            TrackTable(track, sorted(place_of[unit] for unit in track.live.units), self.walk) for track in tracks
        ]
        self.fits = not any(table.too_many for table in self.tables)
        # Rounding that no state tells apart, and coupons, which cost a trifle of the gain and nothing of the saving.
        self.slack = sum(track.slack + int(track.needs_coupon) for track in tracks)
        self.prices: list[int] = []
        self.strides: list[int] = []
        self.takers: list[list[tuple[int, int]]] = []
        self.dropped = 0

    def solve(self) -> None:
        """Find prices, walk narrow, and walk wider as long as it may help and effort is left."""
        self._prepare()
        self._first_answer()
        bound = self._bound()
        if bound >= self._to_beat():
            self._walk(WIDTHS[0], bound)
        if bound >= self._to_beat() and self._pay():
            bound = self._better_prices(bound)
        ceiling = bound
        for width in WIDTHS:
            if ceiling < self._to_beat() or self.effort.spent:
                break
            self._walk(width, bound)
            ceiling = min(ceiling, max(self.dropped, self.gain))
        self.ceiling_minor = (max(ceiling, self.gain) + self.slack) // BASIS_POINTS_WHOLE

    def _prepare(self) -> None:
        self.takers = [[] for _ in self.walk]
        stride = 1
        for number, table in enumerate(self.tables):
            self.strides.append(stride)
            stride *= table.size
            for at, place in enumerate(table.places):
                self.takers[place].append((number, at))
        for place, unit in enumerate(self.walk):
            self.prices.append(max([self.tracks[number].worth(unit) for number, _ in self.takers[place]]))

    def _first_answer(self) -> None:
        """One offer after the other, the one that gains most first; units nobody counts go where each gains most."""
        base = [0] * len(self.walk)
        owner = [-1] * len(self.walk)
        for place, takers in enumerate(self.takers):
            for number, _ in takers:
                worth = self.tracks[number].worth(self.walk[place]) if self.tracks[number].unlimited else 0
                if worth > base[place]:
                    base[place], owner[place] = worth, number
        self._place_counting(base, owner)
        for place, number in enumerate(owner):
            if number >= 0:
                self.piles[number].append(self.walk[place])
        for number, table in enumerate(self.tables):
            if table.track.unlimited:
                self.gain += table.gain_of([place for place in table.places if owner[place] == number])

    def _place_counting(self, prices: list[int], owner: list[int]) -> None:
        """Let the offers that count units take what is worth more to them than to the others."""
        counting = [(table.gain_above(prices), n) for n, table in enumerate(self.tables) if not table.track.unlimited]
        for alone, number in sorted(counting, key=_most_first):
            table = self.tables[number]
            self.moves += 2 * table.cost
            more = table.gain_above(prices) if alone > 0 else 0
            if more <= 0:
                continue
            self.gain += more
            for place in table.taken(prices):
                self.gain += prices[place]
                owner[place], prices[place] = number, -NEVER

    def _to_beat(self) -> int:
        """The gain that is worth going on for: a minor unit more, or any more where coupons or fractions matter."""
        if self.slack:
            return self.gain + 1
        return (self.gain // BASIS_POINTS_WHOLE + 1) * BASIS_POINTS_WHOLE

    def _pay(self) -> bool:
        """Take the effort for the moves so far; False when none is left."""
        while self.moves >= MOVES_PER_STEP:
            self.moves -= MOVES_PER_STEP
            if not self.effort.step():
                self.moves = 0
                return False
        return not self.effort.spent

    def _bound(self) -> int:
        """At most this can be gained, by the prices as they are."""
        bound = 0
        for price in self.prices:
            bound += price
        for table in self.tables:
            bound += table.gain_above(self.prices)
            self.moves += table.cost
        return bound

    def _better_prices(self, bound: int) -> int:
        """Raise the price of units that several offers want, lower it where none does; the best bound found."""
        best, best_prices = bound, list(self.prices)
        part, vain = STEP_WHOLE, 0
        for _ in range(PASSES_MAX):
            wanted = [0] * len(self.walk)
            for table in self.tables:
                for place in table.taken(self.prices):
                    wanted[place] += 1
            norm = sum((count - 1) ** 2 for count, price in zip(wanted, self.prices, strict=True) if count or price)
            if norm == 0:
                break
            step = max(1, (bound - self.gain) * part // (norm * STEP_WHOLE))
            self.prices = [max(0, price + step * (count - 1)) for count, price in zip(wanted, self.prices, strict=True)]
            bound = self._bound()
            if bound < best:
                best, best_prices, vain = bound, list(self.prices), 0
            else:
                vain += 1
            if best < self._to_beat() or not self._pay():
                break
            if vain == PASSES_IN_VAIN:
                part, vain = part // 2, 0
                if part == 0:
                    break
        self.prices = best_prices
        for table in self.tables:
            table.gain_above(best_prices)
        return best

    def _walk(self, width: int, bound: int) -> None:
        """Go over all units with so many states at most, and keep the best end; `dropped`: what the others promised."""
        self.dropped = NEVER
        states: Reached = {0: (bound, None)}
        for place, takers in enumerate(self.takers):
            states = self._after(states, place, takers)
            if not self._pay():
                width = WIDTHS[0]
            if len(states) > width:
                states = self._kept(states, width)
        for gain, trail in states.values():
            if gain > self.gain:
                self.gain = gain
                self._lay_out(trail)

    def _lay_out(self, trail: Trail | None) -> None:
        piles: list[list[int]] = [[] for _ in self.tracks]
        while trail is not None:
            piles[trail.track].append(self.walk[trail.place])
            trail = trail.before
        for pile in piles:
            pile.sort()
        self.piles = piles

    def _after(self, states: Reached, place: int, takers: Sequence[tuple[int, int]]) -> Reached:
        """All states after a unit went to nobody or to one of the offers; of equal ones the best."""
        after: Reached = {}
        price = self.prices[place]
        to_beat = self._to_beat()
        self.moves += WALK_COST * len(states) * (len(takers) + 1)
        for key, (bound, trail) in states.items():
            # What the state can become when nobody takes the unit.
            left_out = bound - price
            closing = key
            for number, at in takers:
                table = self.tables[number]
                state = key // self.strides[number] % table.size
                left_out += table.rows[at + 1][state] - table.rows[at][state]
                if at + 1 == len(table.places):
                    closing -= state * self.strides[number]
            if left_out >= to_beat:
                known = after.get(closing)
                if known is None or left_out > known[0]:
                    after[closing] = (left_out, trail)
            for number, at in takers:
                table = self.tables[number]
                state = key // self.strides[number] % table.size
                row = table.rows[at + 1]
                without = left_out - row[state]
                ends = at + 1 == len(table.places)
                for target, gain in table.steps[at][state] or ():
                    worth = without + gain + row[target]
                    if worth < to_beat:
                        continue
                    reached = closing if ends else closing + (target - state) * self.strides[number]
                    known = after.get(reached)
                    if known is None or worth > known[0]:
                        after[reached] = (worth, Trail(place, number, trail))
        return after

    def _kept(self, states: Reached, width: int) -> Reached:
        """The most promising states, and one with nothing half done, so that there is an end."""
        ordered = sorted(states.items(), key=_promise)
        self.dropped = max(self.dropped, ordered[width][1][0])
        kept = dict(ordered[:width])
        if not any(self._closed(key) for key in kept):
            for key, reached in ordered[width:]:
                if self._closed(key):
                    kept[key] = reached
                    break
        return kept

    def _closed(self, key: int) -> bool:
        for table, stride in zip(self.tables, self.strides, strict=True):
            if table.ends[key // stride % table.size] == NEVER:
                return False
        return True


def _most_first(gain_and_number: tuple[int, int]) -> tuple[int, int]:
    return (-gain_and_number[0], gain_and_number[1])


def _promise(item: tuple[int, tuple[int, Trail | None]]) -> tuple[int, int]:
    return (-item[1][0], item[0])
