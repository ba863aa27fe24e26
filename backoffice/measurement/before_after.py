"""For a campaign without a hold-out: who got it against who did not, as it looks and against their own past.

Neither is caused by the campaign: members who were chosen differ from those who were not. The change against the
period before takes away what was different all along, and nothing else; the page says so beside every figure.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from backoffice.measurement.answers import CONFIDENCE

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Difference:
    """A difference of two means with Welch's 95 % interval (B. L. Welch, Biometrika 34, 1947)."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True)
class Looks:
    """Per member. `naive`: who got it spent so much more. `change`: so much more than before, against the others."""

    naive: Difference
    change: Difference


def looks(during: Floats, before: Floats, got_it: NDArray[np.bool_]) -> Looks | None:
    """Spending in the campaign's days and in as many days before, per member. None: a group has fewer than two."""
    if min(int(got_it.sum()), int((~got_it).sum())) < 2:  # noqa: PLR2004 - a spread needs two
        return None
    change = during - before
    return Looks(welch(during[got_it], during[~got_it]), welch(change[got_it], change[~got_it]))


def welch(one: Floats, other: Floats) -> Difference:
    """The difference of two means whose spreads need not be the same."""
    errors = one.var(ddof=1) / len(one), other.var(ddof=1) / len(other)
    error2 = sum(errors)
    estimate = float(one.mean() - other.mean())
    if error2 == 0:
        return Difference(estimate, estimate, estimate)
    freedom = error2**2 / (errors[0] ** 2 / (len(one) - 1) + errors[1] ** 2 / (len(other) - 1))
    half = float(stdtrit(freedom, 0.5 + CONFIDENCE / 2) * np.sqrt(error2))
    return Difference(estimate, estimate - half, estimate + half)
