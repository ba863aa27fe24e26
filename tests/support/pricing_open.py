"""Small random shops whose offers compete for the same units, and whose later offers stand on what is left to pay."""

from __future__ import annotations

from hypothesis import strategies as st

from pos_engine.core.campaign import Campaign, Condition, Offer, Reward
from pos_engine.core.conditions.coupon_presented import CouponPresented
from pos_engine.core.conditions.minimum_spend import MinimumSpend
from pos_engine.core.offer_parts import Limits, Rounding, Selector
from pos_engine.core.rewards.amount import Amount
from pos_engine.core.rewards.buy_get import BuyGet
from pos_engine.core.rewards.fixed_unit_price import FixedUnitPrice
from pos_engine.core.rewards.multi_buy import MultiBuy
from pos_engine.core.rewards.percent import Percent
from pos_engine.core.rewards.spend_ladder import LadderStep, SpendLadder
from tests.support.pricing import ALWAYS, GROUPED, ROUNDINGS, SELECTORS, campaign_of

PLAIN: st.SearchStrategy[Reward] = st.one_of(
    st.builds(Percent, st.sampled_from((500, 1000, 1250, 2000, 3333, 5000))),
    st.builds(Percent, st.sampled_from((2000, 5000))),
    st.builds(Amount, st.sampled_from((1, 50, 120, 300)), st.sampled_from(("offer", "unit"))),
    st.builds(FixedUnitPrice, st.sampled_from((90, 240))),
    st.just(SpendLadder((LadderStep(300, 20), LadderStep(900, 30, 1000)))),
)

CEILINGS = st.one_of(
    st.just(Limits()),
    st.just(Limits()),
    st.builds(
        Limits,
        uses_per_receipt=st.sampled_from((None, 1, 2)),
        discount_max_minor=st.sampled_from((None, 110)),
        unit_price_floor_minor=st.sampled_from((0, 0, 50)),
    ),
)

CONDITIONS: st.SearchStrategy[Condition] = st.sampled_from((ALWAYS, ALWAYS, ALWAYS, CouponPresented("s")))

AFTER: st.SearchStrategy[Condition] = st.builds(
    MinimumSpend,
    st.sampled_from((200, 400, 700, 1000)),
    st.sampled_from((Selector(), Selector(), Selector(categories=("food",)))),
    st.just("after"),
)

LATER: st.SearchStrategy[Reward] = st.one_of(
    st.builds(Amount, st.sampled_from((50, 120, 300, 500))),
    st.builds(Percent, st.sampled_from((1000, 2500))),
    st.just(SpendLadder((LadderStep(350, 100), LadderStep(800, 350)))),
)


def _offer(condition: Condition, reward: Reward, target: Selector, rounding: Rounding, limits: Limits) -> Offer:
    return Offer("?", "line", condition, reward, target, rounding=rounding, limits=limits)


def _later(condition: Condition, reward: Reward, policy: str) -> Offer:
    return Offer("?", "later", condition, reward, phase="basket", policy=policy, exclusive_group="g")  # type: ignore[arg-type]


def _shop(drawn: list[Offer]) -> tuple[Campaign, ...]:
    """One campaign per offer, so that coupons compete."""
    fields = Offer.__dataclass_fields__
    return tuple(
        campaign_of(
            Offer(**{**{name: getattr(offer, name) for name in fields}, "offer_id": f"o{number}"}),
            campaign_id=f"c{number}",
        )
        for number, offer in enumerate(drawn)
    )


def open_shops(size_max: int, rewards: st.SearchStrategy[Reward] = PLAIN) -> st.SearchStrategy[tuple[Campaign, ...]]:
    """Offers of one phase that take any part of their units."""
    offers = st.builds(_offer, CONDITIONS, rewards, SELECTORS, ROUNDINGS, CEILINGS)
    return st.builds(_shop, st.lists(offers, min_size=2, max_size=size_max))


def mixed_shops(size_max: int) -> st.SearchStrategy[tuple[Campaign, ...]]:
    """Multi-buys among them."""
    return open_shops(size_max, st.one_of(PLAIN, GROUPED))


ALIKE: st.SearchStrategy[Reward] = st.one_of(
    st.builds(MultiBuy, st.sampled_from((2, 2, 3)), st.just(1), st.sampled_from((10_000, 10_000, 5000))),
    st.builds(
        BuyGet,
        st.sampled_from((Selector(), Selector(products=("a", "b")))),
        st.sampled_from((Selector(), Selector(products=("b", "c")))),
        st.sampled_from((1, 1, 2)),
        st.just(1),
        st.sampled_from((10_000, 5000)),
    ),
    st.builds(Percent, st.sampled_from((2000, 5000))),
    st.builds(Amount, st.sampled_from((120, 300)), st.sampled_from(("offer", "unit"))),
)
"""Rewards of which one often makes another one useless, and goods that can be bought and got."""


def crowded_shops(size_max: int) -> st.SearchStrategy[tuple[Campaign, ...]]:
    """More offers than the goods have use for."""
    return open_shops(size_max, ALIKE)


def held_back_multi_buys(size_max: int) -> st.SearchStrategy[tuple[Campaign, ...]]:
    """Multi-buys before offers that stand on what all goods still cost."""
    offers = st.builds(_offer, CONDITIONS, ALIKE, SELECTORS, ROUNDINGS, st.just(Limits()))
    spends = st.builds(MinimumSpend, st.sampled_from((200, 400, 700)), st.just(Selector()), st.just("after"))
    sums = st.builds(Amount, st.sampled_from((50, 120, 300)))
    later = st.builds(_later, spends, sums, st.just("exclusive"))
    return st.builds(
        lambda here, there: _shop([*here, *there]),
        st.lists(offers, min_size=1, max_size=size_max),
        st.lists(later, min_size=1, max_size=2),
    )


def held_back_shops(size_max: int) -> st.SearchStrategy[tuple[Campaign, ...]]:
    """A phase after them in which some offers stand on what is left to pay."""
    offers = st.builds(_offer, CONDITIONS, PLAIN, SELECTORS, ROUNDINGS, st.just(Limits()))
    later = st.builds(_later, AFTER, LATER, st.sampled_from(("exclusive", "exclusive", "best")))
    return st.builds(
        lambda here, there: _shop([*here, *there]),
        st.lists(offers, min_size=1, max_size=size_max),
        st.lists(later, min_size=1, max_size=2),
    )
