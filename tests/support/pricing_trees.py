"""Small shops with trees of conditions: not, any, all, counts, spends before and after, coupons of two series."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from pos_engine.core.basket import Basket, PresentedCoupon
from pos_engine.core.campaign import Campaign, Condition, Offer, Reward
from pos_engine.core.conditions.all_of import AllOf
from pos_engine.core.conditions.any_of import AnyOf
from pos_engine.core.conditions.coupon_presented import CouponPresented
from pos_engine.core.conditions.distinct_products import DistinctProducts
from pos_engine.core.conditions.minimum_quantity import MinimumQuantity
from pos_engine.core.conditions.minimum_spend import MinimumSpend
from pos_engine.core.conditions.not_one import NotOne
from pos_engine.core.offer_parts import Selector
from tests.support.pricing import ALWAYS, GROUPED, LIMITS, ROUNDINGS, SELECTORS, campaign_of
from tests.support.pricing_policies import SINGLE, floored_baskets

SPENDS: st.SearchStrategy[Condition] = st.builds(
    MinimumSpend,
    st.sampled_from((150, 300, 450, 1000)),
    st.sampled_from((Selector(), Selector(categories=("food",)))),
    st.sampled_from(("before", "after", "after")),
)
COUPONS: st.SearchStrategy[Condition] = st.sampled_from((CouponPresented("s"), CouponPresented("t")))
COUNTS: st.SearchStrategy[Condition] = st.one_of(
    st.builds(MinimumQuantity, st.integers(1, 4)), st.builds(DistinctProducts, st.integers(1, 3))
)


def _trees(leaves: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    """No condition, one, its opposite, or two together."""
    two = st.lists(leaves, min_size=2, max_size=2).map(tuple)
    return st.one_of(st.just(ALWAYS), leaves, st.builds(NotOne, leaves), st.builds(AllOf, two), st.builds(AnyOf, two))


def _shops(
    conditions: st.SearchStrategy[Condition],
    rewards: st.SearchStrategy[Reward],
    policies: tuple[str, ...],
    phases: tuple[str, ...],
    size_max: int,
) -> st.SearchStrategy[tuple[Campaign, ...]]:
    """A campaign per offer, or one for the first two: then they share a coupon."""
    offers = st.builds(
        Offer,
        offer_id=st.just("?"),
        name=st.just("offer"),
        condition=conditions,
        reward=rewards,
        target=SELECTORS,
        phase=st.sampled_from(phases),
        policy=st.sampled_from(policies),
        priority=st.integers(0, 2),
        exclusive_group=st.sampled_from(("g", "h")),
        rounding=ROUNDINGS,
        limits=LIMITS,
    )

    def build(drawn: list[Offer], together: bool) -> tuple[Campaign, ...]:
        named = [replace(offer, offer_id=f"o{number}") for number, offer in enumerate(drawn)]
        first = named[: 2 if together else 1]
        others = [campaign_of(offer, campaign_id=f"c{offer.offer_id}") for offer in named[len(first) :]]
        return (campaign_of(*first, campaign_id="first"), *others)

    return st.builds(build, st.lists(offers, min_size=2, max_size=size_max), st.booleans())


def tree_shops(size_max: int) -> st.SearchStrategy[tuple[Campaign, ...]]:
    """Every sort of condition, over up to three phases."""
    trees = _trees(st.one_of(SPENDS, COUPONS, COUNTS))
    return _shops(trees, SINGLE, ("best", "best", "exclusive", "stack"), ("line", "line", "basket", "coupon"), size_max)


def coupon_shops(size_max: int) -> st.SearchStrategy[tuple[Campaign, ...]]:
    """Coupons that several offers want, one of them or both."""
    trees = _trees(st.one_of(COUPONS, COUPONS, COUPONS, SPENDS))
    return _shops(trees, SINGLE, ("best", "best", "exclusive", "stack"), ("line", "line", "basket", "coupon"), size_max)


def tree_shops_with_multi_buys(size_max: int) -> st.SearchStrategy[tuple[Campaign, ...]]:
    """Multi-buys under such conditions, in one phase."""
    trees = _trees(st.one_of(COUPONS, COUPONS, COUNTS, SPENDS))
    return _shops(trees, st.one_of(GROUPED, SINGLE), ("best", "best", "exclusive"), ("line",), size_max)


def baskets_with_coupons(units_max: int) -> st.SearchStrategy[Basket]:
    """Goods, some with a floor, and papers of two series."""
    papers = st.sampled_from(((), ("s",), ("t",), ("s", "t"), ("s", "t"), ("s", "s", "t")))

    def hand_over(basket: Basket, series: tuple[str, ...]) -> Basket:
        coupons = tuple(PresentedCoupon(f"k{number}", one) for number, one in enumerate(series))
        return replace(basket, presented_coupons=coupons)

    return st.builds(hand_over, floored_baskets(units_max), papers)
