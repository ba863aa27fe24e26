"""Every kind of condition and reward by its permanent tag. A tag can stand for one class only, and a class has one.

The tags stand here and not in the classes: a compiled dataclass takes everything its body assigns for a field.
"""

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

CONDITIONS: dict[str, type[Condition]] = {
    "all": AllOf,
    "any": AnyOf,
    "not": NotOne,
    "date_range": DateRange,
    "weekdays": Weekdays,
    "time_windows": TimeWindows,
    "store": Store,
    "member_known": MemberKnown,
    "group": Group,
    "coupon_held": CouponHeld,
    "coupon_presented": CouponPresented,
    "minimum_spend": MinimumSpend,
    "card_technology": CardTechnology,
    "channel": Channel,
    "birthday": Birthday,
    "days_since_visit": DaysSinceVisit,
    "distinct_products": DistinctProducts,
    "all_same": AllSame,
    "all_different": AllDifferent,
    "minimum_quantity": MinimumQuantity,
    "nth_visit": NthVisit,
    "segment": Segment,
    "tender": Tender,
    "tier": Tier,
    "workstation": Workstation,
}
"""Tag → condition."""

REWARDS: dict[str, type[Reward]] = {
    "percent": Percent,
    "percent_of_shelf": PercentOfShelf,
    "amount": Amount,
    "free_product": FreeProduct,
    "coupon_later": CouponLater,
    "multi_buy": MultiBuy,
    "nth_unit": NthUnit,
    "any_for_price": AnyForPrice,
    "fixed_unit_price": FixedUnitPrice,
    "slot_bundle": SlotBundle,
    "buy_get": BuyGet,
    "spend_ladder": SpendLadder,
    "points": Points,
    "points_multiplier": PointsMultiplier,
    "stamps": Stamps,
    "message": Message,
}
"""Tag → reward."""

_TAGS: dict[type, str] = {cls: tag for tag, cls in (*CONDITIONS.items(), *REWARDS.items())}


def kind_of(cls: type) -> str:
    """The tag of a class; empty for a class that is neither a condition nor a reward."""
    return _TAGS.get(cls, "")
