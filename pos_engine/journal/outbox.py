"""Receipts as they were written, numbered without gaps, and what of them the back-office has not confirmed yet."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

import msgspec

from pos_engine.core.bookings import Booking
from pos_engine.core.outcome import Outcome
from pos_engine.journal.engine import Connection
from pos_engine.journal.errors import JournalError
from pos_engine.journal.identity import TillIdentity, current_epoch
from pos_engine.wire.card_came import CardCame
from pos_engine.wire.heartbeat import AsideReceipt
from pos_engine.wire.sync import (
    IssuedCoupon,
    ReceiptDocument,
    ReturnOf,
    RightUse,
    Tender,
    ToldBalance,
    UploadItem,
)

ITEM_OVERHEAD_BYTES = 160
"""JSON around one receipt in a batch: keys, epoch, seq and a 64-character hash."""


@dataclass(frozen=True)
class ReceiptDraft:
    """A closed sale before it has its numbers. The documents are the core's, exactly as they were evaluated."""

    business_day: date
    sale_ref: str
    set_version: int
    campaign_hashes: Mapping[str, str]
    tariff: bytes
    basket: bytes
    member: bytes
    usage: bytes
    moment: bytes
    outcome: bytes
    kind: Literal["sale", "void", "return", "account"] = "sale"
    operator: str = ""
    member_id: str = ""
    card_id: str = ""
    tenders: tuple[Tender, ...] = ()
    issued_coupons: tuple[IssuedCoupon, ...] = ()
    bookings: tuple[Booking, ...] = ()
    balances: tuple[ToldBalance, ...] = ()
    rights: tuple[RightUse, ...] = ()
    returned: ReturnOf | None = None
    card_came: CardCame | None = None


@dataclass(frozen=True)
class Stamp:
    """When and in which run of the machine something was closed: what a wrong wall clock is corrected with."""

    now: datetime
    boot_id: str
    monotonic_ms: int


@dataclass(frozen=True)
class DayTotals:
    """This till's own count of one business day. A void counts as a receipt and takes its amounts back."""

    receipts: int = 0
    redemptions: int = 0
    due_minor: int = 0
    discount_minor: int = 0


_ENCODER = msgspec.json.Encoder(order="deterministic")
_OUTCOME = msgspec.json.Decoder(Outcome)


def receipt_id_of(receipt: ReceiptDocument) -> str:
    """`workstation:epoch:seq`: how other documents name a receipt."""
    return f"{receipt.workstation_id}:{receipt.epoch}:{receipt.seq}"


def redemption_count(receipt: ReceiptDocument, outcome: Outcome) -> int:
    """Offers that gave something on this receipt; negative on a void, which takes them back; others have none."""
    return {"sale": 1, "void": -1, "return": 0, "account": 0}[receipt.kind] * len(outcome.applied)


def append(
    connection: Connection, identity: TillIdentity, draft: ReceiptDraft, stamp: Stamp
) -> tuple[ReceiptDocument, Outcome]:
    """Give the draft its numbers and keep its bytes. Runs inside the caller's transaction."""
    epoch = current_epoch(connection, identity)
    if epoch == 0:
        raise JournalError(
            "not_enrolled", "This till has no epoch yet: its enrolment was not finished. Enrol it again."
        )
    outcome = _OUTCOME.decode(draft.outcome)
    receipt = ReceiptDocument(
        organisation_id=identity.organisation_id,
        store_id=identity.store_id,
        workstation_id=identity.workstation_id,
        epoch=epoch,
        seq=_next_seq(connection, identity, epoch),
        business_day=draft.business_day,
        sequence_no=_next_sequence_no(connection, identity, draft.business_day),
        kind=draft.kind,
        sale_ref=draft.sale_ref,
        closed_at=stamp.now,
        boot_id=stamp.boot_id,
        monotonic_ms=stamp.monotonic_ms,
        operator=draft.operator,
        member_id=draft.member_id,
        card_id=draft.card_id,
        set_version=draft.set_version,
        campaign_hashes=draft.campaign_hashes,
        tariff=msgspec.Raw(draft.tariff),
        basket=msgspec.Raw(draft.basket),
        member=msgspec.Raw(draft.member),
        usage=msgspec.Raw(draft.usage),
        moment=msgspec.Raw(draft.moment),
        outcome=msgspec.Raw(draft.outcome),
        tenders=draft.tenders,
        issued_coupons=draft.issued_coupons,
        bookings=draft.bookings,
        balances=draft.balances,
        rights=draft.rights,
        returned=draft.returned,
        card_came=draft.card_came,
    )
    _insert(connection, receipt, outcome)
    _count(connection, receipt, outcome)
    return receipt, outcome


def _next_seq(connection: Connection, identity: TillIdentity, epoch: int) -> int:
    row = connection.execute(
        "UPDATE epochs SET last_seq = last_seq + 1"
        " WHERE organisation_id = ? AND workstation_id = ? AND epoch = ? RETURNING last_seq",
        (identity.organisation_id, identity.workstation_id, epoch),
    ).fetchone()
    return int(row[0])


def _next_sequence_no(connection: Connection, identity: TillIdentity, business_day: date) -> int:
    row = connection.execute(
        "INSERT INTO days (organisation_id, store_id, workstation_id, business_day, last_sequence_no)"
        " VALUES (?, ?, ?, ?, 1) ON CONFLICT DO UPDATE SET last_sequence_no = last_sequence_no + 1"
        " RETURNING last_sequence_no",
        (identity.organisation_id, identity.store_id, identity.workstation_id, business_day.isoformat()),
    ).fetchone()
    return int(row[0])


def _insert(connection: Connection, receipt: ReceiptDocument, outcome: Outcome) -> None:
    raw = _ENCODER.encode(receipt)
    connection.execute(
        "INSERT INTO receipts (organisation_id, workstation_id, epoch, seq, store_id, business_day, sequence_no, kind,"
        " sale_ref, operator, member_id, set_version, closed_at, value_minor, discount_minor, due_minor, sha256, raw)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            receipt.organisation_id,
            receipt.workstation_id,
            receipt.epoch,
            receipt.seq,
            receipt.store_id,
            receipt.business_day.isoformat(),
            receipt.sequence_no,
            receipt.kind,
            receipt.sale_ref,
            receipt.operator,
            receipt.member_id,
            receipt.set_version,
            receipt.closed_at.isoformat(),
            outcome.total_value_minor,
            outcome.total_discount_minor,
            outcome.total_due_minor,
            hashlib.sha256(raw).hexdigest(),
            raw,
        ),
    )


def _count(connection: Connection, receipt: ReceiptDocument, outcome: Outcome) -> None:
    connection.execute(
        "UPDATE days SET receipts = receipts + 1, redemptions = redemptions + ?, due_minor = due_minor + ?,"
        " discount_minor = discount_minor + ?"
        " WHERE organisation_id = ? AND store_id = ? AND workstation_id = ? AND business_day = ?",
        (
            redemption_count(receipt, outcome),
            outcome.total_due_minor,
            outcome.total_discount_minor,
            receipt.organisation_id,
            receipt.store_id,
            receipt.workstation_id,
            receipt.business_day.isoformat(),
        ),
    )


_WAITING = (
    " FROM receipts AS r JOIN epochs AS e USING (organisation_id, workstation_id, epoch)"
    " WHERE r.organisation_id = ? AND r.workstation_id = ? AND r.seq > e.acknowledged_seq"
)


def batch(connection: Connection, identity: TillIdentity, items_max: int, bytes_max: int) -> tuple[UploadItem, ...]:
    """The oldest receipts that wait, of one epoch, in order of seq. Always one when any waits, however large."""
    key = (identity.organisation_id, identity.workstation_id)
    oldest = connection.execute(f"SELECT min(r.epoch) {_WAITING}", key).fetchone()[0]
    items: list[UploadItem] = []
    size_bytes = 0
    rows = connection.execute(
        f"SELECT r.epoch, r.seq, r.sha256, r.raw {_WAITING} AND r.epoch = ? ORDER BY r.seq LIMIT ?",
        (*key, oldest, items_max),
    )
    for epoch, seq, sha256, raw in rows:
        size_bytes += len(raw) + ITEM_OVERHEAD_BYTES
        if items and size_bytes > bytes_max:
            break
        items.append(UploadItem(epoch=epoch, seq=seq, sha256=sha256, raw=raw.decode()))
    return tuple(items)


def count_waiting(connection: Connection, identity: TillIdentity) -> int:
    """Receipts that have not safely arrived."""
    row = connection.execute(
        f"SELECT count(*) {_WAITING}",
        (identity.organisation_id, identity.workstation_id),
    ).fetchone()
    return int(row[0])


def acknowledge(connection: Connection, identity: TillIdentity, epoch: int, acknowledged_seq: int) -> None:
    """Everything up to this seq is safely stored there. The mark never goes beyond our own last seq."""
    connection.execute(
        "UPDATE epochs SET acknowledged_seq = max(acknowledged_seq, min(?, last_seq))"
        " WHERE organisation_id = ? AND workstation_id = ? AND epoch = ?",
        (acknowledged_seq, identity.organisation_id, identity.workstation_id, epoch),
    )


def marks_too_high(connection: Connection, identity: TillIdentity, marks: Mapping[int, int]) -> dict[int, int]:
    """Epochs of which a back-office that was restored from a backup has less than it had acknowledged → the new mark.

    `marks`: epoch → what is stored there without gaps. The new mark lies before all that is still here: below the
    back-office's own one it may have lost a receipt that was kept aside, because its number was another one's. What
    arrived already is known there by its hash; what this till has deleted since cannot be handed over.
    """
    rows = connection.execute(
        "SELECT e.epoch, e.acknowledged_seq, min(r.seq) FROM epochs AS e"
        " JOIN receipts AS r USING (organisation_id, workstation_id, epoch)"
        " WHERE e.organisation_id = ? AND e.workstation_id = ? GROUP BY e.epoch, e.acknowledged_seq",
        (identity.organisation_id, identity.workstation_id),
    )
    found = {}
    for epoch, acknowledged_seq, kept_from in rows:
        if max(marks.get(epoch, 0), kept_from - 1) < acknowledged_seq:
            found[epoch] = kept_from - 1
    return found


def marks_before_aside(connection: Connection, identity: TillIdentity) -> dict[int, int]:
    """Epochs with receipts that the back-office kept aside → the mark before the first of them.

    An older copy of it may have lost them and still hold other receipts under their numbers, so that its own marks do
    not tell.
    """
    rows = connection.execute(
        "SELECT e.epoch, min(r.seq) - 1 FROM epochs AS e"
        " JOIN receipts AS r USING (organisation_id, workstation_id, epoch)"
        " WHERE e.organisation_id = ? AND e.workstation_id = ? AND r.quarantine_code <> ''"
        " GROUP BY e.epoch, e.acknowledged_seq HAVING min(r.seq) <= e.acknowledged_seq",
        (identity.organisation_id, identity.workstation_id),
    )
    return dict(rows.fetchall())


def aside_after(
    connection: Connection, identity: TillIdentity, epoch: int, seq: int, limit: int
) -> tuple[AsideReceipt, ...]:
    """Receipts after this number that the back-office kept aside and that do not wait, in order of their numbers."""
    rows = connection.execute(
        "SELECT r.epoch, r.seq, r.sha256 FROM receipts AS r JOIN epochs AS e USING"
        " (organisation_id, workstation_id, epoch)"
        " WHERE r.organisation_id = ? AND r.workstation_id = ? AND (r.epoch, r.seq) > (?, ?)"
        " AND r.quarantine_code <> '' AND r.seq <= e.acknowledged_seq ORDER BY r.epoch, r.seq LIMIT ?",
        (identity.organisation_id, identity.workstation_id, epoch, seq, limit),
    )
    return tuple(AsideReceipt(epoch=epoch, seq=seq, sha256=sha256) for epoch, seq, sha256 in rows)


def lower_marks(connection: Connection, identity: TillIdentity, marks: Mapping[int, int]) -> None:
    """Receipts above these marks wait to be handed over again."""
    connection.executemany(
        "UPDATE epochs SET acknowledged_seq = ? WHERE organisation_id = ? AND workstation_id = ? AND epoch = ?",
        [(mark, identity.organisation_id, identity.workstation_id, epoch) for epoch, mark in marks.items()],
    )


def kept_from(connection: Connection, identity: TillIdentity, epoch: int) -> int:
    """The lowest seq of an epoch whose receipt is still here; 0 when none is."""
    row = connection.execute(
        "SELECT min(seq) FROM receipts WHERE organisation_id = ? AND workstation_id = ? AND epoch = ?",
        (identity.organisation_id, identity.workstation_id, epoch),
    ).fetchone()
    return row[0] or 0


def note_quarantined(
    connection: Connection, identity: TillIdentity, epoch: int, seq: int, code: str, text: str
) -> None:
    """The back-office kept this receipt but did not understand it."""
    connection.execute(
        "UPDATE receipts SET quarantine_code = ?, quarantine_text = ?"
        " WHERE organisation_id = ? AND workstation_id = ? AND epoch = ? AND seq = ?",
        (code, text, identity.organisation_id, identity.workstation_id, epoch, seq),
    )


def last_seq(connection: Connection, identity: TillIdentity) -> int:
    """The highest seq given in the current epoch, also when its receipt was deleted since; 0 before the first."""
    row = connection.execute(
        "SELECT last_seq FROM epochs WHERE organisation_id = ? AND workstation_id = ? ORDER BY epoch DESC LIMIT 1",
        (identity.organisation_id, identity.workstation_id),
    ).fetchone()
    return 0 if row is None else int(row[0])


def day_totals(connection: Connection, identity: TillIdentity, business_day: date) -> DayTotals:
    """The till's own count of a day; zeros for a day without receipts."""
    row = connection.execute(
        "SELECT receipts, redemptions, due_minor, discount_minor FROM days"
        " WHERE organisation_id = ? AND store_id = ? AND workstation_id = ? AND business_day = ?",
        (identity.organisation_id, identity.store_id, identity.workstation_id, business_day.isoformat()),
    ).fetchone()
    return DayTotals() if row is None else DayTotals(*row)


def business_days(connection: Connection, identity: TillIdentity) -> tuple[date, ...]:
    """Days with receipts, oldest first."""
    rows = connection.execute(
        "SELECT business_day FROM days WHERE organisation_id = ? AND store_id = ? AND workstation_id = ? ORDER BY 1",
        (identity.organisation_id, identity.store_id, identity.workstation_id),
    )
    return tuple(date.fromisoformat(row[0]) for row in rows)
