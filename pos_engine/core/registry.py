"""Every kind of condition and reward by its permanent tag. A tag can stand for one class only."""

from __future__ import annotations

from pos_engine.core.campaign import Condition, Reward
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
from pos_engine.core.conditions.time_windows import TimeWindows
from pos_engine.core.conditions.weekdays import Weekdays
from pos_engine.core.conditions.workstation import Workstation
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
from pos_engine.core.rewards.spend_ladder import SpendLadder
from pos_engine.core.rewards.stamps import Stamps


def _conditions(classes: tuple[type[Condition], ...]) -> dict[str, type[Condition]]:
    table: dict[str, type[Condition]] = {}
    for one in classes:
        if one.KIND in table:
            raise ValueError(f"condition kind {one.KIND} is taken twice")
        table[one.KIND] = one
    return table


def _rewards(classes: tuple[type[Reward], ...]) -> dict[str, type[Reward]]:
    table: dict[str, type[Reward]] = {}
    for one in classes:
        if one.KIND in table:
            raise ValueError(f"reward kind {one.KIND} is taken twice")
        table[one.KIND] = one
    return table


CONDITIONS: dict[str, type[Condition]] = _conditions(
    (
        AllOf,
        AnyOf,
        NotOne,
        DateRange,
        Weekdays,
        TimeWindows,
        Store,
        MemberKnown,
        Group,
        CouponHeld,
        CouponPresented,
        MinimumSpend,
        CardTechnology,
        Channel,
        Birthday,
        DaysSinceVisit,
        DistinctProducts,
        AllSame,
        AllDifferent,
        MinimumQuantity,
        NthVisit,
        Segment,
        Tender,
        Tier,
        Workstation,
    )
)
"""Kind → condition."""

REWARDS: dict[str, type[Reward]] = _rewards(
    (
        Percent,
        PercentOfShelf,
        Amount,
        FreeProduct,
        CouponLater,
        MultiBuy,
        NthUnit,
        AnyForPrice,
        FixedUnitPrice,
        SlotBundle,
        BuyGet,
        SpendLadder,
        Points,
        PointsMultiplier,
        Stamps,
        Message,
    )
)
"""Kind → reward."""
