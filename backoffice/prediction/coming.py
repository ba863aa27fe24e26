"""Who needs it and will have it done here: a logistic hazard over a horizon, learnt from the shop's own past.

Needing is one thing (`needs`), coming here another: people stay away, go elsewhere, or come late. For each family the
model looks at the need, how full the interval is, how long ago the last visit was, and how often the vehicle comes. It
is fitted to days in the past of which the end is known; with few events the need itself stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import expit, logit

from backoffice.prediction.fleet import FAMILIES, Counts, Fleet, Floats, Marks
from backoffice.prediction.needs import FamilyNeeds, Needs, needs_of
from backoffice.prediction.plan import Plan

EVENTS_MIN: Final = 50
"""Seven numbers are learnt; ten events for each are too many to ask of a small garage, five give a rough idea."""
LEARNT_FROM: Final = 3
"""Days in the past that are learnt from, one horizon apart."""
RECENT_DAYS: Final = 730
RIDGE: Final = 1.0
STEPS_MAX: Final = 50
_NEVER_DAYS: Final = 3_650.0
_CHANCE: Final = 1e-5


@dataclass(frozen=True)
class Coming:
    """Weights of one family; None: too little was seen, the need itself stands. `events`: what it learnt from."""

    weights: Floats | None
    events: int


def came_within(fleet: Fleet, family: int, today: int, ahead_days: int) -> Marks:
    """Which vehicles had a family done here in the days after `today`."""
    here = (fleet.done_family == family) & (fleet.done_day > today) & (fleet.done_day <= today + ahead_days)
    out = np.zeros(fleet.count, bool)
    out[fleet.done_who[here]] = True
    return out


def learn(fleet: Fleet, today: int, ahead_days: int, plan: Plan) -> tuple[Coming, ...]:
    """One model for each family, from horizons that were over by `today`."""
    rows: list[list[Floats]] = [[] for _ in FAMILIES]
    ends: list[list[Marks]] = [[] for _ in FAMILIES]
    for number in range(1, LEARNT_FROM + 1):
        then = today - number * ahead_days
        known = fleet.until(then)
        needs = needs_of(known, then, plan)
        for place, family in enumerate(needs.families):
            who = np.flatnonzero(family.known)
            rows[place].append(_features(known, needs, family, who, ahead_days))
            ends[place].append(came_within(fleet, place, then, ahead_days)[who])
    return tuple(_fit(np.vstack(rows[place]), np.concatenate(ends[place])) for place in range(len(FAMILIES)))


def chances(fleet: Fleet, needs: Needs, models: tuple[Coming, ...], ahead_days: int) -> list[Floats]:
    """Per family and vehicle the chance to have it done here within the horizon (60 or 90 days), nan: unknown."""
    out = []
    for family, model in zip(needs.families, models, strict=True):
        who = np.flatnonzero(family.known)
        chance = np.full(fleet.count, np.nan)
        needed = _need(family, ahead_days)[who]
        if model.weights is None:
            chance[who] = needed
        else:
            chance[who] = expit(_features(fleet, needs, family, who, ahead_days) @ model.weights)
        out.append(chance)
    return out


def _need(family: FamilyNeeds, ahead_days: int) -> Floats:
    return {60: family.chance_60, 90: family.chance_90}[ahead_days]


def _features(fleet: Fleet, needs: Needs, family: FamilyNeeds, who: Counts, ahead_days: int) -> Floats:
    away = needs.today - fleet.last_visit()[who]
    away = np.where(np.isfinite(away), away, _NEVER_DAYS) / 365.25
    recent = fleet.visit_day > needs.today - RECENT_DAYS
    visits = np.bincount(fleet.visit_who[recent], minlength=fleet.count)[who]
    used = family.used[who]
    need = logit(np.clip(_need(family, ahead_days)[who], _CHANCE, 1 - _CHANCE)) / 4
    return np.column_stack(
        [
            np.ones(len(who)),
            need,
            used,
            np.maximum(used - 1.2, 0.0),
            away,
            np.maximum(away - 1.2, 0.0),
            np.log1p(visits),
        ]
    )


def _fit(rows: Floats, came: Marks) -> Coming:
    """Ridge-penalised logistic regression by Newton's method."""
    events = int(came.sum())
    if events < EVENTS_MIN or events > len(came) - EVENTS_MIN:
        return Coming(None, events)
    weights = np.zeros(rows.shape[1])
    penalty = np.full(rows.shape[1], RIDGE)
    penalty[0] = 0.0
    for _ in range(STEPS_MAX):
        chance = expit(rows @ weights)
        slope = rows.T @ (came - chance) - penalty * weights
        curve = (rows * (chance * (1 - chance))[:, None]).T @ rows + np.diag(penalty)
        step = np.linalg.solve(curve, slope)
        weights = weights + step
        if np.abs(step).max() < 1e-8:  # noqa: PLR2004 - settled
            break
    return Coming(weights, events)
