"""Multi-buys that compete for the same units, solved exactly: dynamic programming over units by falling price.

The state is how far each offer's open application has come. A limit on the states kept bounds time and memory; when
it bites, the answer is the best of those that were kept and no proof.
"""

from __future__ import annotations

from collections.abc import Sequence

from pos_engine.core.claims import Claim
from pos_engine.core.effort import Effort
from pos_engine.core.grouped import Grouped, falling
from pos_engine.core.money import BASIS_POINTS_WHOLE
from pos_engine.core.tracks import State, Track, track_of

STATES_MAX = 2_048
"""States kept after a unit; three offers of "every four" have 64, so everyday receipts stay far below."""

MOVES_PER_STEP = 32
"""Moves tried for one step of effort, so that a step costs about the same here as elsewhere."""

STATES_WITHOUT_EFFORT = 16

Joint = tuple[State, ...]
Trail = tuple[int, int, "Trail"] | None
"""How a state was reached: (unit, claim) and the trail before."""


class UnitByUnit:
    """`piles`: units per claim. `ceiling_minor`: at most this can be saved, or None when states were dropped."""

    def __init__(self, claims: Sequence[Claim], tracks: Sequence[Track], left: Sequence[int], effort: Effort) -> None:
        self.tracks = tracks
        self.left = left
        self.effort = effort
        self.dropped = False
        self.moves = 0
        self.piles: list[list[int]] = [[] for _ in claims]
        self.ceiling_minor: int | None = None

    def solve(self) -> None:
        """Walk over the units by falling price and lay out the best end."""
        units = falling(sorted({unit for track in self.tracks for unit in track.members}), self.left)
        states: dict[Joint, tuple[int, Trail]] = {tuple(track.start for track in self.tracks): (0, None)}
        for unit in units:
            states = self._kept(self._after(states, unit), self.left[unit])
        ends = [
            (gain, trail)
            for joint, (gain, trail) in states.items()
            if all(track.closed(state) for track, state in zip(self.tracks, joint, strict=True))
        ]
        gain, trail = max(ends, key=lambda end: end[0], default=(0, None))
        while trail is not None:
            unit, claim, trail = trail
            self.piles[claim].append(unit)
        for pile in self.piles:
            pile.sort()
        if not self.dropped:
            slack = sum(_rounding_slack(track) for track in self.tracks)
            self.ceiling_minor = (gain + slack) // BASIS_POINTS_WHOLE

    def _after(self, states: dict[Joint, tuple[int, Trail]], unit: int) -> dict[Joint, tuple[int, Trail]]:
        """All states after a unit went to nobody or to one of the offers; of equal ones the best."""
        after = dict(states)
        for number, track in enumerate(self.tracks):
            if unit not in track.members:
                continue
            for joint, (gain, trail) in states.items():
                for state, more in track.moves(joint[number], unit):
                    reached = (*joint[:number], state, *joint[number + 1 :])
                    known = after.get(reached)
                    if known is None or gain + more > known[0]:
                        after[reached] = (gain + more, (unit, number, trail))
            self.moves += len(states)
        return after

    def _kept(self, states: dict[Joint, tuple[int, Trail]], cost: int) -> dict[Joint, tuple[int, Trail]]:
        keep = STATES_MAX
        while self.moves >= MOVES_PER_STEP:
            self.moves -= MOVES_PER_STEP
            if not self.effort.step():
                keep = STATES_WITHOUT_EFFORT
                self.moves = 0
        if len(states) <= keep:
            return states
        self.dropped = True

        def promising(item: tuple[Joint, tuple[int, Trail]]) -> int:
            open_worth = sum(t.promise(state, cost) for t, state in zip(self.tracks, item[0], strict=True))
            return -item[1][0] - open_worth

        best = sorted(states.items(), key=promising)[:keep]
        # Whatever else is dropped, a state with nothing half done stays, so that there is an end.
        closed = [item for item in states.items() if self._all_closed(item[0])]
        best += sorted(closed, key=promising)[:1]
        return dict(best)

    def _all_closed(self, joint: Joint) -> bool:
        return all(track.closed(state) for track, state in zip(self.tracks, joint, strict=True))


def _rounding_slack(track: Track) -> int:
    """What rounding an offer once can add to its exact share, in 1/10,000 of a minor unit."""
    rounding = track.live.terms.rounding
    return BASIS_POINTS_WHOLE // 2 if rounding.scope == "offer" and rounding.mode == "half_up" else 0


def tracks_for(claims: Sequence[Claim], left: Sequence[int]) -> list[Track] | None:
    """A track per claim, when there are multi-buys among them and all of them can be told unit by unit."""
    if not any(isinstance(live.compiled.offer.reward, Grouped) for claim in claims for live in claim.lives):
        return None
    tracks = [track_of(claim, left) for claim in claims]
    known = [track for track in tracks if track is not None]
    return known if len(known) == len(tracks) else None
