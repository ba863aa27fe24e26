"""Which rights on cards wait, for their card, for a person, or for their till; and which are settled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import and_, bindparam, or_, select
from sqlalchemy.orm import Session
from sqlalchemy.sql import ColumnElement

from backoffice.prepared import Prepared
from backoffice.sync_api.models import CardRight
from pos_engine.wire.card_rights import RIGHTS_MAX
from pos_engine.wire.heartbeat import KnownRight

SAID_BY_CARD: Final = ("done", "undone")
"""States that are the card's word."""


def known_rights(session: Session, organisation_id: str, workstation_id: str) -> tuple[KnownRight, ...]:
    """What a till's next heartbeat is told: what is in doubt of its cards, and decisions that it has not taken over."""
    session.flush()
    rows = _KNOWN.all(session.connection(), organisation=organisation_id, till=workstation_id)
    return tuple(map(known, rows))


def undecided() -> ColumnElement[bool]:
    """Changes of which neither the card nor a person has said what became of them."""
    return and_(_in_doubt(), CardRight.decision == "")


def unconfirmed() -> ColumnElement[bool]:
    """Decisions that matter to the till and that it has not taken over yet."""
    matters = or_(_in_doubt(), CardRight.taken == "used")
    return and_(CardRight.decision != "", CardRight.decision != CardRight.taken, matters)


def _in_doubt() -> ColumnElement[bool]:
    return and_(*(CardRight.state != state for state in SAID_BY_CARD))


def known(row: Any) -> KnownRight:  # noqa: ANN401 - a change, or a row with its columns
    """A change as its till is told of it."""
    return KnownRight(change_id=row.change_id, state=row.state, decision=row.decision, kept=row.kept)


_KNOWN: Final = Prepared(
    select(CardRight.change_id, CardRight.state, CardRight.decision, CardRight.kept)
    .where(
        CardRight.organisation_id == bindparam("organisation"),
        CardRight.workstation_id == bindparam("till"),
        or_(undecided(), unconfirmed()),
    )
    .order_by(CardRight.begun_at, CardRight.change_id)
    .limit(RIGHTS_MAX)
)
"""Made once: every till asks with each contact."""


def open_rights(session: Session, organisation_id: str, limit: int) -> Sequence[CardRight]:
    """Changes that wait for their card or for a person, oldest first."""
    return session.scalars(
        select(CardRight)
        .where(CardRight.organisation_id == organisation_id, undecided())
        .order_by(CardRight.begun_at, CardRight.workstation_id, CardRight.change_id)
        .limit(limit)
    ).all()


def settled_rights(session: Session, organisation_id: str, limit: int) -> Sequence[CardRight]:
    """Changes that were in doubt and are not any more, newest first."""
    return session.scalars(
        select(CardRight)
        .where(
            CardRight.organisation_id == organisation_id,
            or_(CardRight.decision != "", CardRight.state.in_(SAID_BY_CARD)),
        )
        .order_by(CardRight.begun_at.desc(), CardRight.workstation_id, CardRight.change_id)
        .limit(limit)
    ).all()
