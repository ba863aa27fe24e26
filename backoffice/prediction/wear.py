"""How long intervals really are: a Weibull curve over the share of the plan's interval that is used up.

A gap is the share used when a family was done again; a vehicle that was not done yet is censored at what it had used
when it was last here, for a vehicle that stays away is not seen to need anything. The curve is kept near the plan while
the shop has few gaps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.optimize import brentq

from backoffice.prediction.fleet import Floats, Marks

GAPS_MIN: Final = 30
"""With fewer own gaps the curve of the plan counts."""
GAPS_UP_TO: Final = 1.6
"""Beyond so many intervals a gap more likely is two, one of them done elsewhere: it is censored there."""
_SHAPE: Final = (0.5, 40.0)
"""Where the shape is looked for: from wild to clockwork."""


@dataclass(frozen=True)
class Wear:
    """Survival after a share u of the interval: exp(-(u / scale) ** shape). `gaps`: own ones behind it, 0: the plan."""

    shape: float
    scale: float
    gaps: int = 0

    def log_survival(self, used: Floats) -> Floats:
        """Logarithm of the chance that it is not needed yet."""
        found: Floats = -((np.maximum(used, 0.0) / self.scale) ** self.shape)
        return found

    @property
    def median(self) -> float:
        """The share of the interval after which half of them were done again."""
        return float(self.scale * np.log(2.0) ** (1 / self.shape))


OF_THE_PLAN: Final = Wear(5.0, 1.08)
"""Its median is the plan's interval; four of five come between 0.69 and 1.28 of it. Assumed until gaps
are there."""


def fit(used: Floats, done: Marks) -> Wear:
    """The most likely curve of gaps (`done`) and of those still open; that of the plan when they are too few."""
    used = np.maximum(used, 1e-3)
    done = done & (used <= GAPS_UP_TO)
    used = np.minimum(used, GAPS_UP_TO)
    gaps = int(done.sum())
    if gaps < GAPS_MIN:
        return OF_THE_PLAN
    logs = np.log(used)
    mean = float(logs[done].mean())

    def slope(shape: float) -> float:
        powers = used**shape
        return float((powers @ logs) / powers.sum() - 1 / shape - mean)

    low, high = _SHAPE
    if slope(low) > 0 or slope(high) < 0:
        return OF_THE_PLAN
    shape = float(brentq(slope, low, high))
    return Wear(shape, float(((used**shape).sum() / gaps) ** (1 / shape)), gaps)
