"""How far each vehicle is driven in a day, out of what was read off it.

Readings that cannot be true go: of those that contradict each other (a roll-back, more than `KM_PER_DAY_MAX`) the
longest chain that agrees stays. The first registration counts as 0 km. The logarithm of a vehicle's own rate is shrunk
towards that of vehicles like it: weight = τ² / (τ² + σ² / years observed).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from backoffice.prediction.fleet import Counts, Fleet, Floats, Marks

KM_PER_DAY_MAX: Final = 500.0
YEAR_DAYS: Final = 365.25
WINDOW_DAYS: Final = 1_096
"""Three years: how far back the rate of today is looked for."""
SPAN_DAYS_MIN: Final = 90
"""Readings nearer to each other say little about a year; then the next older one counts too."""
YEARLY_SIGMA: Final = 0.25
"""Spread (log) of one year's driving around a vehicle's own habit: what a single observed year can be off."""
SEGMENT_WEIGHT: Final = 20.0
"""A segment's own level counts as much as the prior from so many vehicles on."""

PRIOR_AGE_YEARS: Final = (3.0, 5.0, 8.0)
PRIOR_KM_PER_DAY: Final = ((16.0, 43.0, 88.0), (18.0, 40.0, 77.0), (17.0, 37.0, 67.0))
"""p10, p50 and p90 at those ages, fitted to 214.6 million technical inspections; beyond them the nearest age counts."""
_P90: Final = 1.281_551_6
"""The 90th percentile of a standard normal."""
READINGS_OF_ONE_MAX: Final = 2_000
"""Of a vehicle with contradictions at most so many readings are searched, the latest: a limit on n² steps."""


@dataclass(frozen=True)
class Driving:
    """Per vehicle: km a day (middle of its distribution), the spread of its logarithm, and the odometer on a day.

    `last_day`, `last_km`: the last believable reading, nan: none. `readings`: how many were believed.
    """

    km_per_day: Floats
    sigma: Floats
    last_day: Floats
    last_km: Floats
    readings: Counts

    def odometer(self, day: int, km_per_day: Floats | None = None) -> Floats:
        """Projected kilometres on a day, nan where nothing was ever read; `km_per_day`: at another rate than its."""
        rate = self.km_per_day if km_per_day is None else km_per_day
        found: Floats = self.last_km + rate * (day - self.last_day)
        return found


def prior(age_years: Floats) -> tuple[Floats, Floats]:
    """Mean and spread τ of the logarithm of km a day at an age; of an unknown age: of the middle one."""
    age = np.where(np.isfinite(age_years), age_years, PRIOR_AGE_YEARS[1])
    middle = np.log([row[1] for row in PRIOR_KM_PER_DAY])
    spread = np.log([row[2] / row[0] for row in PRIOR_KM_PER_DAY]) / (2 * _P90)
    return np.interp(age, PRIOR_AGE_YEARS, middle), np.interp(age, PRIOR_AGE_YEARS, spread)


def driving_of(fleet: Fleet, today: int) -> Driving:
    """Every vehicle's driving as of a day, from the readings up to it (`fleet` knows nothing later)."""
    who, day, km = _believable(fleet)
    first, last, readings = _ends(fleet.count, who)
    has = readings > 0
    last_day, last_km = np.full(fleet.count, np.nan), np.full(fleet.count, np.nan)
    last_day[has], last_km[has] = day[last[has]], km[last[has]]
    days, own = _own_rates(who, day, km, first, last)
    mean, tau = prior((today - fleet.registered) / YEAR_DAYS)
    known = days > 0
    years = days / YEAR_DAYS
    noise = YEARLY_SIGMA**2 / np.maximum(years, SPAN_DAYS_MIN / YEAR_DAYS)
    weight = np.where(known, tau**2 / (tau**2 + noise), 0.0)
    level = mean + _segment_level(fleet.segment, np.where(known, own - mean, 0.0), weight)
    log_rate = np.where(known, weight * own + (1 - weight) * level, level)
    # What is left unsure of the habit, and that the coming year has its own.
    sigma = np.sqrt((1 - weight) * tau**2 + YEARLY_SIGMA**2)
    return Driving(np.exp(log_rate), sigma, last_day, last_km, readings - _invented(fleet, who, day, km))


def _invented(fleet: Fleet, who: Counts, day: Counts, km: Floats) -> Counts:
    """How many of each vehicle's points are its first registration."""
    start = (day == fleet.registered[who]) & (km == 0)
    return np.bincount(who[start], minlength=fleet.count)


def _believable(fleet: Fleet) -> tuple[Counts, Counts, Floats]:
    """All readings, first registrations among them, in the order of vehicles and days, without those that lie."""
    new = np.flatnonzero(np.isfinite(fleet.registered))
    who = np.concatenate([fleet.read_who, new])
    day = np.concatenate([fleet.read_day, fleet.registered[new].astype(np.int64)])
    km = np.concatenate([fleet.read_km, np.zeros(len(new))])
    order = np.lexsort((km, day, who))
    who, day, km = who[order], day[order], km[order]
    same = who[1:] == who[:-1]
    bad = same & ~_agree(day[:-1], km[:-1], day[1:], km[1:])
    keep = np.ones(len(who), bool)
    for vehicle in np.unique(who[1:][bad]):
        start, end = np.searchsorted(who, vehicle), np.searchsorted(who, vehicle, "right")
        start = max(start, end - READINGS_OF_ONE_MAX)
        keep[start:end] = _longest_chain(day[start:end], km[start:end])
    return who[keep], day[keep], km[keep]


def _agree(day: Counts, km: Floats, later_day: Counts, later_km: Floats) -> Marks:
    # A day is added on either side: two readings of one morning and one evening may differ by a journey.
    driven = later_km - km
    found: Marks = (driven >= 0) & (driven <= KM_PER_DAY_MAX * (later_day - day + 1))
    return found


def _longest_chain(day: Counts, km: Floats) -> Marks:
    """The longest run of readings of one vehicle of which each agrees with the one before; of equals the latest."""
    length, before = np.ones(len(day), np.int64), np.full(len(day), -1)
    for at in range(1, len(day)):
        fits = np.flatnonzero(_agree(day[:at], km[:at], day[at], km[at]))
        if len(fits):
            best = fits[len(fits) - 1 - np.argmax(length[fits][::-1])]
            length[at], before[at] = length[best] + 1, best
    keep = np.zeros(len(day), bool)
    at = len(day) - 1 - int(np.argmax(length[::-1]))
    while at >= 0:
        keep[at], at = True, int(before[at])
    return keep


def _ends(count: int, who: Counts) -> tuple[Counts, Counts, Counts]:
    number = np.bincount(who, minlength=count)
    last = np.cumsum(number) - 1
    return last - number + 1, last, number


def _own_rates(who: Counts, day: Counts, km: Floats, first: Counts, last: Counts) -> tuple[Floats, Floats]:
    """Days observed (0: nothing can be said) and log of km a day of each, over the last `WINDOW_DAYS`."""
    count = len(first)
    has = last >= first
    end_day = np.zeros(count, np.int64)
    end_day[has] = day[last[has]]
    back = end_day[who] - day
    # The point to measure from: the oldest inside the window, or the youngest of those before it.
    inside = (back <= WINDOW_DAYS) & (back >= SPAN_DAYS_MIN)
    start = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(start, who[inside], np.flatnonzero(inside))
    older = back > WINDOW_DAYS
    latest_older = np.full(count, -1, np.int64)
    np.maximum.at(latest_older, who[older], np.flatnonzero(older))
    start = np.where(start == np.iinfo(np.int64).max, latest_older, start)
    known = has & (start >= 0)
    days, rate = np.zeros(count), np.zeros(count)
    days[known] = end_day[known] - day[start[known]]
    driven = np.zeros(count)
    driven[known] = km[last[known]] - km[start[known]]
    moved = known & (days > 0)
    # Less than a kilometre a day is a vehicle that stands; its logarithm must stay finite.
    rate[moved] = np.log(np.maximum(driven[moved] / days[moved], 1.0))
    return np.where(moved, days, 0.0), rate


def _segment_level(segment: Counts, residual: Floats, weight: Floats) -> Floats:
    """By how much the vehicles of each one's segment are above the prior, pulled to 0 while they are few."""
    groups = int(segment.max(initial=0)) + 1
    total = np.bincount(segment, weight * residual, minlength=groups)
    mass = np.bincount(segment, weight, minlength=groups)
    found: Floats = (total / (mass + SEGMENT_WEIGHT))[segment]
    return found
