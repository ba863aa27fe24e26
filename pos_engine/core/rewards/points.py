"""points: loyalty points for the purchase: so many at once, so many for every euro, on some goods or all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pos_engine.core.grants import Granting


@dataclass(frozen=True)
class Points(Granting):
    """`points` once; with `per_minor`, that many for every full `per_minor` spent on the target's goods.

    Counted on what is paid in the end, after all discounts, at most `points_max`. It needs a known member. `mode`: what
    a part of `per_minor` counts: down: nothing; half_up: from one half on like a full one.
    """

    points: int = 1
    per_minor: int = 0
    points_max: int | None = None
    mode: Literal["down", "half_up"] = "down"
