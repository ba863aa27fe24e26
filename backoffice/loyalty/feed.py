"""Members' accounts as tills know them, written to the change feed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import BindParameter, Connection, bindparam, select
from sqlalchemy.orm import Session

from backoffice.bulk import table_of
from backoffice.loyalty.ledger import Account
from backoffice.loyalty.models import LedgerAccount, LedgerPosting
from backoffice.loyalty.models import TillPart as TillPartRow
from backoffice.prepared import Prepared
from backoffice.sync_api.changes import Entry, record_changes
from backoffice.sync_api.models import RightBorrower, RightLoan
from pos_engine.core.bookings import POINTS, VISITS
from pos_engine.rights.ids import points_right
from pos_engine.wire.sync import BalanceBody, LentPart, PendingPart, TillPart

CHUNK: Final = 500
"""Members in one IN list."""

_ACCOUNTS, _POSTINGS, _PARTS = table_of(LedgerAccount), table_of(LedgerPosting), table_of(TillPartRow)
_LOANS, _BORROWERS = table_of(RightLoan), table_of(RightBorrower)
_OWNERS: Final[BindParameter[Any]] = bindparam("owners", expanding=True)
_LEFT: Final = _LOANS.c.granted - _LOANS.c.returned - _LOANS.c.spent
# Made once: every batch of receipts and every lease of points tells balances.
_BALANCES: Final = Prepared(
    select(_ACCOUNTS.c.owner, _ACCOUNTS.c.unit, _ACCOUNTS.c.balance).where(
        _ACCOUNTS.c.organisation_id == bindparam("organisation"), _ACCOUNTS.c.owner.in_(_OWNERS)
    )
)
_TILL_PARTS: Final = Prepared(
    select(
        _PARTS.c.owner, _PARTS.c.unit, _PARTS.c.workstation_id, _PARTS.c.epoch, _PARTS.c.amount, _PARTS.c.last_on
    ).where(_PARTS.c.organisation_id == bindparam("organisation"), _PARTS.c.owner.in_(_OWNERS))
)
_USABLE_LATER: Final = Prepared(
    select(_POSTINGS.c.owner, _POSTINGS.c.unit, _POSTINGS.c.usable_from, _POSTINGS.c.amount)
    .where(
        _POSTINGS.c.organisation_id == bindparam("organisation"),
        _POSTINGS.c.owner.in_(_OWNERS),
        _POSTINGS.c.usable_from >= bindparam("today"),
    )
    .order_by(_POSTINGS.c.usable_from)
)
_SHARES: Final = Prepared(
    select(_LOANS.c.right_id, _LOANS.c.workstation_id, _LEFT.label("amount"))
    .join(
        _BORROWERS,
        (_BORROWERS.c.organisation_id == _LOANS.c.organisation_id)
        & (_BORROWERS.c.workstation_id == _LOANS.c.workstation_id)
        & (_BORROWERS.c.life == _LOANS.c.life),
    )
    .where(
        _LOANS.c.organisation_id == bindparam("organisation"),
        _LOANS.c.right_id.in_(bindparam("rights", expanding=True)),
        _BORROWERS.c.present,
        _LEFT > 0,
    )
)
"""In no order: asked for one, SQLite walks over all loans that are there rather than sort the few that are wanted."""


def tell_balances(session: Session, organisation_id: str, accounts: Collection[Account], now: datetime) -> None:
    """Send the present state of these accounts to the tills."""
    session.flush()
    wanted = set(accounts)
    owners = sorted({owner for owner, _ in wanted})
    for start in range(0, len(owners), CHUNK):
        entries = _entries(session, organisation_id, owners[start : start + CHUNK], wanted, now)
        if entries:
            record_changes(session, organisation_id, entries)


def _entries(
    session: Session, organisation_id: str, owners: Sequence[str], wanted: set[Account], now: datetime
) -> list[Entry]:
    connection = session.connection()
    which = {"organisation": organisation_id, "owners": owners}
    balances = {(row.owner, row.unit): row.balance for row in _BALANCES.all(connection, **which)}
    parts: dict[Account, list[Any]] = defaultdict(list)
    for row in _TILL_PARTS.all(connection, **which):
        parts[row.owner, row.unit].append(row)
    # Points that cannot be used yet, on the earliest calendar in the world: a till leaves out what is past for it.
    pending: dict[Account, list[PendingPart]] = defaultdict(list)
    for row in _USABLE_LATER.all(connection, **which, today=now.date()):
        pending[row.owner, row.unit].append(PendingPart(usable_from=row.usable_from, amount=row.amount))
    shares = _shares_of(connection, organisation_id, owners)
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


def _shares_of(connection: Connection, organisation_id: str, owners: Sequence[str]) -> dict[str, list[LentPart]]:
    """Points that tills hold for these members and have not used, as far as receipts say; lives that are over left out.

    What those held is not lent again, but nobody uses it any more either: it would only be kept from its member.
    """
    rights = {points_right(owner): owner for owner in owners}
    found: dict[str, list[LentPart]] = defaultdict(list)
    shares = _SHARES.all(connection, organisation=organisation_id, rights=rights)
    for row in sorted(shares, key=lambda share: str(share.workstation_id)):
        found[rights[row.right_id]].append(LentPart(workstation_id=row.workstation_id, amount=row.amount))
    return found
