"""What this till's receipts did to members' accounts: points, stamps, stored value, visits.

Laws: booked in the transaction that appends the receipt, never apart from it; the sums outlive the receipts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from pos_engine.core.bookings import Booking
from pos_engine.journal.engine import Connection
from pos_engine.journal.identity import TillIdentity, current_epoch
from pos_engine.wire.sync import ReceiptDocument

_USED = frozenset({"points_redemption", "value_redemption"})


@dataclass(frozen=True)
class OwnPart:
    """What this till's present epoch did to one account. Amounts above zero are the member's.

    `waiting_used`: used up by receipts that are not uploaded yet, less what their voids gave back. `pending`: what
    these earned and cannot be used yet, by the day from which it can.
    """

    amount: int = 0
    last_on: date | None = None
    waiting_used: int = 0
    pending: tuple[tuple[date, int], ...] = ()


@dataclass(frozen=True)
class OwnParts:
    """The parts of one member's accounts by unit, and the epoch they belong to."""

    epoch: int
    units: Mapping[str, OwnPart]


def record(connection: Connection, receipt: ReceiptDocument) -> None:
    """Book a receipt. Nothing for a receipt without bookings."""
    key = (receipt.organisation_id, receipt.workstation_id, receipt.epoch)
    day = receipt.business_day.isoformat()
    for position, booking in enumerate(receipt.bookings):
        connection.execute(
            "INSERT INTO account_totals (organisation_id, workstation_id, epoch, account_id, unit, amount, last_on)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET amount = amount + excluded.amount,"
            " last_on = max(last_on, excluded.last_on)",
            (*key, receipt.member_id, booking.unit, booking.amount, day),
        )
        if not _is_asked_for(booking):
            continue
        usable_from = "" if booking.usable_from is None else booking.usable_from.isoformat()
        connection.execute(
            "INSERT INTO account_bookings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*key, receipt.seq, position, receipt.member_id, booking.unit, booking.kind, booking.amount, usable_from),
        )


def _is_asked_for(booking: Booking) -> bool:
    """Whether `own_parts` needs a booking by itself: plain visits and points, which most are, stand in the sums."""
    given_back = booking.kind == "reversal" and booking.amount > 0
    return booking.usable_from is not None or booking.kind in _USED or given_back


def own_parts(connection: Connection, till: TillIdentity, account_id: str) -> OwnParts:
    """What this till's present epoch did to a member's accounts."""
    epoch = current_epoch(connection, till)
    key = (till.organisation_id, till.workstation_id)
    used: dict[str, int] = {}
    pending: dict[str, list[tuple[date, int]]] = {}
    for unit, amount, usable_from in connection.execute(
        "SELECT b.unit, sum(b.amount), b.usable_from FROM account_bookings AS b"
        " JOIN epochs AS e USING (organisation_id, workstation_id, epoch)"
        " WHERE b.organisation_id = ? AND b.workstation_id = ? AND b.account_id = ? AND b.seq > e.acknowledged_seq"
        # files written by earlier versions have every booking here
        " AND (b.usable_from <> '' OR b.kind IN ('points_redemption', 'value_redemption')"
        " OR (b.kind = 'reversal' AND b.amount > 0)) GROUP BY b.unit, b.usable_from",
        (*key, account_id),
    ):
        if usable_from:
            pending.setdefault(unit, []).append((date.fromisoformat(usable_from), amount))
        else:
            used[unit] = -amount
    rows = connection.execute(
        "SELECT unit, amount, last_on FROM account_totals"
        " WHERE organisation_id = ? AND workstation_id = ? AND account_id = ? AND epoch = ?",
        (*key, account_id, epoch),
    )
    units = {
        unit: OwnPart(amount, date.fromisoformat(last_on), max(0, used.get(unit, 0)), tuple(pending.get(unit, ())))
        for unit, amount, last_on in rows
    }
    return OwnParts(epoch, units)


def prune(connection: Connection) -> None:
    """Forget single bookings that have safely arrived; the sums stay."""
    connection.execute(
        "DELETE FROM account_bookings WHERE seq <= (SELECT acknowledged_seq FROM epochs AS e"
        " WHERE e.organisation_id = account_bookings.organisation_id"
        " AND e.workstation_id = account_bookings.workstation_id AND e.epoch = account_bookings.epoch)"
    )
