"""What cashiers did, as their tills tell it: put on record once, shown to whoever looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.bulk import execute_many, upsert
from backoffice.cashiers.late_credit import ask
from backoffice.cashiers.models import OperatorActionRow
from backoffice.clock import Clock
from backoffice.loyalty.models import LedgerPosting
from backoffice.sync_api.tills import Till, foreign_workstation
from pos_engine.wire.cashiers import OperatorActionAnswer, OperatorActionBody, OperatorActionReport

LATE_CREDIT: Final = "late_credit"
CORRECTION: Final = "correction"


def receive(session: Session, clock: Clock, till: Till, report: OperatorActionReport) -> OperatorActionAnswer:
    """Keep what a till tells; what is told again changes nothing. ApiError 403: it speaks for another till."""
    if report.workstation_id != till.workstation_id:
        raise foreign_workstation(report.workstation_id)
    ids = [body.action_id for body in report.actions]
    known = set(
        session.scalars(
            select(OperatorActionRow.action_id).where(
                OperatorActionRow.organisation_id == till.organisation_id,
                OperatorActionRow.workstation_id == till.workstation_id,
                OperatorActionRow.action_id.in_(ids),
            )
        )
    )
    fresh = {body.action_id: body for body in report.actions if body.action_id not in known}
    now = clock.now()
    execute_many(
        session,
        upsert(session, OperatorActionRow).on_conflict_do_nothing(),
        [_row(till, body, now) for body in fresh.values()],
    )
    for body in fresh.values():
        if body.action == LATE_CREDIT:
            asked_by = f"{till.workstation_id} {body.operator}".strip()
            ask(session, till.organisation_id, body.subject, body.member_id, asked_by, now)
    return OperatorActionAnswer(action_ids=tuple(ids))


def _row(till: Till, body: OperatorActionBody, now: datetime) -> dict[str, object]:
    return {
        "organisation_id": till.organisation_id,
        "workstation_id": till.workstation_id,
        "action_id": body.action_id,
        "action": body.action,
        "operator": body.operator,
        "subject": body.subject,
        "amount_minor": body.amount_minor,
        "member_id": body.member_id[:64],
        "by_pin": body.by_pin,
        "done_at": body.done_at,
        "told_at": now,
    }


@dataclass(frozen=True)
class ActionFilter:
    """Which acts: of days (both inclusive, local), of a till, of an operator; empty: all."""

    first: date
    last: date
    zone: str
    workstation_id: str = ""
    operator: str = ""


def actions_of(session: Session, organisation_id: str, wanted: ActionFilter, limit: int) -> Sequence[OperatorActionRow]:
    """Newest first."""
    zone = ZoneInfo(wanted.zone)
    begin = datetime.combine(wanted.first, time(), zone)
    end = datetime.combine(wanted.last + timedelta(days=1), time(), zone)
    query = select(OperatorActionRow).where(
        OperatorActionRow.organisation_id == organisation_id,
        OperatorActionRow.done_at >= begin,
        OperatorActionRow.done_at < end,
    )
    if wanted.workstation_id:
        query = query.where(OperatorActionRow.workstation_id == wanted.workstation_id)
    if wanted.operator:
        query = query.where(OperatorActionRow.operator == wanted.operator)
    newest = query.order_by(OperatorActionRow.done_at.desc(), OperatorActionRow.action_id)
    return session.scalars(newest.limit(limit)).all()


def units_of(session: Session, organisation_id: str, rows: Sequence[OperatorActionRow]) -> dict[str, str]:
    """What corrections were about: receipt id → points or value; one that has not arrived yet is left out."""
    subjects = [row.subject for row in rows if row.action == CORRECTION]
    found = session.execute(
        select(LedgerPosting.entry_id, LedgerPosting.unit).where(
            LedgerPosting.organisation_id == organisation_id, LedgerPosting.entry_id.in_(subjects)
        )
    )
    return {row.entry_id: row.unit for row in found}
