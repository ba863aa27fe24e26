"""points_multiplier: double points: the points per euro of all points offers count so many times on some goods."""

from __future__ import annotations

from dataclasses import dataclass

from pos_engine.core.grants import Granting


@dataclass(frozen=True)
class PointsMultiplier(Granting):
    """`multiplier_bp` 20,000 is double. Points given at once are not multiplied; of several multipliers the highest."""

    multiplier_bp: int
