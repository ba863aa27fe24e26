"""The difference of two shares: how many of the treated came back, less how many of those who were held out.

The interval is Newcombe's hybrid score interval (R. G. Newcombe, Statistics in Medicine 17, 1998, method 10). An effect
is claimed only where Fisher's exact test at 5 % agrees, which never claims too often when there is none. Everything
works on many campaigns at once: counts may be arrays.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from backoffice.measurement.answers import Z_TWO_SIDED, Answer, CannotTell, Effect, Why

MEMBERS_MIN: Final = 50
"""In the smaller group."""
EVENTS_MIN: Final = 5
"""Expected in the smaller group, by the share of both together, of those who came and of those who did not."""
LEVEL: Final = 0.05
_SAME: Final = 1 + 1e-7
"""Tables whose probability differs by rounding only are equally likely."""

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


def compare_rates(treated: int, treated_events: int, held_out: int, held_out_events: int) -> Answer:
    """How much larger the share of events is among the treated, or why that cannot be told."""
    why = why_not_rates(treated, treated_events, held_out, held_out_events)
    if why is not None:
        return CannotTell(why)
    counts = tuple(np.array([each], np.int64) for each in (treated_events, held_out_events))
    low, high = newcombe(treated, counts[0], held_out, counts[1])
    claims = claims_of(treated, counts[0], held_out, counts[1], low, high)
    estimate = treated_events / treated - held_out_events / held_out
    return Effect(estimate, float(low[0]), float(high[0]), bool(claims[0]))


def why_not_rates(treated: int, treated_events: int, held_out: int, held_out_events: int) -> Why | None:
    """Why no interval is shown; None when one is."""
    if held_out == 0:
        return Why.NO_HOLD_OUT
    smaller = min(treated, held_out)
    if smaller < MEMBERS_MIN:
        return Why.TOO_FEW_MEMBERS
    share = (treated_events + held_out_events) / (treated + held_out)
    return Why.TOO_FEW_EVENTS if smaller * min(share, 1 - share) < EVENTS_MIN else None


def wilson(members: int, events: Counts) -> tuple[Floats, Floats]:
    """Wilson's score interval of a share (E. B. Wilson, JASA 22, 1927)."""
    z2 = Z_TWO_SIDED**2
    share = events / members
    centre = (share + z2 / (2 * members)) / (1 + z2 / members)
    half = Z_TWO_SIDED * np.sqrt(share * (1 - share) / members + z2 / (4 * members**2)) / (1 + z2 / members)
    return centre - half, centre + half


def newcombe(treated: int, treated_events: Counts, held_out: int, held_out_events: Counts) -> tuple[Floats, Floats]:
    """The 95 % interval of the difference of two shares."""
    one, other = treated_events / treated, held_out_events / held_out
    one_low, one_high = wilson(treated, treated_events)
    other_low, other_high = wilson(held_out, held_out_events)
    low = one - other - np.sqrt((one - one_low) ** 2 + (other_high - other) ** 2)
    high = one - other + np.sqrt((one_high - one) ** 2 + (other - other_low) ** 2)
    return low, high


def claims_of(
    treated: int, treated_events: Counts, held_out: int, held_out_events: Counts, low: Floats, high: Floats
) -> NDArray[np.bool_]:
    """Where an effect is claimed: the interval leaves out zero and Fisher's exact test says 5 % or less."""
    claims = (low > 0) | (high < 0)
    for at in np.flatnonzero(claims):
        claims[at] = fisher(treated, int(treated_events[at]), held_out, int(held_out_events[at])) <= LEVEL
    return claims


def fisher(treated: int, treated_events: int, held_out: int, held_out_events: int) -> float:
    """How likely a table at least as unlikely as this one is when groups do not matter (two-sided)."""
    events = treated_events + held_out_events
    fewest, most = max(0, events - treated), min(events, held_out)
    there = np.arange(fewest, most + 1)
    log_ways = _log_choose(held_out, there) + _log_choose(treated, events - there)
    chance = np.exp(log_ways - log_ways.max())
    chance /= chance.sum()
    seen = chance[held_out_events - fewest]
    return float(min(1.0, chance[chance <= seen * _SAME].sum()))


def _log_choose(of: int, chosen: Counts) -> Floats:
    ways: Floats = gammaln(of + 1) - gammaln(chosen + 1) - gammaln(of - chosen + 1)
    return ways
