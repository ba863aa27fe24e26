"""What tills say of moves on cards that are in doubt, and what they are told of decisions.

Laws: a move is one row, told again it is the same row; the card's word, once told, is never overwritten; a decision
stays in the list until its till has said that it took it over, or that the card says otherwise.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.clock import Clock
from backoffice.ids import UuidIds
from backoffice.sync_api.card_move_list import CARD, known
from backoffice.sync_api.models import CardMove
from backoffice.sync_api.tills import Till, foreign_workstation
from pos_engine.wire.card_moves import CardMoveAnswer, CardMoveBody, CardMoveReport

SUBJECT: Final = "card_move"
"""Kind of subject in the record of who did what."""
CORRECTED: Final = "card_move_corrected"


def subject_of(row: CardMove) -> str:
    """The move's name in the record."""
    return f"{row.workstation_id}:{row.move_id}"


def receive(session: Session, clock: Clock, till: Till, report: CardMoveReport) -> CardMoveAnswer:
    """Keep what a till tells. ApiError 403: it speaks for another till."""
    if report.workstation_id != till.workstation_id:
        raise foreign_workstation(report.workstation_id)
    return CardMoveAnswer(moves=tuple(known(_keep(session, clock, till, body)) for body in report.moves))


def _keep(session: Session, clock: Clock, till: Till, body: CardMoveBody) -> CardMove:
    key = (till.organisation_id, till.workstation_id, body.move_id)
    row = session.get(CardMove, key)
    if row is None:
        row = CardMove(organisation_id=key[0], workstation_id=key[1], move_id=key[2], begun_at=body.begun_at)
        row.decision = row.decided_by = row.note = row.settled_by = ""
        row.card_id, row.kind, row.reason, row.reference = body.card_id, body.kind, body.reason, body.reference
        row.amount_minor, row.currency, row.operator = body.amount_minor, body.currency, body.operator
        row.balance_before_minor, row.sequence = body.balance_before_minor, body.sequence
        session.add(row)
    elif row.settled_by == CARD:
        return row
    row.state, row.settled_by, row.told_at = body.state, body.decided_by, clock.now()
    if row.settled_by == CARD and row.decision not in {"", row.state}:
        doing = Doing(till.organisation_id, till.workstation_id, clock, UuidIds())
        doing.note(session, CORRECTED, SUBJECT, subject_of(row), f"decided {row.decision}, the card says {row.state}")
    session.flush()
    return row
