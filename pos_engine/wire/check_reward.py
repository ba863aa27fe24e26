"""What no single field of a reward shows: numbers that contradict each other."""

from __future__ import annotations

from itertools import pairwise

from pos_engine.core.campaign import Reward
from pos_engine.core.money import BASIS_POINTS_WHOLE
from pos_engine.core.rewards.multi_buy import MultiBuy
from pos_engine.core.rewards.nth_unit import NthUnit
from pos_engine.core.rewards.slot_bundle import SlotBundle
from pos_engine.core.rewards.spend_ladder import LadderStep, SpendLadder
from pos_engine.wire.errors import DocumentError


def check_reward(reward: Reward, path: str) -> None:
    """DocumentError with the place and what to do, when a reward cannot be meant as it stands."""
    if isinstance(reward, MultiBuy) and reward.count > reward.every:
        raise DocumentError(f"{path}.count", f"{reward.count} units cannot be reduced, more than every {reward.every}")
    if isinstance(reward, SlotBundle) and (reward.price_minor is None) == (reward.percent_bp is None):
        raise DocumentError(path, "a bundle needs price_minor or percent_bp, and only one of them")
    if isinstance(reward, NthUnit) and any(earlier > later for earlier, later in pairwise(reward.places_bp)):
        raise DocumentError(f"{path}.places_bp", "the percentages must not fall: the cheaper unit has the higher one")
    if isinstance(reward, SpendLadder):
        for lower, higher in pairwise(reward.steps):
            if lower.from_minor >= higher.from_minor:
                raise DocumentError(f"{path}.steps", "the steps must rise in from_minor")
            if _given_minor(lower, higher.from_minor) > _given_minor(higher, higher.from_minor):
                raise DocumentError(f"{path}.steps", f"the step from {higher.from_minor} gives less")


def _given_minor(step: LadderStep, spend_minor: int) -> int:
    return step.amount_at(spend_minor) + spend_minor * step.percent_bp // BASIS_POINTS_WHOLE
