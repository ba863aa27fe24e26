"""When each vehicle needs each family again.

due = the earlier of (last done + the plan's months) and (the day on which the projected odometer reaches the last done
+ the plan's kilometres). Around it stands how long such intervals really are (`wear`) and how unsure the driving is:
three rates (Gauss-Hermite) are mixed into one curve, of which chances and the window of four in five are read.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from backoffice.prediction.driving import Driving, driving_of
from backoffice.prediction.fleet import FAMILIES, Counts, Fleet, Floats, Marks
from backoffice.prediction.plan import MONTH_DAYS, Interval, Plan
from backoffice.prediction.wear import Wear, fit
from backoffice.workshop.operations import Family

UNKNOWN, NEW_CAR, DONE, PAPERS = range(4)
"""From where the interval runs: nowhere known, the first registration, the last time it was done, the papers."""

DONE_ELSEWHERE_FROM: Final = 2.2
"""A vehicle that has used up so many intervals was looked after elsewhere: nothing is said of it."""
EARLY_CUSTOMER_DAYS: Final = 400
"""Who first came within so many days of the registration probably had all of its work done here."""
SAME_WORK_DAYS: Final = 30
"""The same family again within a month is one piece of work on two orders."""
GRID_DAYS: Final = np.array(
    [0, 7, 14, 21, 30, 45, 60, 75, 90, 120, 150, 180, 240, 300, 365, 456, 548, 730, 913, 1_096, 1_461, 1_826, 2_557],
    np.float64,
)
"""Days ahead at which the curve is worked out; between them it is a straight line, beyond seven years it ends."""
RATES: Final = ((-(3.0**0.5), 1 / 6), (0.0, 2 / 3), (3.0**0.5, 1 / 6))
"""Steps of the spread and weights: a normal's moments up to the fifth."""
EARLY, LATE = 0.9, 0.1


@dataclass(frozen=True)
class FamilyNeeds:
    """One family of all vehicles as of a day; nan where `basis` is `UNKNOWN`.

    `since_day`, `since_km`: what the interval runs from. `used`: share of the plan's interval. `due_day`: by the plan.
    `early_day`, `late_day`: four of five fall between them, nan where work before the first visit here is unknown.
    `chance_60`, `chance_90`: needed within so many days.
    """

    family: Family
    wear: Wear
    basis: Counts
    since_day: Floats
    since_km: Floats
    used: Floats
    due_day: Floats
    early_day: Floats
    late_day: Floats
    chance_60: Floats
    chance_90: Floats

    @property
    def known(self) -> Marks:
        """Of which vehicles something can be said."""
        found: Marks = self.basis != UNKNOWN
        return found


@dataclass(frozen=True)
class Needs:
    """All families as of a day, and the driving behind them."""

    today: int
    driving: Driving
    families: tuple[FamilyNeeds, ...]


def needs_of(fleet: Fleet, today: int, plan: Plan) -> Needs:
    """What every vehicle needs when; `fleet` knows nothing later than `today`."""
    driving = driving_of(fleet, today)
    return Needs(today, driving, tuple(_family(fleet, driving, today, each, plan[each]) for each in FAMILIES))


def _family(fleet: Fleet, driving: Driving, today: int, family: Family, interval: Interval) -> FamilyNeeds:
    wear = fit(*_gaps(fleet, driving, family, interval))
    basis, since_day, since_km = _since(fleet, driving, family, interval)
    used = _used(driving, since_day, since_km, interval, today, driving.km_per_day)
    lost = (basis == UNKNOWN) | ~np.isfinite(used) | (used > DONE_ELSEWHERE_FROM)
    basis = np.where(lost, UNKNOWN, basis)
    known = np.flatnonzero(basis != UNKNOWN)
    survival = _survival(_some(driving, known), since_day[known], since_km[known], interval, today, wear)

    sure = (basis != NEW_CAR) | (fleet.first_visit() - fleet.registered <= EARLY_CUSTOMER_DAYS)

    def spread(values: Floats, where: Marks | None = None) -> Floats:
        out = np.full(fleet.count, np.nan)
        out[known] = values
        return out if where is None else np.where(where, out, np.nan)

    return FamilyNeeds(
        family,
        wear,
        basis,
        np.where(lost, np.nan, since_day),
        np.where(lost, np.nan, since_km),
        np.where(lost, np.nan, used),
        np.where(lost, np.nan, _due(driving, since_day, since_km, interval)),
        spread(today + _crossing(survival, EARLY), sure),
        spread(today + _crossing(survival, LATE), sure),
        spread(1 - survival[:, int(np.searchsorted(GRID_DAYS, 60))]),
        spread(1 - survival[:, int(np.searchsorted(GRID_DAYS, 90))]),
    )


def _some(driving: Driving, which: Counts) -> Driving:
    return Driving(
        driving.km_per_day[which],
        driving.sigma[which],
        driving.last_day[which],
        driving.last_km[which],
        driving.readings[which],
    )


def _times(fleet: Fleet, driving: Driving, family: Family) -> tuple[Counts, Floats, Floats]:
    """Each time a family's interval began anew, in the order of vehicles and days: who, when, at what odometer."""
    mine = fleet.done_family == FAMILIES.index(family)
    who, day, km = fleet.done_who[mine], fleet.done_day[mine], fleet.done_km[mine]
    order = np.lexsort((day, who))
    who, day, km = who[order], day[order].astype(np.float64), km[order]
    again = np.zeros(len(who), bool)
    again[:-1] = (who[1:] == who[:-1]) & (day[1:] - day[:-1] <= SAME_WORK_DAYS)
    who, day, km = who[~again], day[~again], km[~again]
    guessed = driving.last_km[who] + driving.km_per_day[who] * (day - driving.last_day[who])
    return who, day, np.where(np.isfinite(km), km, np.maximum(guessed, 0.0))


def _gaps(fleet: Fleet, driving: Driving, family: Family, interval: Interval) -> tuple[Floats, Marks]:
    """Shares used between one time and the next (True), and since the last one at the last visit (False)."""
    who, day, km = _times(fleet, driving, family)
    if not len(who):
        return np.zeros(0), np.zeros(0, bool)
    follows = np.zeros(len(who), bool)
    follows[:-1] = who[1:] == who[:-1]
    end_day = fleet.last_visit()[who]
    end_km = driving.last_km[who] + driving.km_per_day[who] * (end_day - driving.last_day[who])
    end_day[:-1] = np.where(follows[:-1], day[1:], end_day[:-1])
    end_km[:-1] = np.where(follows[:-1], km[1:], end_km[:-1])
    used = _share(end_day - day, end_km - km, interval)
    fine = np.isfinite(used) & (used >= 0)
    return used[fine], follows[fine]


def _since(fleet: Fleet, driving: Driving, family: Family, interval: Interval) -> tuple[Counts, Floats, Floats]:
    """From where each vehicle's interval runs: the last time, else the first registration; the papers where later."""
    since_day, since_km = fleet.registered.copy(), np.where(np.isfinite(fleet.registered), 0.0, np.nan)
    basis = np.where(np.isfinite(fleet.registered), NEW_CAR, UNKNOWN)
    who, day, km = _times(fleet, driving, family)
    last = np.ones(len(who), bool)
    last[:-1] = who[1:] != who[:-1]
    since_day[who[last]], since_km[who[last]], basis[who[last]] = day[last], km[last], DONE
    if family is Family.INSPECTION and interval.months:
        start = fleet.inspection_until - interval.months * MONTH_DAYS
        # Papers without a visit behind them: somebody else did it, or the country counts in another rhythm.
        later = np.isfinite(start) & ~(start <= since_day + SAME_WORK_DAYS)
        since_day, basis = np.where(later, start, since_day), np.where(later, PAPERS, basis)
        since_km = np.where(later, np.nan, since_km)
    return basis, since_day, since_km


def _share(days: Floats, km: Floats, interval: Interval) -> Floats:
    """The share of an interval that is used up, by whichever counts first; nan where neither can be counted."""
    by_time = days / (interval.months * MONTH_DAYS) if interval.months else np.full_like(days, np.nan)
    by_km = km / interval.km if interval.km else np.full_like(days, np.nan)
    found: Floats = np.fmax(by_time, by_km)
    return found


def _used(
    driving: Driving, since_day: Floats, since_km: Floats, interval: Interval, day: float, rate: Floats
) -> Floats:
    km = driving.last_km + rate * (day - driving.last_day) - since_km
    return _share(day - since_day, km, interval)


def _due(driving: Driving, since_day: Floats, since_km: Floats, interval: Interval) -> Floats:
    by_time = since_day + interval.months * MONTH_DAYS if interval.months else np.full_like(since_day, np.nan)
    by_km = np.full_like(since_day, np.nan)
    if interval.km:
        by_km = driving.last_day + (since_km + interval.km - driving.last_km) / driving.km_per_day
    found: Floats = np.fmin(by_time, by_km)
    return found


def _survival(
    driving: Driving, since_day: Floats, since_km: Floats, interval: Interval, today: int, wear: Wear
) -> Floats:
    """Chance that it is not needed until each day of the grid, given that it was not until today."""
    out = np.zeros((len(since_day), len(GRID_DAYS)))
    for steps, weight in RATES:
        rate = driving.km_per_day * np.exp(steps * driving.sigma)
        now = wear.log_survival(_used(driving, since_day, since_km, interval, today, rate))
        for place, ahead in enumerate(GRID_DAYS):
            later = wear.log_survival(_used(driving, since_day, since_km, interval, today + ahead, rate))
            out[:, place] += weight * np.exp(later - now)
    return np.minimum.accumulate(out, axis=1)


def _crossing(survival: Floats, level: float) -> Floats:
    """Days ahead at which a curve falls to a level; the end of the grid for one that does not."""
    found = np.full(len(survival), GRID_DAYS[-1])
    for place, (low, high) in reversed(list(enumerate(pairwise(GRID_DAYS)))):
        before, after = survival[:, place], survival[:, place + 1]
        here = after <= level
        part = (before - level) / np.maximum(before - after, 1e-12)
        found = np.where(here, low + np.clip(part, 0, 1) * (high - low), found)
    return found
