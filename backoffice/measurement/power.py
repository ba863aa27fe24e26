"""The smallest lift that a campaign can detect, said before it is launched.

Cohen's arcsine approximation (J. Cohen, Statistical Power Analysis, 1988, chapter 6): on the scale 2·asin(√share) the
variance of a share does not depend on it.
"""

from __future__ import annotations

from math import asin, pi, sin, sqrt
from statistics import NormalDist
from typing import Final

from backoffice.measurement.answers import Z_TWO_SIDED

POWER: Final = 0.8
_Z_POWER: Final = NormalDist().inv_cdf(POWER)


def smallest_lift(members: int, hold_out_share: float, base_rate: float) -> float | None:
    """By how much the share of members who come back must rise to be seen in four of five such campaigns.

    `members`: treated and held out together. None: one group is empty, or no rise could be large enough.
    """
    held_out = round(members * hold_out_share)
    if held_out < 1 or members - held_out < 1:
        return None
    step = (Z_TWO_SIDED + _Z_POWER) * sqrt(1 / held_out + 1 / (members - held_out))
    angle = 2 * asin(sqrt(base_rate)) + step
    return sin(angle / 2) ** 2 - base_rate if angle < pi else None
