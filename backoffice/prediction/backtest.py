"""How good the prediction is: made again as of days in the past, with what was known then, and compared with what came.

precision@k: of the k vehicles that are most likely to have a family done here within the horizon, how many did. Beside
it the same for "twelve months after the last visit" and for chance. Brier and tenths tell whether chances are right;
coverage, how often the next time fell into the window of four in five.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from backoffice.prediction.coming import came_within, chances, learn
from backoffice.prediction.fleet import FAMILIES, Fleet, Floats, Marks
from backoffice.prediction.needs import FamilyNeeds, needs_of
from backoffice.prediction.plan import Plan
from backoffice.workshop.operations import Family

ORIGINS: Final = 4
ORIGIN_STEP_DAYS: Final = 91
TENTHS: Final = 10
CAPACITY: Final = 0.04
"""Of all vehicles, how many a garage can write to for one family in a round: what k is where nothing else is said."""
_BASELINE_DAYS: Final = 365


@dataclass(frozen=True)
class Tenth:
    """A tenth of the vehicles by their chance: the mean chance, and the share that came."""

    count: int
    expected: float
    real: float


@dataclass(frozen=True)
class Quality:
    """One family over one horizon, all origins together. Shares from 0 to 1; `k` is that of one origin."""

    family: Family
    ahead_days: int
    k: int
    predicted: int
    events: int
    precision: float
    precision_baseline: float
    precision_random: float
    brier: float
    tenths: tuple[Tenth, ...]

    @property
    def lift_over_baseline(self) -> float:
        """How many times as many hits as "last visit + 12 months"; inf where that has none."""
        return self.precision / self.precision_baseline if self.precision_baseline else float("inf")

    @property
    def lift_over_random(self) -> float:
        """How many times as many hits as chance."""
        return self.precision / self.precision_random if self.precision_random else float("inf")

    @property
    def expected(self) -> float:
        """How many were to come, by the sum of their chances."""
        return sum(tenth.count * tenth.expected for tenth in self.tenths)


@dataclass(frozen=True)
class Coverage:
    """How often the next time fell into the window of four in five, and how many days off the due day it was (median).

    Counted are windows that were over by the end of the data.
    """

    family: Family
    windows: int
    inside: int
    days_off: float

    @property
    def share(self) -> float:
        """Of the windows, those that held."""
        return self.inside / self.windows if self.windows else float("nan")


def origins_of(end: int, ahead_days: int) -> list[int]:
    """The days in the past, the earliest first; the last horizon ends on the last day of the data."""
    return [end - ahead_days - number * ORIGIN_STEP_DAYS for number in range(ORIGINS)][::-1]


def back_test(fleet: Fleet, end: int, ahead_days: int, plan: Plan, k: int | None = None) -> list[Quality]:
    """Every family over 60 or 90 days. `k` None: `CAPACITY` of the vehicles."""
    size = k or max(1, round(CAPACITY * fleet.count))
    found: list[list[tuple[Floats, Marks, Floats]]] = [[] for _ in FAMILIES]
    for origin in origins_of(end, ahead_days):
        known = fleet.until(origin)
        needs = needs_of(known, origin, plan)
        models = learn(known, origin, ahead_days, plan)
        last = known.last_visit()
        customers = np.isfinite(last)
        nearness = -np.abs(last + _BASELINE_DAYS - (origin + ahead_days / 2))
        for place, chance in enumerate(chances(known, needs, models, ahead_days)):
            came = came_within(fleet, place, origin, ahead_days)
            found[place].append((chance[customers], came[customers], nearness[customers]))
    return [_quality(FAMILIES[place], ahead_days, size, parts) for place, parts in enumerate(found)]


def _quality(family: Family, ahead_days: int, k: int, parts: list[tuple[Floats, Marks, Floats]]) -> Quality:
    hits = baseline = asked = 0
    random = 0.0
    for chance, came, nearness in parts:
        taken = min(k, int(np.isfinite(chance).sum()))
        hits += int(came[np.argsort(-np.nan_to_num(chance, nan=-1.0), kind="stable")[:taken]].sum())
        baseline += int(came[np.argsort(-nearness, kind="stable")[:taken]].sum())
        random += taken * float(came.mean()) if len(came) else 0.0
        asked += taken
    chance = np.concatenate([part[0] for part in parts])
    came = np.concatenate([part[1] for part in parts])
    known = np.isfinite(chance)
    chance, came = chance[known], came[known]
    order = np.argsort(chance, kind="stable")
    tenths = tuple(
        Tenth(len(part), float(chance[part].mean()), float(came[part].mean()))
        for part in np.array_split(order, TENTHS)
        if len(part)
    )
    nothing = float("nan")
    return Quality(
        family,
        ahead_days,
        k,
        len(chance),
        int(came.sum()),
        hits / asked if asked else nothing,
        baseline / asked if asked else nothing,
        random / asked if asked else nothing,
        float(((chance - came) ** 2).mean()) if len(chance) else nothing,
        tenths,
    )


def coverage(fleet: Fleet, truth: Fleet, origin: int, end: int, plan: Plan) -> list[Coverage]:
    """Windows made on `origin` against the next time in `truth` (what is known of the vehicles until `end`)."""
    known = fleet.until(origin)
    return [
        _covered(each, truth, place, origin, end) for place, each in enumerate(needs_of(known, origin, plan).families)
    ]


def _covered(needs: FamilyNeeds, truth: Fleet, place: int, origin: int, end: int) -> Coverage:
    mine = (truth.done_family == place) & (truth.done_day > origin)
    following = np.full(truth.count, np.inf)
    np.minimum.at(following, truth.done_who[mine], truth.done_day[mine].astype(np.float64))
    over = needs.known & (needs.late_day <= end)
    inside = over & (following >= needs.early_day) & (following <= needs.late_day)
    off = np.abs(following - needs.due_day)[over & np.isfinite(following)]
    return Coverage(
        needs.family, int(over.sum()), int(inside.sum()), float(np.median(off)) if len(off) else float("nan")
    )
