"""Bookings by hand: a correction with its reason, and its undoing, which is another booking."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.clock import local_date
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.loyalty.feed import tell_balances
from backoffice.loyalty.ledger import NewEntry, Posted, book
from backoffice.loyalty.models import UNIT_LENGTH, LedgerEntry, LedgerPosting
from backoffice.members.services import get_member
from backoffice.organisations.services import stores_of
from pos_engine.core.bookings import POINTS, STAMPS, VALUE

REASON_LENGTH_MAX: Final = 200
AMOUNT_MAX: Final = 10_000_000
ADJUSTMENT: Final = "adjustment"


def correct(session: Session, doing: Doing, member_id: str, unit: str, amount: int, reason: str) -> str:
    """Book so much more (or less) onto a member's account; the entry's id. InputError says what is wrong."""
    said = " ".join(reason.split())
    if not said or len(said) > REASON_LENGTH_MAX:
        raise InputError(_("Say in 1 to %(most)s characters why it is corrected.", most=REASON_LENGTH_MAX))
    if amount == 0 or abs(amount) > AMOUNT_MAX:
        raise InputError(_("The amount must not be zero, and not be larger than %(most)s.", most=AMOUNT_MAX))
    if (unit not in {POINTS, VALUE} and not unit.startswith(STAMPS)) or len(unit) > UNIT_LENGTH:
        raise InputError(_("There is no account of that kind."))
    entry_id = f"adjustment:{doing.ids.new_id()}"
    _book(
        session,
        doing,
        member_id,
        NewEntry(
            entry_id,
            ADJUSTMENT,
            member_id,
            *_now(session, doing),
            (Posted(unit, ADJUSTMENT, amount),),
            actor=doing.actor,
            reason=said,
        ),
    )
    doing.note(session, "balance_corrected", "member", member_id, f"{unit} {amount:+d}: {said}")
    return entry_id


def undo_correction(session: Session, doing: Doing, member_id: str, entry_id: str) -> None:
    """Take a correction back by a counter-booking; twice is once. InputError: there is no such correction."""
    entry = session.get(LedgerEntry, (doing.organisation_id, entry_id))
    if entry is None or entry.kind != ADJUSTMENT or entry.member_id != member_id or entry.undoes:
        raise InputError(_("There is no such correction."))
    undo_id = f"undo:{entry_id}"
    if session.get(LedgerEntry, (doing.organisation_id, undo_id)) is not None:
        return
    postings = session.scalars(
        select(LedgerPosting)
        .where(
            LedgerPosting.organisation_id == doing.organisation_id,
            LedgerPosting.entry_id == entry_id,
            LedgerPosting.owner == member_id,
        )
        .order_by(LedgerPosting.posting_no)
    ).all()
    back = tuple(Posted(row.unit, ADJUSTMENT, -row.amount) for row in postings)
    _book(
        session,
        doing,
        member_id,
        NewEntry(
            undo_id,
            ADJUSTMENT,
            member_id,
            *_now(session, doing),
            back,
            seq=1,
            undoes=entry_id,
            actor=doing.actor,
            reason=entry.reason,
        ),
    )
    doing.note(session, "correction_undone", "member", member_id, entry.reason)


def _book(session: Session, doing: Doing, member_id: str, entry: NewEntry) -> None:
    if get_member(session, doing.organisation_id, member_id) is None:
        raise InputError(_("this member is no longer there"))
    now = doing.clock.now()
    tell_balances(session, doing.organisation_id, book(session, doing.organisation_id, [entry], now), now)


def _now(session: Session, doing: Doing) -> tuple[date, datetime]:
    stores = stores_of(session, doing.organisation_id)
    day = local_date(doing.clock, stores[0].zone if stores else "UTC")
    return day, doing.clock.now()
