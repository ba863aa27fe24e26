"""What a second person was asked about, and what was answered. Programs read it; only people say yes or no."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from backoffice.api import documents as d
from backoffice.api.calls import Call, Operation, cursor_of, key_of
from backoffice.api.scopes import Scope
from backoffice.approvals.kinds import subject_of
from backoffice.approvals.models import Approval
from backoffice.approvals.services import standing

KEY_PARTS: Final = 2


def list_approvals(session: Session, call: Call) -> d.Page[d.ApprovalShort]:
    """The last question about each campaign, message and flow, by kind and id; `void`: it changed since."""
    query: d.PageQuery = call.query
    statement = select(Approval).where(Approval.organisation_id == call.organisation_id)
    after = key_of(query.cursor, KEY_PARTS)
    if after:
        statement = statement.where(tuple_(Approval.subject_kind, Approval.subject_id) > after)
    rows = session.scalars(statement.order_by(Approval.subject_kind, Approval.subject_id).limit(query.limit + 1)).all()
    shown = rows[: query.limit]
    more = cursor_of(shown[-1].subject_kind, shown[-1].subject_id) if len(rows) > query.limit else None
    found = [_short(session, row) for row in shown]
    return d.Page[d.ApprovalShort](items=tuple(each for each in found if each is not None), next_cursor=more)


def _short(session: Session, row: Approval) -> d.ApprovalShort | None:
    subject = subject_of(session, row.organisation_id, row.subject_kind, row.subject_id)
    if subject is None:
        return None
    return d.ApprovalShort(
        kind=row.subject_kind,
        subject_id=row.subject_id,
        name=subject.name,
        state=standing(subject, row).word,
        submitted_by=row.submitted_by,
        submitted_at=row.submitted_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        note=row.note,
    )


OPERATIONS: Final = (
    Operation(
        "listApprovals",
        "GET",
        "/approvals",
        "What a second person was asked about",
        Scope.APPROVALS_READ,
        list_approvals,
        d.Page[d.ApprovalShort],
        query=d.PageQuery,
    ),
)
