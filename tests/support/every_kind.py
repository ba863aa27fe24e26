"""Random shops in which every kind of condition and reward occurs, and baskets, members and counts to go with them.

`CONDITIONS` and `REWARDS` name a strategy per kind; a test compares them with the registry, so that no new kind escapes
the laws.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import strategies as st

from pos_engine.core.basket import Basket, BasketLine, PointsSpending, PresentedCoupon
from pos_engine.core.campaign import Campaign, Condition, Offer, Reward
from pos_engine.core.conditions.all_different import AllDifferent
from pos_engine.core.conditions.all_of import AllOf
from pos_engine.core.conditions.all_same import AllSame
from pos_engine.core.conditions.any_of import AnyOf
from pos_engine.core.conditions.birthday import Birthday
from pos_engine.core.conditions.card_technology import CardTechnology
from pos_engine.core.conditions.channel import Channel
from pos_engine.core.conditions.coupon_held import CouponHeld
from pos_engine.core.conditions.coupon_presented import CouponPresented
from pos_engine.core.conditions.date_range import DateRange
from pos_engine.core.conditions.days_since_visit import DaysSinceVisit
from pos_engine.core.conditions.distinct_products import DistinctProducts
from pos_engine.core.conditions.group import Group
from pos_engine.core.conditions.member_known import MemberKnown
from pos_engine.core.conditions.minimum_quantity import MinimumQuantity
from pos_engine.core.conditions.minimum_spend import MinimumSpend
from pos_engine.core.conditions.not_one import NotOne
from pos_engine.core.conditions.nth_visit import NthVisit
from pos_engine.core.conditions.segment import Segment
from pos_engine.core.conditions.store import Store
from pos_engine.core.conditions.tender import Tender
from pos_engine.core.conditions.tier import Tier
from pos_engine.core.conditions.time_windows import TimeWindow, TimeWindows
from pos_engine.core.conditions.weekdays import Weekdays
from pos_engine.core.conditions.workstation import Workstation
from pos_engine.core.member import HeldCoupon, Member
from pos_engine.core.offer_parts import Limits, PeriodLimit, Rounding, Selector, Slot
from pos_engine.core.rewards.amount import Amount
from pos_engine.core.rewards.any_for_price import AnyForPrice
from pos_engine.core.rewards.buy_get import BuyGet
from pos_engine.core.rewards.coupon_later import CouponLater
from pos_engine.core.rewards.fixed_unit_price import FixedUnitPrice
from pos_engine.core.rewards.free_product import FreeProduct
from pos_engine.core.rewards.message import Message
from pos_engine.core.rewards.multi_buy import MultiBuy
from pos_engine.core.rewards.nth_unit import NthUnit
from pos_engine.core.rewards.percent import Percent
from pos_engine.core.rewards.percent_of_shelf import PercentOfShelf
from pos_engine.core.rewards.points import Points
from pos_engine.core.rewards.points_multiplier import PointsMultiplier
from pos_engine.core.rewards.slot_bundle import SlotBundle
from pos_engine.core.rewards.spend_ladder import LadderStep, SpendLadder
from pos_engine.core.rewards.stamps import Stamps
from pos_engine.core.usage import OfferLeft, Usage
from tests.support.pricing import campaign_of

SELECTORS = st.sampled_from(
    (
        Selector(),
        Selector(),
        Selector(),
        Selector(categories=("food",)),
        Selector(products=("b", "c")),
        Selector(exclude_products=("a",)),
        Selector(brands=("Mill",)),
        Selector(exclude_families=("rye",)),
        Selector(departments=("cellar",), line_kinds=("goods", "service")),
        Selector(unit_price_min_minor=90, unit_price_max_minor=400),
        Selector(attributes=("colour=red",), skip_already_reduced=True),
    )
)
FEW = st.integers(1, 3)
SLOTS = tuple(Slot(Selector(products=tuple(some))) for some in ("a", "bc"))


def _or_not(value: object) -> st.SearchStrategy[tuple[str, ...]]:
    return st.sampled_from(((value,), ("other",)))


SIMPLE: dict[str, st.SearchStrategy[Condition]] = {
    "date_range": st.sampled_from(
        (DateRange(date(2026, 11, 1), date(2026, 11, 30)), DateRange(date(2026, 1, 1), date(2026, 1, 2)))
    ),
    "weekdays": st.builds(Weekdays, st.sampled_from(((0,), (1, 2)))),
    "time_windows": st.sampled_from((TimeWindows((TimeWindow(600, 700),)), TimeWindows((TimeWindow(1320, 700),)))),
    "store": st.builds(Store, _or_not("s1")),
    "workstation": st.builds(Workstation, _or_not("w1")),
    "channel": st.builds(Channel, _or_not("till")),
    "member_known": st.just(MemberKnown()),
    "group": st.builds(Group, _or_not("club")),
    "tier": st.builds(Tier, _or_not("gold")),
    "segment": st.builds(Segment, _or_not("young")),
    "card_technology": st.builds(CardTechnology, _or_not("ntag424")),
    "birthday": st.builds(Birthday, st.sampled_from((0, 9)), st.just(3)),
    "nth_visit": st.builds(NthVisit, st.sampled_from((1, 3)), st.booleans()),
    "days_since_visit": st.builds(DaysSinceVisit, st.sampled_from((1, 30)), st.sampled_from((None, 90))),
    "coupon_held": st.just(CouponHeld("h")),
    "coupon_presented": st.just(CouponPresented("s")),
    "tender": st.builds(Tender, _or_not("cash")),
    "minimum_spend": st.builds(
        MinimumSpend, st.sampled_from((200, 450, 1000)), SELECTORS, st.sampled_from(("before", "after"))
    ),
    "minimum_quantity": st.builds(MinimumQuantity, FEW, SELECTORS),
    "distinct_products": st.builds(DistinctProducts, FEW, SELECTORS),
    "all_same": st.builds(
        AllSame, st.integers(2, 3), SELECTORS, st.sampled_from(("product", "brand", "attribute")), st.just("colour")
    ),
    "all_different": st.builds(
        AllDifferent, st.integers(2, 3), SELECTORS, st.sampled_from(("product", "family", "department")), st.just("")
    ),
}
"""Conditions without others inside; those of one sale that may or may not hold for the members below."""

_ONE = st.one_of(*SIMPLE.values())

CONDITIONS: dict[str, st.SearchStrategy[Condition]] = {
    **SIMPLE,
    "all": st.builds(AllOf, st.lists(_ONE, max_size=2).map(tuple)),
    "any": st.builds(AnyOf, st.lists(_ONE, min_size=1, max_size=2).map(tuple)),
    "not": st.builds(NotOne, _ONE),
}
"""A strategy for every kind of condition."""

PERCENTS = st.sampled_from((500, 1250, 3333, 5000, 10000))
SOME_UNITS = st.sampled_from((None, None, 1, 2))
ENDS = st.sampled_from(("cheapest", "dearest"))

REWARDS: dict[str, st.SearchStrategy[Reward]] = {
    "percent": st.builds(Percent, PERCENTS, SOME_UNITS, ENDS),
    "percent_of_shelf": st.builds(PercentOfShelf, PERCENTS, SOME_UNITS, ENDS),
    "amount": st.builds(Amount, st.sampled_from((1, 120, 300)), st.sampled_from(("offer", "unit")), SOME_UNITS, ENDS),
    "free_product": st.builds(FreeProduct, st.sampled_from((("a",), ("b", "c"))), st.integers(1, 2)),
    "multi_buy": st.builds(
        MultiBuy, st.just(3), st.integers(1, 2), PERCENTS, ENDS, st.sampled_from(("customer", "basket"))
    ),
    "nth_unit": st.sampled_from((NthUnit((0, 5000)), NthUnit((0, 2500, 7500)))),
    "any_for_price": st.builds(AnyForPrice, st.integers(2, 3), st.sampled_from((100, 260))),
    "fixed_unit_price": st.builds(FixedUnitPrice, st.sampled_from((0, 90, 240))),
    "slot_bundle": st.sampled_from((SlotBundle(SLOTS, 100), SlotBundle(SLOTS, None, 1500))),
    "buy_get": st.builds(
        BuyGet,
        st.sampled_from((Selector(), Selector(products=("a",)))),
        st.sampled_from((Selector(), Selector(products=("b", "c")))),
        st.integers(1, 2),
        st.just(1),
        PERCENTS,
    ),
    "spend_ladder": st.sampled_from(
        (
            SpendLadder((LadderStep(300, 20), LadderStep(900, 30, 1000))),
            SpendLadder((LadderStep(200, 35, 0, 150),)),
        )
    ),
    "points": st.builds(
        Points, FEW, st.sampled_from((0, 7, 100)), st.sampled_from((None, 9)), st.sampled_from(("down", "half_up"))
    ),
    "points_multiplier": st.builds(PointsMultiplier, st.sampled_from((15_000, 20_000))),
    "stamps": st.builds(Stamps, st.just("card"), FEW, st.sampled_from(("receipt", "unit"))),
    "coupon_later": st.builds(
        CouponLater, st.just("later"), st.just("Later"), medium=st.sampled_from(("paper", "card"))
    ),
    "message": st.just(Message("Hello")),
}
"""A strategy for every kind of reward."""

ANY_REWARD: st.SearchStrategy[Reward] = st.one_of(*REWARDS.values())

REPEATING: st.SearchStrategy[Reward] = st.sampled_from(
    (
        Amount(30, "unit"),
        FixedUnitPrice(90),
        MultiBuy(2),
        NthUnit((0, 5000)),
        AnyForPrice(2, 100),
        BuyGet(Selector(), Selector(), percent_bp=5000),
    )
)
"""Rewards that small baskets get several times."""

LIMITS = st.one_of(
    st.just(Limits()),
    st.builds(
        Limits,
        uses_per_receipt=st.sampled_from((None, 1, 2)),
        uses_per_member=st.sampled_from((None, 3)),
        budget_minor=st.sampled_from((None, 75)),
        discount_max_minor=st.sampled_from((None, 110)),
        unit_price_floor_minor=st.sampled_from((0, 0, 50)),
        per_period=st.sampled_from(
            ((), (PeriodLimit(1),), (PeriodLimit(2, "week", "total"), PeriodLimit(1, "month", "member")))
        ),
    ),
)
TIGHT = st.builds(
    Limits,
    uses_per_member=st.sampled_from((None, None, 1, 2)),
    uses_total=st.sampled_from((None, None, 3)),
    budget_minor=st.sampled_from((None, 75, 130)),
    per_period=st.sampled_from(((), (PeriodLimit(1),), (PeriodLimit(2, "week", "total"),), (PeriodLimit(3, "month"),))),
)
"""Limits that small baskets reach."""

ROUNDINGS = st.builds(Rounding, st.sampled_from(("offer", "unit")), st.sampled_from(("half_up", "down")))

VAT = {"a": 700, "b": 700, "c": 1900}
CATEGORIES = {"a": ("food", "bread"), "b": ("food", "cake"), "c": ("drinks",)}


def _line(product: str, cost: int, flavour: int) -> BasketLine:
    """One unit; `flavour` varies what products have beside their price."""
    plain = BasketLine("?", product, cost, categories=CATEGORIES[product], vat_bp=VAT[product])
    flavours = (
        plain,
        replace(plain, brand="Mill", family="rye", department="bakery", attributes=("colour=red",)),
        replace(plain, brand="Spring", department="cellar", attributes=("colour=blue",), already_reduced=True),
        replace(plain, unit_price_floor_minor=cost * 3 // 4),
        replace(plain, line_kind="service", department="cellar"),
        replace(plain, line_kind="price_fixed"),
        replace(plain, line_kind="deposit"),
        replace(plain, measure="0.123 kg"),
    )
    return flavours[flavour]


def baskets(units_max: int) -> st.SearchStrategy[Basket]:
    """Goods of all sorts, with or without coupons, settled in cash or not yet."""
    unit = st.builds(
        _line,
        st.sampled_from(("a", "b", "c")),
        st.sampled_from((100, 100, 250, 250, 333, 1, 1000)),
        st.sampled_from((0, 0, 0, 3, 3, 3, *range(8))),
    )
    coupons = st.sampled_from(
        ((), (PresentedCoupon("k1", "s"),), (PresentedCoupon("k1", "s"), PresentedCoupon("k2", "s")))
    )

    def build(units: list[BasketLine], presented: tuple[PresentedCoupon, ...], tender: str, points: int) -> Basket:
        lines = tuple(replace(one, line_id=f"l{number}") for number, one in enumerate(units))
        spending = PointsSpending(points, 10, 7) if points else None
        return Basket(lines, "s1", "w1", presented_coupons=presented, tender=tender, points_spending=spending)

    units = st.lists(unit, min_size=1, max_size=units_max)
    return st.builds(build, units, coupons, st.sampled_from(("", "cash")), st.sampled_from((0, 0, 45)))


MEMBERS = st.sampled_from(
    (
        None,
        Member("m"),
        Member(
            "m",
            ("club",),
            "gold",
            (HeldCoupon("h1", "h"), HeldCoupon("h2", "h")),
            "ntag424",
            ("young",),
            11,
            25,
            2,
            date(2026, 10, 1),
        ),
    )
)

LEFT = st.one_of(
    st.just(OfferLeft()),
    st.builds(
        OfferLeft,
        member_uses=st.sampled_from((None, 0, 1)),
        budget_minor=st.sampled_from((None, 30)),
        per_period=st.sampled_from(((), (PeriodLimit(0, "week", "total"),), (PeriodLimit(1, "day", "member"),))),
    ),
)


def usages(offers: int) -> st.SearchStrategy[Usage]:
    """What earlier receipts left of the offers o0, o1 …"""
    return st.lists(LEFT, min_size=offers, max_size=offers).map(
        lambda left: Usage({f"o{number}": one for number, one in enumerate(left)})
    )


def shops(
    size_max: int,
    policies: tuple[str, ...] = ("best", "best", "stack", "exclusive", "priority"),
    size_min: int = 1,
    limits: st.SearchStrategy[Limits] = LIMITS,
    rewards: st.SearchStrategy[Reward] = ANY_REWARD,
) -> st.SearchStrategy[tuple[Campaign, ...]]:
    """Offers of any kinds, a campaign for each; most of them without a condition, so that enough of them hold."""
    # Not one strategy out of all: hypothesis would choose between all kinds alike, and hardly any offer would hold.
    conditions = st.integers(0, 2).flatmap(lambda n: st.just(AllOf()) if n else st.one_of(*CONDITIONS.values()))
    offers = st.builds(
        Offer,
        offer_id=st.just("?"),
        name=st.just("offer"),
        condition=conditions,
        reward=rewards,
        target=SELECTORS,
        phase=st.sampled_from(("line", "bundle", "basket", "coupon")),
        policy=st.sampled_from(policies),
        priority=st.integers(0, 2),
        exclusive_group=st.just("g"),
        rounding=ROUNDINGS,
        limits=limits,
    )

    def build(drawn: list[Offer], returns: bool) -> tuple[Campaign, ...]:
        named = [replace(offer, offer_id=f"o{number}") for number, offer in enumerate(drawn)]
        found = [campaign_of(offer, campaign_id=f"c{offer.offer_id}") for offer in named]
        return tuple(replace(campaign, returns="reprice" if returns else "share") for campaign in found)

    return st.builds(build, st.lists(offers, min_size=size_min, max_size=size_max), st.booleans())
