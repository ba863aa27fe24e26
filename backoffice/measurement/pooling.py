"""Several campaigns together: the mean of their effects, each weighted by how well it is known (inverse variance).

Fixed effects: the estimand is the mean of the campaigns' own true effects under these weights, whether they differ or
not (L. V. Hedges and J. L. Vevea, Psychological Methods 3, 1998). Each variance is that of the campaign's own 95 %
interval, taken as if it reached as far to both sides. Only campaigns whose interval is shown are in it, each once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

from backoffice.measurement.answers import Z_TWO_SIDED, Effect

CAMPAIGNS_MIN: Final = 2


@dataclass(frozen=True)
class Pooled:
    """The mean effect with its 95 % interval, and of how many campaigns. The unit is that of the effects."""

    estimate: float
    low: float
    high: float
    campaigns: int

    @property
    def claims(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.low > 0 or self.high < 0


def pool(effects: Sequence[Effect]) -> Pooled | None:
    """The mean of the effects; None: fewer than two of them have an interval of some width."""
    known = [(each.estimate, _variance(each)) for each in effects if each.high > each.low]
    if len(known) < CAMPAIGNS_MIN:
        return None
    weight = sum(1 / variance for _estimate, variance in known)
    estimate = sum(estimate / variance for estimate, variance in known) / weight
    half = Z_TWO_SIDED / sqrt(weight)
    return Pooled(estimate, estimate - half, estimate + half, len(known))


def _variance(effect: Effect) -> float:
    return ((effect.high - effect.low) / (2 * Z_TWO_SIDED)) ** 2
