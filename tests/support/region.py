"""A simulated region: vehicles that are driven, wear and are looked after, here or elsewhere. Nothing in it is real.

Driving follows the distribution of real technical inspections that `backoffice.prediction.driving.PRIOR_KM_PER_DAY`
quotes; the rest are assumptions that stand here. It shares no formula with the prediction: wear has thresholds of its
own (log-normal, with a driver's style), needs arise week by week, people react late, bundle work, go elsewhere, leave.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from backoffice.prediction.fleet import FAMILIES, Fleet
from backoffice.workshop.operations import Family

END = date(2026, 6, 30).toordinal()
STEP_DAYS = 7
YEARS = 5
AGES = (3.0, 5.0, 8.0)
MIDDLES = (43.0, 40.0, 37.0)
SPREADS = (0.665, 0.567, 0.535)
"""Of the logarithm of km a day, from the published percentiles."""
YEARLY = 0.2
LEAVING_YEARLY = 0.08
SERVED_HERE = 0.72
OTHER_VISITS_YEARLY = 0.7
BUNDLED_FROM = 0.9
TYPO = 0.01

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Truth:
    """How a family really behaves: months and km (0: not counted), middle and spread of what is used, style, delay."""

    months: float
    km: float
    middle: float
    spread: float
    style: float
    delay_days: float


FAMILY_TRUTHS = {
    Family.BRAKES: Truth(24, 30_000, 1.15, 0.16, 0.14, 20),
    Family.DAMPERS: Truth(0, 80_000, 1.2, 0.25, 0.15, 40),
    Family.SERVICE: Truth(12, 15_000, 1.0, 0.1, 0.06, 25),
    Family.TIMING_BELT: Truth(72, 120_000, 1.0, 0.1, 0.05, 40),
    Family.INSPECTION: Truth(24, 0, 1.0, 0.03, 0.0, 12),
    Family.TYRES: Truth(48, 40_000, 1.05, 0.16, 0.14, 25),
    Family.AIR_CONDITIONING: Truth(24, 0, 1.3, 0.25, 0.2, 30),
}


@dataclass
class _Records:
    visits: list[NDArray[np.int64]]
    readings: list[tuple[NDArray[np.int64], Floats, Floats]]
    here: list[tuple[NDArray[np.int64], int, Floats, Floats]]
    anywhere: list[tuple[NDArray[np.int64], int, Floats, Floats]]


@dataclass
class _Region:
    """The state of all vehicles in one week."""

    random: np.random.Generator
    count: int

    def __post_init__(self) -> None:
        draw, count = self.random, self.count
        self.start = END - round(YEARS * 365.25)
        self.registered = self.start - draw.integers(-365 * 3, 365 * 11, count)
        self.joined = np.where(draw.random(count) < 0.7, self.start, self.start + draw.integers(0, 365 * YEARS, count))
        self.joined = np.maximum(self.joined, self.registered)
        self.left = self.joined + draw.exponential(365.25 / LEAVING_YEARLY, count)
        self.habit = draw.standard_normal(count)
        self.year = draw.standard_normal(count)
        self.loyal = draw.beta(SERVED_HERE * 5, (1 - SERVED_HERE) * 5, count)
        self.km = self.rate(self.start) * np.maximum(self.start - self.registered, 0)
        self.style = {each: np.exp(truth.style * draw.standard_normal(count)) for each, truth in FAMILY_TRUTHS.items()}
        self.limit = {each: self.new_limit(each) for each in FAMILIES}
        self.since_day: dict[Family, Floats] = {}
        self.since_km: dict[Family, Floats] = {}
        self.reacts = {each: np.full(count, np.inf) for each in FAMILIES}
        for each, truth in FAMILY_TRUTHS.items():
            # Somewhere within the interval, but never before the vehicle was new.
            used = draw.random(count) * self.limit[each]
            age, rate = np.maximum(self.start - self.registered, 0), self.rate(self.start)
            length = np.fmin(
                used * truth.months * 30.44 if truth.months else np.inf, used * truth.km / rate if truth.km else np.inf
            )
            back = np.minimum(length, age)
            self.since_day[each] = np.maximum(self.start - back, self.registered).astype(np.float64)
            self.since_km[each] = np.maximum(self.km - rate * back, 0.0)

    def rate(self, day: int) -> Floats:
        """Kilometres a day of each vehicle, by its age, habit and year."""
        age = np.maximum(day - self.registered, 0) / 365.25
        middle = np.interp(age, AGES, np.log(MIDDLES))
        spread = np.sqrt(np.interp(age, AGES, SPREADS) ** 2 - YEARLY**2)
        season = 1 + 0.1 * np.sin(2 * np.pi * (day % 365.25) / 365.25 - 1.6)
        found: Floats = np.clip(np.exp(middle + spread * self.habit + YEARLY * self.year), 1.0, 400.0) * season
        return found

    def new_limit(self, family: Family) -> Floats:
        truth = FAMILY_TRUTHS[family]
        return truth.middle * self.style[family] * np.exp(truth.spread * self.random.standard_normal(self.count))

    def used(self, family: Family, day: int) -> Floats:
        truth = FAMILY_TRUTHS[family]
        by_time = (day - self.since_day[family]) / (truth.months * 30.44) if truth.months else np.zeros(self.count)
        by_km = (self.km - self.since_km[family]) / truth.km if truth.km else np.zeros(self.count)
        return np.maximum(by_time, by_km)

    def week(self, day: int, records: _Records) -> None:
        """Seven days: driving, needs, visits."""
        draw = self.random
        on_road = self.registered <= day
        if (day - self.start) % 364 < STEP_DAYS:
            self.year = draw.standard_normal(self.count)
        self.km = self.km + np.where(on_road, self.rate(day) * STEP_DAYS, 0.0)
        customer = on_road & (self.joined <= day) & (day < self.left)
        acting, used = {}, {}
        for family in FAMILIES:
            used[family] = self.used(family, day) / self.limit[family]
            fresh = on_road & (used[family] >= 1) & ~np.isfinite(self.reacts[family])
            wait = draw.exponential(FAMILY_TRUTHS[family].delay_days, self.count)
            self.reacts[family] = np.where(fresh, day + wait, self.reacts[family])
            acting[family] = on_road & (self.reacts[family] <= day)
        somewhere = np.logical_or.reduce(list(acting.values()))
        chosen_here = customer & (draw.random(self.count) < self.loyal)
        other = customer & (draw.random(self.count) < OTHER_VISITS_YEARLY * STEP_DAYS / 365.25)
        here = (somewhere & chosen_here) | other
        when = day + draw.integers(0, STEP_DAYS, self.count).astype(np.float64)
        for place, family in enumerate(FAMILIES):
            # What is nearly due is done along when the vehicle is in a workshop anyway.
            along = somewhere & (used[family] >= BUNDLED_FROM) & (draw.random(self.count) < 0.5)
            done = np.flatnonzero(acting[family] | along)
            self.since_day[family][done], self.since_km[family][done] = when[done], self.km[done]
            self.reacts[family][done] = np.inf
            self.limit[family][done] = self.new_limit(family)[done]
            records.anywhere.append((done, place, when[done], self.km[done]))
            mine = done[(chosen_here & somewhere)[done]]
            records.here.append((mine, place, when[mine], self.km[mine]))
        seen = np.flatnonzero(here)
        records.visits.append(np.column_stack([seen, when[seen].astype(np.int64)]))
        read = seen[draw.random(len(seen)) < 0.95]
        typed = self.km[read] * np.where(draw.random(len(read)) < TYPO, draw.choice([0.1, 10.0], len(read)), 1.0)
        records.readings.append((read, when[read], np.rint(typed)))


def region(seed: int, count: int) -> tuple[Fleet, Fleet]:
    """What the workshops know on `END`, and the same with all that was really done, elsewhere too."""
    world = _Region(np.random.default_rng(seed), count)
    records = _Records([], [], [], [])
    for day in range(world.start, END - STEP_DAYS + 1, STEP_DAYS):
        world.week(day, records)
    known = _fleet(world, records, records.here)
    return known, _fleet(world, records, records.anywhere)


def _fleet(world: _Region, records: _Records, done: list[tuple[NDArray[np.int64], int, Floats, Floats]]) -> Fleet:
    visits = np.concatenate(records.visits)
    return Fleet(
        world.count,
        np.zeros(world.count, np.int64),
        world.registered.astype(np.float64),
        np.full(world.count, np.nan),
        np.concatenate([row[0] for row in records.readings]),
        np.concatenate([row[1] for row in records.readings]).astype(np.int64),
        np.concatenate([row[2] for row in records.readings]),
        np.concatenate([row[0] for row in done]),
        np.concatenate([np.full(len(row[0]), row[1]) for row in done]),
        np.concatenate([row[2] for row in done]).astype(np.int64),
        np.concatenate([row[3] for row in done]),
        visits[:, 0],
        visits[:, 1],
    )
