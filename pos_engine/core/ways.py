"""The ways of a condition: the sets of coupons of which any one lets it hold."""

from __future__ import annotations

from pos_engine.core.answers import WAYS_MAX, CouponNeed, together
from pos_engine.core.campaign import Condition
from pos_engine.core.conditions.all_of import AllOf
from pos_engine.core.conditions.any_of import AnyOf
from pos_engine.core.conditions.coupon_held import CouponHeld
from pos_engine.core.conditions.coupon_presented import CouponPresented
from pos_engine.core.facts import Facts

Way = tuple[CouponNeed, ...]


def names_a_coupon(condition: Condition) -> bool:
    """Whether a coupon occurs in it."""
    return isinstance(condition, CouponHeld | CouponPresented) or any(map(names_a_coupon, condition.parts()))


def has_ways(condition: Condition) -> bool:
    """Whether it may hold with one coupon or with another."""
    if isinstance(condition, AnyOf) and sum(names_a_coupon(part) for part in condition.conditions) > 1:
        return True
    return isinstance(condition, AnyOf | AllOf) and any(map(has_ways, condition.parts()))


def ways_of(condition: Condition, facts: Facts) -> list[Way]:
    """The sets of usable coupons it may hold with, as far as coupons go; none: it lacks one. At most `WAYS_MAX`."""
    if isinstance(condition, CouponHeld | CouponPresented):
        need = CouponNeed("held" if isinstance(condition, CouponHeld) else "presented", condition.series_id)
        return [(need,)] if facts.usable_ids(need.source, need.series_id) else []
    if isinstance(condition, AllOf):
        return together([ways_of(part, facts) for part in condition.conditions])
    if isinstance(condition, AnyOf):
        every = [way for part in condition.conditions for way in ways_of(part, facts)]
        return list(dict.fromkeys(every))[:WAYS_MAX]
    return [()]
