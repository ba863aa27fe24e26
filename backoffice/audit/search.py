"""Looking through the record: by person, kind of thing and day, newest first, a page at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from backoffice.audit.models import AuditEntry

PAGE_ROWS: Final = 100
PEOPLE_MAX: Final = 500
"""Names offered to choose from; anybody else is typed."""
EXPORT_ROWS_AT_ONCE: Final = 2_000


@dataclass(frozen=True)
class Wanted:
    """What is looked for; empty or None: all. `before_seq`: only entries older than this one."""

    actor: str = ""
    subject_kind: str = ""
    first_day: date | None = None
    last_day: date | None = None
    zone: str = "UTC"
    before_seq: int | None = None


def entries(session: Session, organisation_id: str, wanted: Wanted, limit: int = PAGE_ROWS) -> Sequence[AuditEntry]:
    """The newest entries that fit."""
    return session.scalars(_narrowed(organisation_id, wanted).order_by(AuditEntry.seq.desc()).limit(limit)).all()


def all_entries(session: Session, organisation_id: str, wanted: Wanted) -> Iterator[AuditEntry]:
    """Every entry that fits, the oldest first, read while it is sent."""
    after = 0
    while rows := session.scalars(
        _narrowed(organisation_id, wanted)
        .where(AuditEntry.seq > after)
        .order_by(AuditEntry.seq)
        .limit(EXPORT_ROWS_AT_ONCE)
    ).all():
        yield from rows
        after = rows[-1].seq
        session.expunge_all()


def people(session: Session, organisation_id: str) -> Sequence[str]:
    """Who has done something, by name."""
    asked = select(AuditEntry.actor).where(AuditEntry.organisation_id == organisation_id).distinct()
    return session.scalars(asked.order_by(AuditEntry.actor).limit(PEOPLE_MAX)).all()


def kinds(session: Session, organisation_id: str) -> Sequence[str]:
    """Kinds of things that something was done to."""
    asked = select(AuditEntry.subject_kind).where(AuditEntry.organisation_id == organisation_id).distinct()
    return session.scalars(asked.order_by(AuditEntry.subject_kind)).all()


def _narrowed(organisation_id: str, wanted: Wanted) -> Select[AuditEntry]:
    asked = select(AuditEntry).where(AuditEntry.organisation_id == organisation_id)
    if wanted.actor:
        asked = asked.where(AuditEntry.actor == wanted.actor)
    if wanted.subject_kind:
        asked = asked.where(AuditEntry.subject_kind == wanted.subject_kind)
    if wanted.first_day is not None:
        asked = asked.where(AuditEntry.at >= _midnight(wanted.first_day, wanted.zone))
    if wanted.last_day is not None:
        asked = asked.where(AuditEntry.at < _midnight(wanted.last_day + timedelta(days=1), wanted.zone))
    if wanted.before_seq is not None:
        asked = asked.where(AuditEntry.seq < wanted.before_seq)
    return asked


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone))
