"""The record as a chain of hashes: each entry is sealed together with the seal before it.

Whoever can write to the database can still write a new chain; what they cannot do is write one that the tills, which
were told the newest seal with every contact, and every printed or exported seal agree with.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import msgspec
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from backoffice.audit.models import AuditEntry, AuditHead
from backoffice.bulk import table_of
from backoffice.prepared import Prepared

FIRST_SEAL: Final = bytes(32)
"""What stands before the first entry."""

ROWS_AT_ONCE: Final = 2_000


@dataclass(frozen=True)
class Head:
    """The newest entry of an organisation's record: its number, 0 before the first one, and its seal."""

    seq: int
    seal: bytes


@dataclass(frozen=True)
class Verdict:
    """What checking a record found: how many entries fit, and the number of the first that does not; 0 when all do."""

    entries: int
    broken_at: int
    head: Head


def seal_of(before: bytes, values: tuple[str | int, ...]) -> bytes:
    """SHA-256 over the seal before and the entry's values as JSON (RFC 8259) in the order of the columns."""
    return hashlib.sha256(before + msgspec.json.encode(values)).digest()


def sealed_values(entry: AuditEntry) -> tuple[str | int, ...]:
    """What of an entry is under its seal: everything."""
    return (
        entry.organisation_id,
        entry.seq,
        entry.entry_id,
        instant_text(entry.at),
        entry.actor,
        entry.action,
        entry.subject_kind,
        entry.subject_id,
        entry.details,
    )


def instant_text(at: datetime) -> str:
    """A moment in UTC with all six digits of its microseconds (RFC 3339), the same from every database."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def append(session: Session, entry: AuditEntry) -> None:
    """Number, seal and add an entry. The transaction holds the write lock, so that no other can take the number."""
    head = session.get(AuditHead, entry.organisation_id)
    if head is None:
        head = AuditHead(organisation_id=entry.organisation_id, seq=0, seal=FIRST_SEAL)
        session.add(head)
    entry.seq = head.seq + 1
    entry.seal = seal_of(head.seal, sealed_values(entry))
    head.seq, head.seal = entry.seq, entry.seal
    session.add(entry)


def head_of(session: Session, organisation_id: str) -> Head:
    """The newest number and seal."""
    session.flush()
    row = _HEAD.one(session.connection(), organisation=organisation_id)
    return Head(0, FIRST_SEAL) if row is None else Head(row.seq, row.seal)


def knows(session: Session, organisation_id: str, seen: Head) -> bool:
    """Whether the record still holds the entry that somebody was told of, under the same seal."""
    if seen.seq == 0:
        return True
    session.flush()
    return bool(_SEAL.value(session.connection(), organisation=organisation_id, seq=seen.seq) == seen.seal)


_HEADS, _ENTRIES = table_of(AuditHead), table_of(AuditEntry)
# Made once: every contact of a till asks both.
_HEAD: Final = Prepared(
    select(_HEADS.c.seq, _HEADS.c.seal).where(_HEADS.c.organisation_id == bindparam("organisation"))
)
_SEAL: Final = Prepared(
    select(_ENTRIES.c.seal).where(
        _ENTRIES.c.organisation_id == bindparam("organisation"), _ENTRIES.c.seq == bindparam("seq")
    )
)


def verify(session: Session, organisation_id: str) -> Verdict:
    """Read the whole record again, from its first entry to its head."""
    before, count = FIRST_SEAL, 0
    head = head_of(session, organisation_id)
    while rows := session.scalars(
        select(AuditEntry)
        .where(AuditEntry.organisation_id == organisation_id, AuditEntry.seq > count)
        .order_by(AuditEntry.seq)
        .limit(ROWS_AT_ONCE)
    ).all():
        for entry in rows:
            if entry.seq != count + 1 or entry.seal != seal_of(before, sealed_values(entry)):
                return Verdict(count, count + 1, head)
            before, count = entry.seal, entry.seq
    broken_at = 0 if head == Head(count, before) else count + 1
    return Verdict(count, broken_at, head)
