"""Who did what that must be on record: voids and reprints."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pos_engine.journal.engine import Connection

ActionKind = Literal["void_open", "void_closed", "reprint", "return"]


@dataclass(frozen=True)
class OperatorAction:
    """One entry; `subject`: the receipt or the sale it was done to."""

    done_at: datetime
    operator: str
    action: str
    subject: str


def record(
    connection: Connection, organisation_id: str, now: datetime, operator: str, action: ActionKind, subject: str
) -> None:
    """Add an entry."""
    connection.execute(
        "INSERT INTO operator_actions (organisation_id, done_at, operator, action, subject) VALUES (?, ?, ?, ?, ?)",
        (organisation_id, now.isoformat(), operator, action, subject),
    )


def recent(connection: Connection, organisation_id: str, limit: int) -> tuple[OperatorAction, ...]:
    """Newest first."""
    rows = connection.execute(
        "SELECT done_at, operator, action, subject FROM operator_actions WHERE organisation_id = ?"
        " ORDER BY action_no DESC LIMIT ?",
        (organisation_id, limit),
    )
    return tuple(OperatorAction(datetime.fromisoformat(row[0]), *row[1:]) for row in rows)
