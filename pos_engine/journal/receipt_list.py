"""Looking at receipts that were recorded: heads out of the projection, the whole out of the bytes as written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

import msgspec

from pos_engine.journal.engine import Connection
from pos_engine.journal.identity import TillIdentity
from pos_engine.wire.sync import ReceiptDocument

_DECODER = msgspec.json.Decoder(ReceiptDocument)


@dataclass(frozen=True)
class StoredReceipt:
    """A receipt's head, as the journal projects it from the raw bytes."""

    receipt_id: str
    epoch: int
    seq: int
    business_day: date
    sequence_no: int
    kind: Literal["sale", "void", "return", "account"]
    sale_ref: str
    operator: str
    member_id: str
    closed_at: datetime
    value_minor: int
    discount_minor: int
    due_minor: int
    acknowledged: bool
    quarantine_code: str


_HEAD = (
    "SELECT r.workstation_id, r.epoch, r.seq, r.business_day, r.sequence_no, r.kind, r.sale_ref, r.operator,"
    " r.member_id, r.closed_at, r.value_minor, r.discount_minor, r.due_minor, r.seq <= e.acknowledged_seq,"
    " r.quarantine_code FROM receipts AS r JOIN epochs AS e USING (organisation_id, workstation_id, epoch)"
    " WHERE r.organisation_id = ? AND r.workstation_id = ?"
)


LOOKED_AT_MAX = 20_000
"""Receipts that a search goes through, newest first: two months of a busy till, a few milliseconds."""


def recent(connection: Connection, identity: TillIdentity, limit: int) -> tuple[StoredReceipt, ...]:
    """The newest receipts of this till, newest first."""
    rows = connection.execute(
        f"{_HEAD} ORDER BY r.epoch DESC, r.seq DESC LIMIT ?",
        (identity.organisation_id, identity.workstation_id, limit),
    )
    return tuple(map(_stored, rows))


def sales(
    connection: Connection, identity: TillIdentity, member_id: str, sequence_no: int, limit: int
) -> tuple[StoredReceipt, ...]:
    """Sales of this till, newest first: of a member (empty: anybody's), with a number on paper (0: any)."""
    rows = connection.execute(
        f"SELECT * FROM ({_HEAD} ORDER BY r.epoch DESC, r.seq DESC LIMIT ?)"  # noqa: S608 - from this module alone
        " WHERE kind = 'sale' AND member_id IN (?, iif(? = '', member_id, NULL))"
        " AND sequence_no IN (?, iif(? = 0, sequence_no, NULL)) LIMIT ?",
        (
            *(identity.organisation_id, identity.workstation_id, LOOKED_AT_MAX),
            *(member_id, member_id, sequence_no, sequence_no, limit),
        ),
    )
    return tuple(map(_stored, rows))


def _stored(row: tuple[Any, ...]) -> StoredReceipt:
    return StoredReceipt(
        receipt_id=f"{row[0]}:{row[1]}:{row[2]}",
        epoch=row[1],
        seq=row[2],
        business_day=date.fromisoformat(row[3]),
        sequence_no=row[4],
        kind=row[5],
        sale_ref=row[6],
        operator=row[7],
        member_id=row[8],
        closed_at=datetime.fromisoformat(row[9]),
        value_minor=row[10],
        discount_minor=row[11],
        due_minor=row[12],
        acknowledged=bool(row[13]),
        quarantine_code=row[14],
    )


def of_day(connection: Connection, identity: TillIdentity, business_day: date) -> tuple[ReceiptDocument, ...]:
    """All receipts of one business day, in the order they were closed."""
    around = (business_day - timedelta(days=1), business_day + timedelta(days=2))
    rows = connection.execute(
        "SELECT raw FROM receipts WHERE closed_at BETWEEN ? AND ? AND organisation_id = ? AND workstation_id = ?"
        " AND business_day = ? ORDER BY epoch, seq",
        (
            *(day.isoformat() for day in around),  # the index is by instant; zones are less than a day apart
            *(identity.organisation_id, identity.workstation_id, business_day.isoformat()),
        ),
    )
    return tuple(_DECODER.decode(raw) for (raw,) in rows)


def sales_of_day(connection: Connection, identity: TillIdentity, business_day: date, member_id: str) -> int:
    """Sales of a member on one business day of this till, without those that were voided."""
    around = (business_day - timedelta(days=1), business_day + timedelta(days=2))
    row = connection.execute(
        "SELECT total(CASE kind WHEN 'sale' THEN 1 WHEN 'void' THEN -1 ELSE 0 END) FROM receipts"
        " WHERE closed_at BETWEEN ? AND ? AND organisation_id = ? AND workstation_id = ?"
        " AND business_day = ? AND member_id = ?",
        (
            *(day.isoformat() for day in around),  # the index is by instant, as above
            *(identity.organisation_id, identity.workstation_id, business_day.isoformat(), member_id),
        ),
    ).fetchone()
    return int(row[0])


def find(connection: Connection, identity: TillIdentity, receipt_id: str) -> ReceiptDocument | None:
    """A receipt by its id, decoded from the bytes as written; None when it is not (or no longer) here."""
    workstation_id, _, numbers = receipt_id.partition(":")
    epoch, _, seq = numbers.partition(":")
    if not (epoch.isdecimal() and seq.isdecimal()):
        return None
    row = connection.execute(
        "SELECT raw FROM receipts WHERE organisation_id = ? AND workstation_id = ? AND epoch = ? AND seq = ?",
        (identity.organisation_id, workstation_id, int(epoch), int(seq)),
    ).fetchone()
    return None if row is None else _DECODER.decode(row[0])
