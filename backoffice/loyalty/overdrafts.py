"""Points and value that were used beyond what a member has, because tills were off line: the shop bears it, at once.

Law: nobody is charged later. What is missing is booked to the shop's account `overdrawn`, so that the next points that
the member earns are the member's; a receipt that is cancelled takes its part of that back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backoffice.loyalty.ledger import SHOP, NewEntry, Posted, balances_of, book
from backoffice.loyalty.models import LedgerEntry, LedgerPosting
from pos_engine.core.bookings import POINTS, VALUE

OVERDRAFT: Final = "overdraft"
"""Kind of the entries and of their postings."""

LISTED_MAX: Final = 1_000
"""Cases in the report."""

_USES: Final = {POINTS: "points_redemption", VALUE: "value_redemption"}


@dataclass(frozen=True)
class Overdrawn:
    """One case: so much of a unit was used beyond the balance. `receipt_ids`: who used it last, oldest first."""

    member_id: str
    unit: str
    amount: int
    happened_at: datetime
    receipt_ids: tuple[str, ...]


def bear_overdrafts(session: Session, organisation_id: str, entries: Sequence[NewEntry], booked_at: datetime) -> None:
    """Book what these receipts, booked already, used beyond the balance; take back what cancelled ones had."""
    for entry in entries:
        postings = [*_missing(session, organisation_id, entry), *_given_back(session, organisation_id, entry)]
        if postings:
            own = NewEntry(
                entry_id=f"{entry.entry_id}+{OVERDRAFT}",
                kind=OVERDRAFT,
                member_id=entry.member_id,
                business_day=entry.business_day,
                happened_at=entry.happened_at,
                postings=tuple(postings),
                seq=entry.seq,
            )
            book(session, organisation_id, [own], booked_at)


def _missing(session: Session, organisation_id: str, entry: NewEntry) -> list[Posted]:
    used = {
        unit: -sum(posted.amount for posted in entry.postings if (posted.unit, posted.kind) == (unit, kind))
        for unit, kind in _USES.items()
    }
    if not any(used.values()):
        return []
    balances = balances_of(session, organisation_id, entry.member_id)
    short = {unit: min(amount, -balances.get(unit, 0)) for unit, amount in used.items()}
    return [Posted(unit, OVERDRAFT, amount) for unit, amount in short.items() if amount > 0]


def _given_back(session: Session, organisation_id: str, entry: NewEntry) -> list[Posted]:
    """A cancelled use comes back to the member, so what the shop bore of it comes back to the shop."""
    back = {posted.unit: posted.amount for posted in entry.postings if posted.kind == "reversal" and posted.amount > 0}
    if not entry.undoes or not back:
        return []
    borne = session.execute(
        select(LedgerPosting.unit, func.sum(LedgerPosting.amount).label("amount"))
        .where(
            LedgerPosting.organisation_id == organisation_id,
            LedgerPosting.entry_id == f"{entry.undoes}+{OVERDRAFT}",
            LedgerPosting.owner == entry.member_id,
        )
        .group_by(LedgerPosting.unit)
    )
    return [Posted(row.unit, OVERDRAFT, -min(int(row.amount), back.get(row.unit, 0))) for row in borne]


def overdrawn(session: Session, organisation_id: str) -> Sequence[Overdrawn]:
    """Every case, newest first, each with the receipts that used the account last: the last one was one too many."""
    rows = session.execute(
        select(LedgerEntry.entry_id, LedgerEntry.member_id, LedgerEntry.happened_at, LedgerPosting.unit)
        .add_columns(LedgerPosting.amount)
        .join(
            LedgerPosting,
            (LedgerPosting.organisation_id == LedgerEntry.organisation_id)
            & (LedgerPosting.entry_id == LedgerEntry.entry_id),
        )
        .where(
            LedgerEntry.organisation_id == organisation_id,
            LedgerEntry.kind == OVERDRAFT,
            LedgerPosting.amount > 0,
            ~LedgerPosting.owner.startswith(SHOP),
        )
        .order_by(LedgerEntry.booked_at.desc(), LedgerEntry.entry_id)
        .limit(LISTED_MAX)
    ).all()
    return [
        Overdrawn(row.member_id, row.unit, row.amount, row.happened_at, _users(session, organisation_id, row.entry_id))
        for row in rows
    ]


def overdrawn_in_all(session: Session, organisation_id: str) -> dict[str, int]:
    """Per unit what the shop has borne."""
    rows = session.execute(
        select(LedgerPosting.unit, -func.sum(LedgerPosting.amount))
        .where(LedgerPosting.organisation_id == organisation_id, LedgerPosting.owner == f"{SHOP}overdrawn")
        .group_by(LedgerPosting.unit)
    )
    return {unit: int(amount) for unit, amount in rows}


def _users(session: Session, organisation_id: str, overdraft_id: str) -> tuple[str, ...]:
    """The receipt of an overdraft and the one that used the account before it, in the order of booking."""
    receipt_id = overdraft_id.removesuffix(f"+{OVERDRAFT}")
    last = session.get_one(LedgerEntry, (organisation_id, receipt_id))
    before = session.scalars(
        select(LedgerEntry.entry_id)
        .join(
            LedgerPosting,
            (LedgerPosting.organisation_id == LedgerEntry.organisation_id)
            & (LedgerPosting.entry_id == LedgerEntry.entry_id),
        )
        .where(
            LedgerEntry.organisation_id == organisation_id,
            LedgerEntry.member_id == last.member_id,
            LedgerEntry.entry_id != receipt_id,
            LedgerEntry.booked_at <= last.booked_at,
            LedgerPosting.kind.in_(_USES.values()),
            LedgerPosting.owner == last.member_id,
        )
        .order_by(LedgerEntry.booked_at.desc(), LedgerEntry.seq.desc())
        .limit(1)
    ).first()
    return (receipt_id,) if before is None else (before, receipt_id)
