"""Members' accounts as tills know them, written to the change feed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Final

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.loyalty.ledger import Account
from backoffice.loyalty.models import LedgerAccount, LedgerPosting
from backoffice.loyalty.models import TillPart as TillPartRow
from backoffice.sync_api.changes import Entry, record_changes
from backoffice.sync_api.models import RightBorrower, RightLoan
from pos_engine.core.bookings import POINTS, VISITS
from pos_engine.rights.ids import points_right
from pos_engine.wire.sync import BalanceBody, LentPart, PendingPart, TillPart

CHUNK: Final = 500
"""Members in one IN list."""


def tell_balances(session: Session, organisation_id: str, accounts: Collection[Account], now: datetime) -> None:
    """Send the present state of these accounts to the tills."""
    wanted = set(accounts)
    owners = sorted({owner for owner, _ in wanted})
    for start in range(0, len(owners), CHUNK):
        entries = _entries(session, organisation_id, owners[start : start + CHUNK], wanted, now)
        if entries:
            record_changes(session, organisation_id, entries)


def _entries(
    session: Session, organisation_id: str, owners: Sequence[str], wanted: set[Account], now: datetime
) -> list[Entry]:
    balances = {
        (row.owner, row.unit): row.balance
        for row in session.execute(
            select(LedgerAccount.owner, LedgerAccount.unit, LedgerAccount.balance).where(
                LedgerAccount.organisation_id == organisation_id, LedgerAccount.owner.in_(owners)
            )
        )
    }
    parts = _till_parts(session, organisation_id, owners)
    pending = _pending(session, organisation_id, owners, now.date())
    shares = shares_of(session, organisation_id, owners)
    entries = []
    for owner, unit in sorted(account for account in wanted if account[0] in set(owners)):
        rows = parts.get((owner, unit), [])
        newest: dict[str, TillPart] = {}
        for row in sorted(rows, key=lambda row: row.epoch):
            newest[row.workstation_id] = TillPart(workstation_id=row.workstation_id, epoch=row.epoch, amount=row.amount)
        counted = sum(row.amount for row in rows) if unit == VISITS else balances.get((owner, unit), 0)
        body = BalanceBody(
            account_id=owner,
            unit=unit,
            balance=counted,
            as_of=now,
            tills=tuple(newest[workstation_id] for workstation_id in sorted(newest)),
            pending=tuple(pending.get((owner, unit), ())),
            last_on=max((row.last_on for row in rows), default=None),
            lent=tuple(shares.get(owner, ())) if unit == POINTS else (),
        )
        entries.append(Entry("balance", f"{owner}:{unit}", "put", msgspec.json.encode(body)))
    return entries


def shares_of(session: Session, organisation_id: str, owners: Sequence[str]) -> dict[str, list[LentPart]]:
    """Points that tills hold for these members and have not used, as far as receipts say; lives that are over left out.

    What those held is not lent again, but nobody uses it any more either: it would only be kept from its member.
    """
    rights = {points_right(owner): owner for owner in owners}
    left = RightLoan.granted - RightLoan.returned - RightLoan.spent
    found: dict[str, list[LentPart]] = defaultdict(list)
    for row in session.execute(
        select(RightLoan.right_id, RightLoan.workstation_id, left.label("amount"))
        .join(
            RightBorrower,
            (RightBorrower.organisation_id == RightLoan.organisation_id)
            & (RightBorrower.workstation_id == RightLoan.workstation_id)
            & (RightBorrower.life == RightLoan.life),
        )
        .where(
            RightLoan.organisation_id == organisation_id,
            RightLoan.right_id.in_(rights),
            RightBorrower.present,
            left > 0,
        )
        .order_by(RightLoan.workstation_id)
    ):
        found[rights[row.right_id]].append(LentPart(workstation_id=row.workstation_id, amount=row.amount))
    return found


def _till_parts(session: Session, organisation_id: str, owners: Sequence[str]) -> dict[Account, list[TillPartRow]]:
    found: dict[Account, list[TillPartRow]] = defaultdict(list)
    for row in session.scalars(
        select(TillPartRow).where(TillPartRow.organisation_id == organisation_id, TillPartRow.owner.in_(owners))
    ):
        found[row.owner, row.unit].append(row)
    return found


def _pending(
    session: Session, organisation_id: str, owners: Sequence[str], today: date
) -> dict[Account, list[PendingPart]]:
    """Points that cannot be used yet, on the earliest calendar in the world: a till leaves out what is past for it."""
    found: dict[Account, list[PendingPart]] = defaultdict(list)
    for row in session.execute(
        select(LedgerPosting.owner, LedgerPosting.unit, LedgerPosting.usable_from, LedgerPosting.amount)
        .where(
            LedgerPosting.organisation_id == organisation_id,
            LedgerPosting.owner.in_(owners),
            LedgerPosting.usable_from >= today,
        )
        .order_by(LedgerPosting.usable_from)
    ):
        found[row.owner, row.unit].append(PendingPart(usable_from=row.usable_from, amount=row.amount))
    return found
