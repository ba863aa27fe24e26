"""A track as tables of integers, and the best it could do alone when every unit has a price.

The prices are what units are worth to others. With any prices, the sum of all prices and of what each offer could gain
above them is at least what the offers can gain together: that is the bound the search stands on.
"""

from __future__ import annotations

from collections.abc import Sequence

from pos_engine.core.tracks import State, Track

STATES_PER_OFFER_MAX = 400
"""So many states of one offer are told apart; an offer with more is left to the search over turns."""

NEVER = -(10**15)
"""Worth of a state that cannot be brought to an end; far below any sum of money, in 1/10,000 of a minor unit."""

Moves = list[tuple[int, int]]
"""Per way a unit can be taken: the number of the state after it, and what it adds."""


class TrackTable:
    """One offer over its units in the order of the walk. `places`: where its units stand in the walk over all units.

    `rows[i][s]`: the most that its units from the i-th on can still gain above their prices, out of state s.
    """

    def __init__(self, track: Track, places: list[int], walk: Sequence[int]) -> None:
        self.track = track
        self.places = places
        self.numbers: dict[State, int] = {track.start: 0}
        self.states: list[State] = [track.start]
        self.too_many = False
        self._tables: dict[tuple[int, int], list[Moves | None]] = {}
        self.steps: list[list[Moves | None]] = []
        self.reached: list[list[int]] = [[0]]
        left = track.left
        for place in places:
            unit = walk[place]
            table = self._tables.setdefault((left[unit], track.kind(unit)), [])
            self.steps.append(table)
            self._reach(table, unit)
            if self.too_many:
                return
        size = len(self.states)
        self.size = size
        # Moves looked at when the rows are filled.
        self.cost = sum([len(states) for states in self.reached])
        self.ends = [0 if track.closed(state) else NEVER for state in self.states]
        self.rows: list[list[int]] = [self.ends] * (len(places) + 1)

    def _reach(self, table: list[Moves | None], unit: int) -> None:
        """Find the states after one more unit."""
        before = self.reached[-1]
        after = set(before)
        for state in before:
            for target, _ in self._moves(table, state, unit):
                after.add(target)
        self.too_many = len(self.states) > STATES_PER_OFFER_MAX
        self.reached.append(before if len(after) == len(before) else sorted(after))

    def _moves(self, table: list[Moves | None], state: int, unit: int) -> Moves:
        while len(table) <= state:
            table.append(None)
        known = table[state]
        if known is None:
            known = []
            for target, gain in self.track.moves(self.states[state], unit):
                number = self.numbers.get(target)
                if number is None:
                    number = self.numbers[target] = len(self.states)
                    self.states.append(target)
                known.append((number, gain))
            table[state] = known
        return known

    def gain_above(self, prices: Sequence[int]) -> int:
        """The most the offer could gain above the prices; fills `rows`."""
        row = self.ends
        rows = [row]
        for at in range(len(self.places) - 1, -1, -1):
            price = prices[self.places[at]]
            table = self.steps[at]
            after = row
            row = list(after)
            for state in self.reached[at]:
                best = after[state]
                for target, gain in table[state] or ():
                    worth = gain - price + after[target]
                    if worth > best:  # noqa: PLR1730 - a call costs more than the rest of this, the hottest loop
                        best = worth
                row[state] = best
            rows.append(row)
        rows.reverse()
        self.rows = rows
        return row[0]

    def taken(self, prices: Sequence[int]) -> list[int]:
        """The places that the gain above the prices stands on."""
        state = 0
        places: list[int] = []
        for at, place in enumerate(self.places):
            worth = self.rows[at][state]
            after = self.rows[at + 1]
            if worth == after[state]:
                continue
            for target, gain in self.steps[at][state] or ():
                if worth == gain - prices[place] + after[target]:
                    state = target
                    places.append(place)
                    break
        return places

    def gain_of(self, places: Sequence[int]) -> int:
        """What an offer that takes any unit it may gains on the units at these places."""
        wanted = set(places)
        state, whole = 0, 0
        for at, place in enumerate(self.places):
            if place in wanted:
                for target, gain in self.steps[at][state] or ():
                    state = target
                    whole += gain
                    break
        return whole
