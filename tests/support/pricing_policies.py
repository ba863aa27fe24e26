"""Small random shops of every policy: the merchant's order, stacks, several exclusive groups; and goods with floors.

Multi-buys stand among them only where any split of the units is tried: which of several equal arrangements an offer
in the merchant's order takes is nobody's promise, and the judge cannot know it.
"""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from pos_engine.core.basket import Basket
from pos_engine.core.campaign import Campaign, Offer, Reward
from pos_engine.core.rewards.amount import Amount
from pos_engine.core.rewards.percent_of_shelf import PercentOfShelf
from pos_engine.core.rewards.spend_ladder import LadderStep, SpendLadder
from tests.support.pricing import CONDITIONS, GROUPED, LIMITS, REWARDS, ROUNDINGS, SELECTORS, baskets, campaign_of

SINGLE: st.SearchStrategy[Reward] = st.one_of(
    REWARDS,
    st.builds(
        PercentOfShelf,
        st.sampled_from((1000, 1250, 3333, 5000)),
        st.sampled_from((None, None, 1, 2)),
        st.sampled_from(("cheapest", "dearest")),
    ),
    st.builds(
        Amount,
        st.sampled_from((50, 120)),
        st.sampled_from(("offer", "unit")),
        st.sampled_from((1, 2)),
        st.sampled_from(("cheapest", "dearest")),
    ),
    st.just(SpendLadder((LadderStep(200, 35, 0, 150),))),
)
"""Rewards that give unit by unit, or one sum."""


def _offers(
    policies: tuple[str, ...], phases: tuple[str, ...], rewards: st.SearchStrategy[Reward]
) -> st.SearchStrategy[Offer]:
    return st.builds(
        Offer,
        offer_id=st.just("?"),
        name=st.just("offer"),
        condition=CONDITIONS,
        reward=rewards,
        target=SELECTORS,
        phase=st.sampled_from(phases),
        policy=st.sampled_from(policies),
        priority=st.integers(0, 2),
        exclusive_group=st.sampled_from(("g", "h")),
        rounding=ROUNDINGS,
        limits=LIMITS,
    )


def _shops(offers: st.SearchStrategy[Offer], size_max: int) -> st.SearchStrategy[tuple[Campaign, ...]]:
    """One campaign per offer, so that coupons compete."""

    def build(drawn: list[Offer]) -> tuple[Campaign, ...]:
        return tuple(
            campaign_of(replace(offer, offer_id=f"o{number}"), campaign_id=f"c{number}")
            for number, offer in enumerate(drawn)
        )

    return st.builds(build, st.lists(offers, min_size=2, max_size=size_max))


def policy_shops(size_max: int) -> st.SearchStrategy[tuple[Campaign, ...]]:
    """All four policies, several exclusive groups, over one to three phases."""
    policies = ("best", "exclusive", "exclusive", "exclusive", "priority", "stack", "stack", "stack")
    return _shops(_offers(policies, ("line", "line", "line", "line", "basket", "coupon"), SINGLE), size_max)


def grouped_shops(size_max: int) -> st.SearchStrategy[tuple[Campaign, ...]]:
    """Multi-buys beside offers in the merchant's order, in several exclusive groups."""
    grouped = _offers(("best", "exclusive", "exclusive"), ("line",), GROUPED)
    return _shops(st.one_of(grouped, _offers(("best", "exclusive", "priority"), ("line",), SINGLE)), size_max)


def floored_baskets(units_max: int) -> st.SearchStrategy[Basket]:
    """Goods, some of which have a lowest price of their own."""

    def floor(basket: Basket, parts: list[int]) -> Basket:
        lines = tuple(
            replace(line, unit_price_floor_minor=line.unit_price_minor * part // 4)
            for line, part in zip(basket.lines, parts, strict=False)
        )
        return replace(basket, lines=lines)

    parts = st.lists(st.sampled_from((0, 0, 3, 4)), min_size=units_max, max_size=units_max)
    return st.builds(floor, baskets(units_max), parts)
