"""The difference of mean spending between treated and held out, adjusted by what the same members spent before.

Intention to treat: everybody who was assigned counts, with all purchases or none. The adjustment subtracts what the
spending before predicts (CUPED: A. Deng and others, WSDM 2013); it is counted up to a limit, so that no single large
purchase decides the slope. The interval is the symmetric studentised bootstrap (P. Hall, JRSS B 50, 1988): plain
quantiles were too narrow in balanced groups. An effect is claimed only where the interval leaves out zero and a
randomisation test agrees: groups drawn anew by lot differ as much in 5 % of the draws or fewer, whatever the tails.

A row is a campaign, a column is a member. The same data give the same figures: the lots are drawn from a fixed seed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from backoffice.measurement.answers import CONFIDENCE, Answer, CannotTell, Effect, Why
from backoffice.measurement.tails import enough_spenders, tame

MEMBERS_MIN: Final = 50
"""In the smaller group."""
DRAWS: Final = 999
LEVEL: Final = 0.05
CAP_SHARES: Final = (0.99, 0.975, 0.95, 0.9, 0.8, 0.7)
"""Where counting may stop: these quantiles of what members who bought anything spent before, the highest first."""
CAP_SPENDERS_MIN: Final = 50
COVARIATE_SHARE: Final = 0.99
"""Up to which quantile the spending before counts in the adjustment."""
_SEED: Final = 20_260_101
_CELLS_MAX: Final = 8_000_000
"""Members times draws at a time: 32 MB."""

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Spending:
    """What each member of a group spent in the campaign's days, and in as many days before. Rows are campaigns."""

    during: Floats
    before: Floats

    @property
    def members(self) -> int:
        """How many there are."""
        return int(self.during.shape[1])

    def up_to(self, cap: Floats) -> Spending:
        """The same, each member counted up to a limit of its campaign."""
        return Spending(np.minimum(self.during, cap[:, None]), self.before)


@dataclass(frozen=True)
class Compared:
    """One row each: whether an interval is shown, the figures (NaN where not), and whether an effect is claimed."""

    shown: Flags
    estimate: Floats
    low: Floats
    high: Floats
    claims: Flags


@dataclass(frozen=True)
class MoneyAnswer:
    """Spending per member. `capped` counts each up to `cap` only: another question, with an answer more often."""

    full: Answer
    capped: Answer
    cap: float | None


def compare_money(treated: Spending, held_out: Spending) -> MoneyAnswer:
    """One campaign (a single row), or why nothing can be said."""
    why = _too_few(treated, held_out)
    if why is not None:
        return MoneyAnswer(CannotTell(why), CannotTell(why), None)
    full = _answer(compare(treated, held_out))
    cap = caps(treated, held_out)
    if np.isnan(cap[0]):
        return MoneyAnswer(full, CannotTell(Why.NO_PERIOD_BEFORE), None)
    return MoneyAnswer(full, _answer(compare(treated, held_out, cap)), float(cap[0]))


def caps(treated: Spending, held_out: Spending) -> Floats:
    """Where counting stops: the highest quantile of the spending before with which the difference is tame; else NaN.

    Chosen from the period before alone, so that the question does not depend on the answer.
    """
    before = np.concatenate([treated.before, held_out.before], axis=1)
    smaller = min(treated.members, held_out.members)
    spent = np.where(before > 0, before, np.nan)
    usable = np.isfinite(spent).sum(axis=1) >= CAP_SPENDERS_MIN
    found = np.full(len(before), np.nan)
    if not usable.any():
        return found
    limits = np.full((len(CAP_SHARES), len(before)), np.nan)
    limits[:, usable] = np.nanquantile(spent[usable], CAP_SHARES, axis=1)
    for limit in limits[::-1]:
        fits = usable & tame(np.minimum(before, limit[:, None]), smaller, capped=True)
        found = np.where(fits, limit, found)
    return found


def compare(treated: Spending, held_out: Spending, cap: Floats | None = None) -> Compared:
    """Many campaigns at once. With `cap` each member counts up to it; a row whose cap is NaN is not shown."""
    known = np.ones(len(treated.during), np.bool_)
    if cap is not None:
        known = np.isfinite(cap)
        limit = np.where(known, cap, np.inf)
        treated, held_out = treated.up_to(limit), held_out.up_to(limit)
    together = np.concatenate([treated.during, held_out.during], axis=1)
    smaller = min(treated.members, held_out.members)
    shown = (
        known
        & (smaller >= MEMBERS_MIN)
        & tame(together, smaller, capped=cap is not None)
        & enough_spenders(together, smaller)
    )
    before = np.concatenate([treated.before, held_out.before], axis=1)
    estimate, half = np.full(len(shown), np.nan), np.full(len(shown), np.nan)
    claims = np.zeros(len(shown), np.bool_)
    if shown.any():
        rest = adjusted(together[shown], before[shown])
        one, other = rest[:, : treated.members], rest[:, treated.members :]
        estimate[shown] = one.mean(axis=1) - other.mean(axis=1)
        half[shown] = _bootstrap(one, other) * np.sqrt(_error2(one) + _error2(other))
        claims = shown & (np.abs(estimate) > half)
        if claims.any():
            claims[claims] = _by_lot(rest[claims[shown]], treated.members) <= LEVEL
    return Compared(shown, estimate, estimate - half, estimate + half, claims)


def adjusted(during: Floats, before: Floats) -> Floats:
    """What was spent, less what the spending before predicts; its mean over all members stays."""
    limited = np.minimum(before, np.quantile(before, COVARIATE_SHARE, axis=1, keepdims=True))
    around = limited - limited.mean(axis=1, keepdims=True)
    spread = (around * around).sum(axis=1)
    slope = (around * during).sum(axis=1) / np.where(spread > 0, spread, 1.0)
    rest: Floats = during - slope[:, None] * around
    return rest


def _too_few(treated: Spending, held_out: Spending) -> Why | None:
    if held_out.members == 0:
        return Why.NO_HOLD_OUT
    return Why.TOO_FEW_MEMBERS if min(treated.members, held_out.members) < MEMBERS_MIN else None


def _answer(found: Compared) -> Answer:
    if not found.shown[0]:
        return CannotTell(Why.TAILS_TOO_HEAVY)
    return Effect(float(found.estimate[0]), float(found.low[0]), float(found.high[0]), bool(found.claims[0]))


def _error2(rest: Floats) -> Floats:
    error: Floats = rest.var(axis=1, ddof=1) / rest.shape[1]
    return error


def _bootstrap(one: Floats, other: Floats) -> Floats:
    """How many standard errors the interval reaches to each side: the 95 % quantile of |t| over draws."""
    one_mean, one_error = _drawn(one, _SEED)
    other_mean, other_error = _drawn(other, _SEED + 1)
    error = np.sqrt(one_error + other_error)
    away = np.abs(one_mean - other_mean) / np.where(error > 0, error, np.inf)
    reach: Floats = np.quantile(away, CONFIDENCE, axis=1)
    return reach


def _drawn(rest: Floats, seed: int) -> tuple[Floats, Floats]:
    """Mean (less the sample's own) and squared standard error of every draw with replacement: a row per campaign."""
    members = rest.shape[1]
    scale = rest.std(axis=1, keepdims=True)
    around = ((rest - rest.mean(axis=1, keepdims=True)) / np.where(scale > 0, scale, 1.0)).astype(np.float32)
    means, errors = [], []
    for counts in _counts(members, seed):
        mean = (around @ counts.T).astype(np.float64) / members
        square = ((around * around) @ counts.T).astype(np.float64) / members
        means.append(mean)
        errors.append(np.maximum(square - mean * mean, 0) / (members - 1))
    return np.concatenate(means, axis=1) * scale, np.concatenate(errors, axis=1) * scale**2


def _counts(members: int, seed: int) -> Iterator[NDArray[np.float32]]:
    """How often each member is in each draw with replacement: some draws at a time."""
    chance = np.random.default_rng([seed, members])
    at_once = max(1, min(DRAWS, _CELLS_MAX // members))
    for start in range(0, DRAWS, at_once):
        rows = min(at_once, DRAWS - start)
        counts = np.empty((rows, members), np.float32)
        for row in counts:
            row[:] = np.bincount(chance.integers(0, members, members), minlength=members)
        yield counts


def _by_lot(rest: Floats, treated: int) -> Floats:
    """In what share of groups drawn anew by lot the studentised difference is at least as large as the one seen."""
    members = rest.shape[1]
    held_out = members - treated
    scale = rest.std(axis=1, keepdims=True)
    around = ((rest - rest.mean(axis=1, keepdims=True)) / np.where(scale > 0, scale, 1.0)).astype(np.float32)
    square = around * around
    seen = np.zeros((1, members), np.float32)
    seen[0, treated:] = 1
    at_least = np.zeros(len(rest))
    reached = _away(around, square, seen, treated, held_out)[:, 0] * (1 - 1e-5)
    chance = np.random.default_rng([_SEED + 2, members])
    at_once = max(1, min(DRAWS, _CELLS_MAX // members))
    for start in range(0, DRAWS, at_once):
        rows = min(at_once, DRAWS - start)
        lots = np.zeros((rows, members), np.float32)
        for row in lots:
            row[chance.choice(members, held_out, replace=False, shuffle=False)] = 1
        at_least += (_away(around, square, lots, treated, held_out) >= reached[:, None]).sum(axis=1)
    return (at_least + 1) / (DRAWS + 1)


def _away(
    around: NDArray[np.float32],
    square: NDArray[np.float32],
    lots: NDArray[np.float32],
    treated: int,
    held_out: int,
) -> Floats:
    """The studentised difference for each lot, without its sign: one row per campaign. All have mean 0, spread 1."""
    members = treated + held_out
    out = (around @ lots.T).astype(np.float64)
    out2 = (square @ lots.T).astype(np.float64)
    total2 = square.sum(axis=1, dtype=np.float64)[:, None]
    mean_out, mean_in = out / held_out, -out / (members - held_out)
    var_out = np.maximum(out2 - held_out * mean_out**2, 0) / (held_out - 1)
    var_in = np.maximum(total2 - out2 - treated * mean_in**2, 0) / (treated - 1)
    error = np.sqrt(var_out / held_out + var_in / treated)
    away: Floats = np.abs(mean_in - mean_out) / np.where(error > 0, error, np.inf)
    return away
