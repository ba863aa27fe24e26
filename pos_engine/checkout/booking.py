"""What a closed sale, and a void, do to the member's accounts, and what the member is told of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pos_engine.checkout.accounts import NOTHING
from pos_engine.checkout.spending import Purse
from pos_engine.core.basket import Basket
from pos_engine.core.bookings import VISITS, Booking
from pos_engine.core.programme import Programme
from pos_engine.wire.sync import ToldBalance


@dataclass(frozen=True)
class Booked:
    """The part of a receipt that belongs to the member's accounts."""

    bookings: tuple[Booking, ...] = ()
    balances: tuple[ToldBalance, ...] = ()


def booked(purse: Purse | None, bookings: Sequence[Booking]) -> Booked:
    """Bookings with the balances they lead to; nothing without a member."""
    return Booked() if purse is None else Booked(tuple(bookings), told_balances(purse, bookings))


def told_balances(purse: Purse, bookings: Sequence[Booking]) -> tuple[ToldBalance, ...]:
    """What the member reads: points, value and stamps that this receipt touched, and points in any case."""
    touched = dict.fromkeys(booking.unit for booking in bookings if booking.unit != VISITS)
    units = [unit for unit in purse.accounts if unit != VISITS and unit not in touched and _worth_telling(purse, unit)]
    return tuple(_told(purse, unit, bookings) for unit in (*touched, *units))


def _worth_telling(purse: Purse, unit: str) -> bool:
    return purse.accounts[unit].balance != 0


def _told(purse: Purse, unit: str, bookings: Sequence[Booking]) -> ToldBalance:
    account = purse.accounts.get(unit, NOTHING)
    amounts = [booking.amount for booking in bookings if booking.unit == unit]
    return ToldBalance(
        unit=unit,
        earned=sum(amount for amount in amounts if amount > 0),
        used=-sum(amount for amount in amounts if amount < 0),
        balance=account.balance + sum(amounts),
        as_of=account.as_of,
        provisional=not purse.on_line,
    )


def balances_before(purse: Purse) -> Mapping[str, int]:
    """What the member has of each unit before a void."""
    return {unit: account.balance for unit, account in purse.accounts.items()}


def top_up_minor(basket: Basket, programme: Programme) -> int:
    """What of a basket is put onto the member's card, in minor units."""
    if not programme.top_up_product_id:
        return 0
    return sum(
        line.unit_price_minor * line.quantity for line in basket.lines if line.product_id == programme.top_up_product_id
    )
