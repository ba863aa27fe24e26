"""How lopsided and how heavy-tailed the difference of two means is, and from where on no interval is shown.

The interval of a mean is wrong by its skewness and its excess kurtosis (P. Hall, The Bootstrap and Edgeworth Expansion,
1992). Both are known of a difference of two means once they are known of single members, and shrink with the groups.
A sample of heavy-tailed money shows too little of them: the purchase that decides the mean is usually not in it. So
they are also worked out as if the amounts were log-normal, from the mean and spread of their logarithms, which a
hundred amounts already show well; the larger one counts. The limits were set by the coverage study.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

SKEWNESS_MAX: Final = 0.2
"""Of the difference."""
KURTOSIS_MAX: Final = 0.1
"""Excess, of the difference."""
SPENDERS_MIN: Final = 25
"""Members with a purchase, to be expected in the smaller group by the share of both together."""
_LOG_SPREAD_MAX: Final = 12.0
"""Variance of logarithms above which moments are not worked out: they are far beyond every limit, and overflow."""

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def seen(values: Floats) -> tuple[Floats, Floats]:
    """Skewness and excess kurtosis of each row as they are in the sample; zero where all values are the same."""
    around = values - values.mean(axis=1, keepdims=True)
    square = around * around
    spread = square.mean(axis=1)
    safe = np.where(spread > 0, spread, 1.0)
    skewness = (square * around).mean(axis=1) / safe**1.5
    kurtosis = (square * square).mean(axis=1) / safe**2 - 3
    return np.where(spread > 0, skewness, 0.0), np.where(spread > 0, kurtosis, 0.0)


def as_log_normal(values: Floats) -> tuple[Floats, Floats]:
    """The same if amounts above zero were log-normal, and all others nothing."""
    spent = values > 0
    spenders = np.maximum(spent.sum(axis=1), 2)
    logs = np.log(np.where(spent, values, 1.0))
    mean = logs.sum(axis=1) / spenders
    around = np.where(spent, logs - mean[:, None], 0.0)
    variance = np.minimum((around * around).sum(axis=1) / (spenders - 1), _LOG_SPREAD_MAX)
    share = spenders / values.shape[1]
    one, two, three, four = (share * np.exp(power**2 * variance / 2) for power in (1, 2, 3, 4))
    spread = two - one**2
    safe = np.where(spread > 0, spread, 1.0)
    skewness = (three - 3 * one * two + 2 * one**3) / safe**1.5
    kurtosis = (four - 4 * one * three + 6 * one**2 * two - 3 * one**4) / safe**2 - 3
    return np.where(spread > 0, skewness, 0.0), np.where(spread > 0, kurtosis, 0.0)


def tame(values: Floats, smaller: int, *, capped: bool = False) -> Flags:
    """Whether the difference of two groups out of these values (a row is a campaign) is close enough to the normal.

    `smaller`: members of the smaller group. `capped`: amounts are counted up to a limit only, and are what they look.
    """
    larger = values.shape[1] - smaller
    spread = 1 / smaller + 1 / larger
    skewness, kurtosis = seen(values)
    if not capped:
        implied_skewness, implied_kurtosis = as_log_normal(values)
        skewness, kurtosis = np.maximum(skewness, implied_skewness), np.maximum(kurtosis, implied_kurtosis)
    lopsided = np.abs(skewness) * (1 / smaller**2 - 1 / larger**2) / spread**1.5
    heavy = kurtosis * (1 / smaller**3 + 1 / larger**3) / spread**2
    fine: Flags = (lopsided <= SKEWNESS_MAX) & (heavy <= KURTOSIS_MAX)
    return fine


def enough_spenders(values: Floats, smaller: int) -> Flags:
    """Whether enough members with a purchase are to be expected in the smaller group."""
    enough: Flags = (values > 0).mean(axis=1) * smaller >= SPENDERS_MIN
    return enough
