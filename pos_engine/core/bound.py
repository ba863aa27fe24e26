"""How much the phases to come can save at most: the bound that lets the search stop early, with proof.

Law: a bound never says less than any way of applying the offers would save. It is linear in what units still cost, so
that a discount taken now lowers it by exactly the part that later percentages would have taken of it.
"""

from __future__ import annotations

from collections.abc import Sequence

from pos_engine.core.money import BASIS_POINTS_WHOLE
from pos_engine.core.phase import Live
from pos_engine.core.rewards.percent import Percent


class LaterBound:
    """Bound of the phases from one on: a fixed part in minor units, and a weight in basis points per unit."""

    def __init__(self, fixed_minor: int, weights: list[int], offers: int) -> None:
        self.fixed_minor = fixed_minor
        self.weights = weights
        self.offers = offers

    def minor(self, left: Sequence[int]) -> int:
        """At most this much can still be saved on units that cost `left`."""
        linear = sum(weight * cost for weight, cost in zip(self.weights, left, strict=True) if weight)
        return min(self.fixed_minor + linear // BASIS_POINTS_WHOLE, sum(left))


def later_bounds(phases: Sequence[Sequence[Live]], prices: Sequence[int]) -> list[LaterBound]:
    """For each phase the bound of that phase and all after it; one more, which is empty, at the end.

    `phases` holds every offer that may still come alive, with its units at shelf price.
    """
    bounds = [LaterBound(0, [0] * len(prices), 0)]
    for lives in reversed(phases):
        after = bounds[-1]
        fixed = after.fixed_minor
        groups: dict[str, int] = {}
        alone = [0] * len(prices)
        stacked = [BASIS_POINTS_WHOLE] * len(prices)
        for live in lives:
            reward = live.compiled.offer.reward
            if not isinstance(reward, Percent) or reward.units_max is not None:
                most = reward.saving_max(live.units, prices, live.terms)
                if live.compiled.offer.policy == "exclusive":
                    group = live.compiled.offer.exclusive_group
                    groups[group] = max(most, groups.get(group, 0))
                else:
                    fixed += most
                continue
            # Rounding up is worth at most one cent per offer, or half a cent per unit when each unit is rounded.
            fixed += 1 if live.terms.rounding.scope == "offer" else (len(live.units) + 1) // 2
            for unit in live.units:
                if live.compiled.offer.policy == "stack":
                    stacked[unit] = stacked[unit] * (BASIS_POINTS_WHOLE - reward.percent_bp) // BASIS_POINTS_WHOLE
                else:
                    alone[unit] = max(alone[unit], reward.percent_bp)
        weights = list(after.weights)
        for unit, weight in enumerate(weights):
            here = max(alone[unit], BASIS_POINTS_WHOLE - stacked[unit])
            if here:
                kept = (BASIS_POINTS_WHOLE - weight) * (BASIS_POINTS_WHOLE - here) // BASIS_POINTS_WHOLE
                weights[unit] = BASIS_POINTS_WHOLE - kept
        # One of an exclusive group only.
        fixed += sum(groups.values())
        bounds.append(LaterBound(fixed, weights, after.offers + len(lives)))
    bounds.reverse()
    return bounds
