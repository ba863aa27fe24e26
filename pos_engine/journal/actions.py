"""Who did what that must be on record: voids, reprints, top-ups … The back-office is told until it has them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from pos_engine.journal.engine import Connection
from pos_engine.wire.cashiers import Action

ActionKind = Action
_ID_HEX_DIGITS = 32


@dataclass(frozen=True)
class Act:
    """What somebody does now. `subject`: the receipt or the sale; `by_pin`: the operator gave a PIN."""

    operator: str
    action: ActionKind
    subject: str
    amount_minor: int = 0
    member_id: str = ""
    by_pin: bool = False


@dataclass(frozen=True)
class OperatorAction:
    """One entry; `subject`: the receipt or the sale it was done to."""

    action_no: int
    done_at: datetime
    operator: str
    action: ActionKind
    subject: str
    amount_minor: int
    member_id: str
    by_pin: bool

    def id_at(self, workstation_id: str) -> str:
        """Its name over there: the same when it is told again, another one when an old disk numbers anew."""
        told = f"{workstation_id}\0{self.action_no}\0{self.done_at.isoformat()}\0{self.action}\0{self.subject}"
        return hashlib.sha256(told.encode()).hexdigest()[:_ID_HEX_DIGITS]


def record(connection: Connection, organisation_id: str, now: datetime, act: Act) -> None:
    """Add an entry."""
    connection.execute(
        "INSERT INTO operator_actions"
        " (organisation_id, done_at, operator, action, subject, amount_minor, member_id, by_pin)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            organisation_id,
            now.isoformat(),
            *(act.operator, act.action, act.subject, act.amount_minor, act.member_id, int(act.by_pin)),
        ),
    )


def recent(connection: Connection, organisation_id: str, limit: int) -> tuple[OperatorAction, ...]:
    """Newest first."""
    rows = connection.execute(
        "SELECT action_no, done_at, operator, action, subject, amount_minor, member_id, by_pin"
        " FROM operator_actions WHERE organisation_id = ? ORDER BY action_no DESC LIMIT ?",
        (organisation_id, limit),
    )
    return tuple(map(_action, rows))


def waiting(connection: Connection, organisation_id: str, limit: int) -> tuple[OperatorAction, ...]:
    """What the back-office has not confirmed, oldest first."""
    rows = connection.execute(
        "SELECT action_no, done_at, operator, action, subject, amount_minor, member_id, by_pin"
        " FROM operator_actions WHERE told = 0 AND organisation_id = ? ORDER BY action_no LIMIT ?",
        (organisation_id, limit),
    )
    return tuple(map(_action, rows))


def confirm(connection: Connection, action_nos: Iterable[int]) -> None:
    """The back-office has these."""
    connection.executemany("UPDATE operator_actions SET told = 1 WHERE action_no = ?", [(no,) for no in action_nos])


def tell_again(connection: Connection) -> None:
    """An older copy of the back-office was put back: what it was told since is lost there."""
    connection.execute("UPDATE operator_actions SET told = 0")


def prune(connection: Connection, before: datetime) -> None:
    """Forget what is old and on record over there."""
    connection.execute("DELETE FROM operator_actions WHERE told = 1 AND done_at < ?", (before.isoformat(),))


def _action(row: tuple[int, str, str, ActionKind, str, int, str, int]) -> OperatorAction:
    return OperatorAction(row[0], datetime.fromisoformat(row[1]), *row[2:7], by_pin=bool(row[7]))
