"""Messages to members and what became of them. Programs read it; only people send."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.api import documents as d
from backoffice.api.calls import Call, Operation, cursor_of, key_of
from backoffice.api.problems import not_found
from backoffice.api.scopes import Scope
from backoffice.messaging.models import Mailing
from backoffice.messaging.results import results_of
from backoffice.messaging.services import mailing_of


def list_messages(session: Session, call: Call) -> d.Page[d.MessageShort]:
    """All messages that people wrote, by id: in the order in which they were begun."""
    query: d.PageQuery = call.query
    statement = select(Mailing).where(Mailing.organisation_id == call.organisation_id, Mailing.source == "")
    after = key_of(query.cursor, 1)
    if after:
        statement = statement.where(Mailing.mailing_id > after[0])
    rows = session.scalars(statement.order_by(Mailing.mailing_id).limit(query.limit + 1)).all()
    shown = rows[: query.limit]
    more = cursor_of(shown[-1].mailing_id) if len(rows) > query.limit else None
    return d.Page[d.MessageShort](items=tuple(d.MessageShort(**_short(row)) for row in shown), next_cursor=more)


def get_message(session: Session, call: Call) -> d.MessageFull:
    """One message with its figures as they are now; of its recipients nobody is named."""
    mailing = mailing_of(session, call.organisation_id, call.path["mailing_id"])
    if mailing is None:
        raise not_found("message")
    results = results_of(session, mailing)
    return d.MessageFull(
        **_short(mailing),
        messages=results.total,
        waiting=results.waiting,
        out=results.out,
        opened=results.opened,
        clicked=results.clicked,
        states=dict(results.states),
        refused=dict(results.reasons),
        cost_e4=results.cost_e4,
    )


def _short(row: Mailing) -> dict[str, Any]:
    return {name: getattr(row, name) for name in d.MessageShort.__struct_fields__}


OPERATIONS: Final = (
    Operation(
        "listMessages", "GET", "/messages", "Messages to members", Scope.MESSAGES_READ, list_messages,
        d.Page[d.MessageShort], query=d.PageQuery,
    ),
    Operation(
        "getMessage", "GET", "/messages/{mailing_id}", "What became of a message", Scope.MESSAGES_READ, get_message,
        d.MessageFull,
    ),
)  # fmt: skip
