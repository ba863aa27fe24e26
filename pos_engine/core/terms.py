"""Under which terms an offer may give on this basket: rounding, floor, what its limits and budget leave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pos_engine.core.offer_parts import Limits, PeriodLimit, Rounding
from pos_engine.core.reasons import BUDGET_SPENT, LIMIT_MEMBER, LIMIT_RECEIPT, LIMIT_TOTAL, PERIOD_LIMITS
from pos_engine.core.usage import OfferLeft


@dataclass(frozen=True)
class Terms:
    """`uses_max` and `discount_max_minor`: None is no ceiling. `vat` and `product_of` describe units by number.

    `product_of` is there for rewards that give certain products only, and empty for the others.
    `chosen_product`: which of several free products was taken; empty when nobody chose. `slot_units`: per slot of the
    reward, the units that may stand there. `shelf`: what each unit cost before any discount. `floors`: the lowest price
    of each unit's own article; empty when none has one.
    """

    rounding: Rounding
    floor_minor: int
    uses_max: int | None
    discount_max_minor: int | None
    vat: Sequence[int]
    product_of: Sequence[str]
    chosen_product: str = ""
    slot_units: tuple[frozenset[int], ...] = ()
    shelf: Sequence[int] = ()
    floors: Sequence[int] = ()

    def room(self, unit: int, left: Sequence[int]) -> int:
        """How much may still be taken off a unit."""
        floor = max(self.floor_minor, self.floors[unit]) if self.floors else self.floor_minor
        return max(0, left[unit] - floor)

    def rooms(self, units: Sequence[int], left: Sequence[int]) -> list[int]:
        """How much may still be taken off each of several units. Nothing costs less than zero: no floor, no look."""
        if self.floors:
            return [self.room(unit, left) for unit in units]
        floor = self.floor_minor
        if floor == 0:
            return [left[unit] for unit in units]
        return [max(0, left[unit] - floor) for unit in units]

    def capped(self, total_minor: int) -> int:
        """A discount under the ceiling."""
        return total_minor if self.discount_max_minor is None else min(total_minor, self.discount_max_minor)


def least(*ceilings: int | None) -> int | None:
    """The lowest of several ceilings; None when there is none."""
    known = [ceiling for ceiling in ceilings if ceiling is not None]
    return max(0, min(known)) if known else None


def blocked_by(limits: Limits, left: OfferLeft) -> str:
    """The code of the limit that leaves nothing to give, or empty."""
    if limits.uses_per_receipt is not None and limits.uses_per_receipt <= 0:
        return LIMIT_RECEIPT
    member_uses = limits.uses_per_member if left.member_uses is None else left.member_uses
    if member_uses is not None and member_uses <= 0:
        return LIMIT_MEMBER
    total_uses = limits.uses_total if left.total_uses is None else left.total_uses
    if total_uses is not None and total_uses <= 0:
        return LIMIT_TOTAL
    for limit in limits.per_period:
        if left_in_period(limit, left) <= 0:
            return PERIOD_LIMITS[limit.counted, limit.period]
    budget = limits.budget_minor if left.budget_minor is None else left.budget_minor
    if budget is not None and budget <= 0:
        return BUDGET_SPENT
    return ""


def uses_left(limits: Limits, left: OfferLeft) -> int | None:
    """Applications this receipt may still have."""
    whole = least(
        limits.uses_per_receipt,
        limits.uses_per_member if left.member_uses is None else left.member_uses,
        limits.uses_total if left.total_uses is None else left.total_uses,
    )
    if not limits.per_period:
        return whole
    return least(whole, *(left_in_period(limit, left) for limit in limits.per_period))


def left_in_period(limit: PeriodLimit, left: OfferLeft) -> int:
    """What is left of a day's, week's or month's limit: its own number when nobody counted."""
    for known in left.per_period:
        if (known.period, known.counted) == (limit.period, limit.counted):
            return min(known.uses, limit.uses)
    return limit.uses


def discount_left_minor(limits: Limits, left: OfferLeft) -> int | None:
    """Money this receipt may still get out of the offer."""
    return least(limits.discount_max_minor, limits.budget_minor if left.budget_minor is None else left.budget_minor)
