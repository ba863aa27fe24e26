"""What a night does to the ledger: points expire, tiers are looked at again, and the books are checked.

Laws: each night may run twice and changes nothing the second time; members are done in short transactions; what does
not add up is said in words, never repaired silently.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from backoffice.db import run_in_tx
from backoffice.i18n import gettext as _
from backoffice.loyalty.feed import tell_balances
from backoffice.loyalty.ledger import SHOP, Account, NewEntry, Posted, book, lines_of, movements_of
from backoffice.loyalty.models import LedgerAccount, LedgerEntry, LedgerPosting
from backoffice.loyalty.standing import due_for_review, review_tiers
from backoffice.office import Office
from pos_engine.core.lots import expired, next_expiry, open_lots

CHUNK: Final = 100
"""Members in one transaction: some ten milliseconds, so that tills need not wait."""

LAST: Final = 2**53
"""An expiry is read after everything else that was booked at the same instant."""

FAULTS_SHOWN_MAX: Final = 20


def night(office: Office, organisation_id: str, ended: date) -> str:
    """Do what the end of a business day asks for; a report of two lines, and one for each thing that is wrong."""
    today = ended + timedelta(days=1)
    points = _expire_all(office, organisation_id, today)
    tiers = _review_all(office, organisation_id, today)
    with office.database.read() as reader:
        faults = faults_of(reader, organisation_id)
    head = _("Ledger: %(points)s points expired, %(tiers)s tiers changed.", points=points, tiers=tiers)
    right = _("%(count)s SUMS ARE WRONG:", count=len(faults)) if faults else _("All sums of the ledger are right.")
    return "\n".join([head, right, *faults[:FAULTS_SHOWN_MAX]])


def _expire_all(office: Office, organisation_id: str, today: date) -> int:
    points = 0
    after: Account = ("", "")
    while True:
        with office.database.read() as reader:
            accounts = _due(reader, organisation_id, today, after)
        if not accounts:
            return points
        now = office.clock.now()

        def work(tx: Session, accounts: Sequence[Account] = accounts, now: datetime = now) -> int:
            return expire(tx, organisation_id, accounts, today, now)

        points += run_in_tx(office.database.write, work)
        after = accounts[-1]


def _due(reader: Session, organisation_id: str, today: date, after: Account) -> list[Account]:
    owner, unit = LedgerAccount.owner, LedgerAccount.unit
    rows = reader.execute(
        select(owner, unit)
        .where(
            LedgerAccount.organisation_id == organisation_id,
            LedgerAccount.next_expiry_on < today,
            (owner > after[0]) | ((owner == after[0]) & (unit > after[1])),
        )
        .order_by(owner, unit)
        .limit(CHUNK)
    )
    return [(row.owner, row.unit) for row in rows]


def expire(session: Session, organisation_id: str, accounts: Sequence[Account], today: date, now: datetime) -> int:
    """Book what of these accounts can no longer be used on a day; how much that is in all."""
    entries: list[NewEntry] = []
    gone = 0
    for owner, unit in accounts:
        lots = open_lots(movements_of(lines_of(session, organisation_id, owner, unit)))
        amount = expired(lots, today)
        left = next_expiry([lot for lot in lots if lot.expires_on is None or lot.expires_on >= today])
        session.execute(
            update(LedgerAccount)
            .where(
                LedgerAccount.organisation_id == organisation_id,
                LedgerAccount.owner == owner,
                LedgerAccount.unit == unit,
            )
            .values(next_expiry_on=None if left is None else left[0])
            .execution_options(synchronize_session=False)
        )
        if amount:
            gone += amount
            entries.append(_expiry(session, organisation_id, owner, Posted(unit, "expiry", -amount), today, now))
    touched = book(session, organisation_id, entries, now)
    tell_balances(session, organisation_id, touched, now)
    return gone


def _expiry(session: Session, organisation_id: str, owner: str, posted: Posted, today: date, now: datetime) -> NewEntry:
    """A receipt that came late may bring points that expire on a day that was done: that night has a second entry."""
    name = f"expiry:{posted.unit}:{owner}:{today}"
    known = session.scalar(
        select(func.count()).where(
            LedgerEntry.organisation_id == organisation_id, LedgerEntry.entry_id.startswith(name, autoescape=True)
        )
    )
    entry_id = f"{name}:{known}" if known else name
    return NewEntry(entry_id, "expiry", owner, today - timedelta(days=1), now, (posted,), seq=LAST)


def _review_all(office: Office, organisation_id: str, today: date) -> int:
    changed, after = 0, ""
    while True:
        with office.database.read() as reader:
            members = due_for_review(reader, organisation_id, today, after, CHUNK)
        if not members:
            return changed
        now = office.clock.now()

        def work(tx: Session, members: Sequence[str] = members, now: datetime = now) -> int:
            return review_tiers(tx, organisation_id, members, today, now)

        changed += run_in_tx(office.database.write, work)
        after = members[-1]


def faults_of(session: Session, organisation_id: str) -> list[str]:
    """What of the books does not add up: entries whose postings do not sum to zero, balances that are no sum."""
    amount = func.sum(LedgerPosting.amount)
    uneven = session.execute(
        select(LedgerPosting.entry_id, LedgerPosting.unit, amount)
        .where(LedgerPosting.organisation_id == organisation_id)
        .group_by(LedgerPosting.entry_id, LedgerPosting.unit)
        .having(amount != 0)
    )
    said = [
        _(
            "Entry %(entry)s: its postings of %(unit)s sum to %(total)s, not to zero.",
            entry=entry_id,
            unit=unit,
            total=int(total),
        )
        for entry_id, unit, total in uneven
    ]
    sums = (
        select(LedgerPosting.owner, LedgerPosting.unit, amount.label("total"))
        .where(LedgerPosting.organisation_id == organisation_id)
        .group_by(LedgerPosting.owner, LedgerPosting.unit)
        .subquery()
    )
    wrong = session.execute(
        select(LedgerAccount.owner, LedgerAccount.unit, LedgerAccount.balance, func.coalesce(sums.c.total, 0))
        .outerjoin(sums, (sums.c.owner == LedgerAccount.owner) & (sums.c.unit == LedgerAccount.unit))
        .where(
            LedgerAccount.organisation_id == organisation_id,
            LedgerAccount.balance != func.coalesce(sums.c.total, 0),
        )
    )
    said += [
        _(
            "Account %(account)s, %(unit)s: the balance is %(balance)s, its postings sum to %(total)s.",
            account=owner,
            unit=unit,
            balance=int(balance),
            total=int(total),
        )
        for owner, unit, balance, total in wrong
    ]
    return said


def open_liabilities(session: Session, organisation_id: str) -> dict[str, int]:
    """Per unit what members could still ask for: balances above zero."""
    rows = session.execute(
        select(LedgerAccount.unit, func.sum(LedgerAccount.balance))
        .where(
            LedgerAccount.organisation_id == organisation_id,
            LedgerAccount.balance > 0,
            ~LedgerAccount.owner.startswith(SHOP),
        )
        .group_by(LedgerAccount.unit)
        .order_by(LedgerAccount.unit)
    )
    return {unit: int(total) for unit, total in rows}
