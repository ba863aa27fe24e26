"""From the form to the core's reward, and the phase in which it is given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from backoffice.campaigns.form import POINTS_REWARDS, CampaignForm, RewardKind
from pos_engine.core.campaign import Phase, Reward
from pos_engine.core.money import BASIS_POINTS_WHOLE
from pos_engine.core.rewards.amount import Amount
from pos_engine.core.rewards.any_for_price import AnyForPrice
from pos_engine.core.rewards.free_product import FreeProduct
from pos_engine.core.rewards.multi_buy import MultiBuy
from pos_engine.core.rewards.percent import Percent
from pos_engine.core.rewards.points import Points
from pos_engine.core.rewards.points_multiplier import PointsMultiplier
from pos_engine.core.rewards.spend_ladder import LadderStep, SpendLadder


def reward_of(form: CampaignForm) -> Reward:
    """What is given. The form says it completely."""
    rewards: dict[RewardKind, Callable[[CampaignForm], Reward]] = {
        "percent": lambda form: Percent(min(form.percent_bp or 0, BASIS_POINTS_WHOLE)),
        "amount": lambda form: Amount(form.amount_minor or 0, "unit" if form.amount_each else "offer"),
        "free": lambda form: FreeProduct(form.free_products, form.free_quantity),
        "multi_buy": _multi_buy,
        "bundle_price": lambda form: AnyForPrice(form.bundle_count, form.bundle_price_minor or 0),
        "ladder": lambda form: SpendLadder(_ladder(form)),
        "points_times": lambda form: PointsMultiplier(form.points_factor_bp or 0),
        "points_extra": lambda form: Points(form.points_extra or 0),
    }
    return rewards[form.reward](form)


def later_reward_of(form: CampaignForm) -> Reward:
    """What an earned coupon gives; of a full stamp card, where no product is named, one of what gave the stamps."""
    if form.kind == "stamps" and form.reward == "free" and not form.free_products:
        return Percent(BASIS_POINTS_WHOLE, units_max=1, order="dearest")
    return reward_of(form)


def _multi_buy(form: CampaignForm) -> Reward:
    grouping: Literal["customer", "basket"] = "customer" if form.buy_choice == "grouped" else "basket"
    return MultiBuy(form.buy_every, form.buy_reduced, form.buy_percent_bp or 0, grouping=grouping)


def _ladder(form: CampaignForm) -> tuple[LadderStep, ...]:
    last = len(form.steps) - 1
    return tuple(
        LadderStep(
            step.from_minor,
            step.amount_minor,
            each_minor=step.from_minor if form.steps_repeat and place == last else 0,
        )
        for place, step in enumerate(form.steps)
    )


def phase_of(form: CampaignForm) -> Phase:
    """Coupons come late; an amount off the whole basket comes after what reduces single goods; points at the end."""
    if form.reward in POINTS_REWARDS:
        return "points"
    if form.kind in {"coupon", "codes"}:
        return "coupon"
    if form.reward in {"multi_buy", "bundle_price"}:
        return "bundle"
    if form.reward == "ladder":
        return "basket"
    whole_basket = not (form.categories or form.products) and not form.amount_each
    return "basket" if form.reward == "amount" and whole_basket else "line"
