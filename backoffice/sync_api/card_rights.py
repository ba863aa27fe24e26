"""What tills say of rights that cards may have written down, and what they are told of decisions.

Laws: a change is one row, told again it is the same row, with the units it was told with first; the card's word, once
told, is never overwritten; a receipt that rests on a change stands above a decision to count it, which is taken back.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql import ColumnElement

from backoffice.audit.services import Doing
from backoffice.clock import Clock
from backoffice.ids import UuidIds
from backoffice.sync_api.card_right_list import SAID_BY_CARD, known
from backoffice.sync_api.counted_rights import tell_counted_uses
from backoffice.sync_api.coupons import recount_coupons
from backoffice.sync_api.models import CardRight, CardRightUnits
from backoffice.sync_api.tills import Till, foreign_workstation
from pos_engine.rights.ids import read_right
from pos_engine.wire.card_rights import CardRightAnswer, CardRightBody, CardRightReport

SUBJECT: Final = "card_right"
"""Kind of subject in the record of who did what."""
CORRECTED: Final = "card_right_corrected"

AGE_MAX: Final = timedelta(days=3_650)
"""No till keeps a change for longer."""


def subject_of(row: CardRight) -> str:
    """The change's name in the record."""
    return f"{row.workstation_id}:{row.change_id}"


def receive(session: Session, clock: Clock, till: Till, report: CardRightReport) -> CardRightAnswer:
    """Keep what a till tells. ApiError 403: it speaks for another till."""
    if report.workstation_id != till.workstation_id:
        raise foreign_workstation(report.workstation_id)
    told = [_keep(session, clock, till, body, _age(body, report.sent_at)) for body in report.changes]
    for change_id in report.forgotten:
        row = session.get(CardRight, (till.organisation_id, till.workstation_id, change_id))
        if row is not None:
            _forget(row)
            told.append(row)
    session.flush()
    return CardRightAnswer(changes=tuple(map(known, told)))


def units_of(session: Session, row: CardRight) -> dict[str, int]:
    """What the card was told: right → units, negative: given back."""
    rows = session.execute(
        select(CardRightUnits.right_id, CardRightUnits.units).where(*_of(row)).order_by(CardRightUnits.right_id)
    )
    return {found.right_id: found.units for found in rows}


def count_units(session: Session, row: CardRight, *, counted: bool) -> None:
    """Count what a change may have used as used, or do not count it any more, and tell every till."""
    session.flush()
    session.execute(
        update(CardRightUnits).where(*_of(row)).values(counted=counted).execution_options(synchronize_session=False)
    )
    names = [name for right_id in units_of(session, row) if (name := read_right(right_id)) is not None]
    coupons = [name.subject_id for name in names if name.kind == "coupon"]
    recount_coupons(session, row.organisation_id, coupons)
    members = [(name.subject_id, name.member_id) for name in names if name.kind == "member"]
    tell_counted_uses(session, row.organisation_id, members)


def _of(row: CardRight) -> tuple[ColumnElement[bool], ...]:
    return (
        CardRightUnits.organisation_id == row.organisation_id,
        CardRightUnits.workstation_id == row.workstation_id,
        CardRightUnits.change_id == row.change_id,
    )


def _age(body: CardRightBody, sent_at: datetime) -> timedelta:
    """How long ago it was by the till's own clock, which may be wrong in everything else."""
    return min(max(sent_at - body.begun_at, timedelta()), AGE_MAX)


def _keep(session: Session, clock: Clock, till: Till, body: CardRightBody, age: timedelta) -> CardRight:
    key = (till.organisation_id, till.workstation_id, body.change_id)
    row = session.get(CardRight, key)
    if row is None:
        row = _new(session, key, body, clock.now() - age)
    elif row.state in SAID_BY_CARD and body.state not in SAID_BY_CARD:
        return row  # its disk was put back from an old copy: the till is told what it has forgotten
    row.state, row.told_at = body.state, clock.now()
    row.kept = body.kept
    row.taken = body.decision
    session.flush()
    if row.kept and row.decision == "used":
        row.decision = ""
        doing = Doing(till.organisation_id, till.workstation_id, clock, UuidIds())
        doing.note(session, CORRECTED, SUBJECT, subject_of(row), "decided used, but a receipt rests on it already")
        count_units(session, row, counted=False)
    return row


def _new(session: Session, key: tuple[str, str, str], body: CardRightBody, begun_at: datetime) -> CardRight:
    row = CardRight(organisation_id=key[0], workstation_id=key[1], change_id=key[2], begun_at=begun_at)
    row.decision = row.decided_by = row.note = row.taken = row.state = ""
    row.card_id, row.reference, row.sequence = body.card_id, body.reference, body.sequence
    session.add(row)
    for right_id, units in sorted(body.units.items()):
        session.add(
            CardRightUnits(
                organisation_id=key[0],
                workstation_id=key[1],
                change_id=key[2],
                right_id=right_id,
                units=units,
                counted=False,
            )
        )
    return row


def _forget(row: CardRight) -> None:
    """Its till cannot ask the card any more: what is in doubt waits for a person, and a decision for nobody."""
    if row.state == "pending":
        row.state = "unclear"
    row.taken = row.decision
