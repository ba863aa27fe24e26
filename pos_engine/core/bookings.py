"""What a receipt does to its member's accounts: points, stamps, stored value, visits.

Laws: a void books the mirror of its sale, but for points that the programme leaves with the member; nothing is booked
without a member; a tender of points or of stored value is a payment, so that the outcome knows nothing of it.
"""

# Not compiled: not on the way to a price.

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from pos_engine.core.document import document
from pos_engine.core.lots import expires_on
from pos_engine.core.outcome import Outcome
from pos_engine.core.programme import Programme, SpentPointsPolicy, points_for

POINTS = "points"
VALUE = "value"
VISITS = "visits"
STAMPS = "stamps:"
"""Units of account; stamps are followed by the id of their card. `value` counts minor units of money."""

POINTS_TENDER = "points"
VALUE_TENDER = "value"
"""Kinds of tender that are taken from the member's accounts."""

BookingKind = Literal["accrual", "points_redemption", "value_redemption", "top_up", "visit", "reversal", "adjustment"]
"""adjustment: a cashier corrected the account at the counter."""


@document
@dataclass(frozen=True)
class Booking:
    """One change of one account: above zero for the member. Days are local.

    `expires_on`: the last day on which it can be used; `usable_from`: the first, when that is not at once. A reversal
    has the latter too, so that pending points that were taken back are no longer pending.
    """

    unit: str
    kind: BookingKind
    amount: int
    expires_on: date | None = None
    usable_from: date | None = None


@document
@dataclass(frozen=True)
class Undone:
    """What a void books. `points_missing`: points that were earned and stay, because they are spent already."""

    bookings: tuple[Booking, ...]
    points_missing: int = 0


def bookings_of_sale(
    outcome: Outcome, tenders: Sequence[tuple[str, int]], top_up_minor: int, programme: Programme, today: date
) -> tuple[Booking, ...]:
    """What a sale to a member books. `tenders`: kind and amount in minor units; `top_up_minor`: put onto the card."""
    booked: list[Booking] = []
    earned = sum(grant.points for grant in outcome.points)
    if earned:
        pending = today + timedelta(days=programme.pending_days) if programme.pending_days else None
        booked.append(Booking(POINTS, "accrual", earned, expires_on(programme.expiry, today), pending))
    if outcome.points_spent is not None:
        booked.append(Booking(POINTS, "points_redemption", -outcome.points_spent.points))
    settled = sum(amount for kind, amount in tenders if kind == POINTS_TENDER)
    if settled:
        booked.append(Booking(POINTS, "points_redemption", -points_for(programme, settled)))
    stored = sum(amount for kind, amount in tenders if kind == VALUE_TENDER)
    if stored:
        booked.append(Booking(VALUE, "value_redemption", -stored))
    if top_up_minor:
        booked.append(Booking(VALUE, "top_up", top_up_minor))
    stamps: dict[str, int] = {}
    for grant in outcome.stamps:
        stamps[grant.stamp_card_id] = stamps.get(grant.stamp_card_id, 0) + grant.stamps
    booked += [Booking(STAMPS + card, "accrual", count) for card, count in sorted(stamps.items())]
    booked.append(Booking(VISITS, "visit", 1))
    return tuple(booked)


def bookings_of_void(
    sale: Sequence[Booking], policy: SpentPointsPolicy, balances: Mapping[str, int], today: date
) -> Undone:
    """The mirror of a sale's bookings. `balances`: per unit what the member has before the void."""
    back = -sum(booking.amount for booking in sale if booking.unit == POINTS and booking.amount < 0)
    has = balances.get(POINTS, 0) + back
    booked: list[Booking] = []
    missing = 0
    for booking in sale:
        amount = booking.amount
        if booking.unit == POINTS and booking.kind == "accrual":
            amount = _taken_back(booking, policy, has, today)
            missing += booking.amount - amount
        if amount:
            booked.append(Booking(booking.unit, "reversal", -amount, usable_from=booking.usable_from))
    return Undone(tuple(booked), missing)


def _taken_back(earned: Booking, policy: SpentPointsPolicy, balance: int, today: date) -> int:
    if policy == "within_balance":
        return min(earned.amount, max(0, balance))
    if policy == "pending_only":
        return earned.amount if earned.usable_from is not None and today < earned.usable_from else 0
    return earned.amount
