"""Which moves on cards wait, for their card, for a person, or for their till; and which are settled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal, cast

from sqlalchemy import and_, bindparam, or_, select
from sqlalchemy.orm import Session
from sqlalchemy.sql import ColumnElement

from backoffice.prepared import Prepared
from backoffice.sync_api.models import CardMove
from pos_engine.wire.card_moves import MOVES_MAX
from pos_engine.wire.heartbeat import KnownMove, MoveFate

UNDECIDED: Final = ("pending", "unclear")
CARD: Final = "card"
"""Whose word a state is, once the card has told it."""


def known_moves(session: Session, organisation_id: str, workstation_id: str) -> tuple[KnownMove, ...]:
    """What a till's next heartbeat is told: its undecided moves, and decisions that it has not confirmed."""
    session.flush()
    rows = _KNOWN.all(session.connection(), organisation=organisation_id, till=workstation_id)
    return tuple(map(known, rows))


def undecided() -> ColumnElement[bool]:
    """Moves of which nobody has said what became of them."""
    return and_(or_(*(CardMove.state == state for state in UNDECIDED)), CardMove.decision == "")


def unconfirmed() -> ColumnElement[bool]:
    """Decisions that the till has not taken over yet."""
    return and_(CardMove.decision != "", CardMove.settled_by != CARD, CardMove.decision != CardMove.state)


def known(row: Any) -> KnownMove:  # noqa: ANN401 - a move, or a row with its columns
    """A move as its till is told of it."""
    # A till that came back from an old disk asks again of a move that its card has decided meanwhile.
    decision = row.state if row.settled_by == CARD else row.decision
    return KnownMove(
        move_id=row.move_id,
        state=cast("MoveFate", row.state),
        decision=cast('Literal["", "done", "undone"]', decision),
    )


_KNOWN: Final = Prepared(
    select(CardMove.move_id, CardMove.state, CardMove.decision, CardMove.settled_by)
    .where(
        CardMove.organisation_id == bindparam("organisation"),
        CardMove.workstation_id == bindparam("till"),
        or_(undecided(), unconfirmed()),
    )
    .order_by(CardMove.begun_at, CardMove.move_id)
    .limit(MOVES_MAX)
)
"""Made once: every till asks with each contact."""


def open_moves(session: Session, organisation_id: str, limit: int) -> Sequence[CardMove]:
    """Moves that wait for their card or for a person, oldest first."""
    return session.scalars(
        select(CardMove)
        .where(CardMove.organisation_id == organisation_id, undecided())
        .order_by(CardMove.begun_at, CardMove.workstation_id, CardMove.move_id)
        .limit(limit)
    ).all()


def settled_moves(session: Session, organisation_id: str, limit: int) -> Sequence[CardMove]:
    """Moves that were in doubt and are not any more, newest first."""
    return session.scalars(
        select(CardMove)
        .where(CardMove.organisation_id == organisation_id, or_(CardMove.decision != "", CardMove.settled_by == CARD))
        .order_by(CardMove.begun_at.desc(), CardMove.workstation_id, CardMove.move_id)
        .limit(limit)
    ).all()
