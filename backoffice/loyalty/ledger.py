"""The double-entry ledger: entries are added, never changed; every balance is the sum of its postings.

Laws: the postings of an entry sum to zero in each unit; an entry is known by its id and booked once; what an entry
booked is taken back by another entry that names it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.bulk import add_tuples, insert_tuples
from backoffice.loyalty.models import LedgerAccount, LedgerEntry, LedgerPosting
from backoffice.webhooks.kinds import EventKind
from backoffice.webhooks.outbox import happened
from pos_engine.core.lots import Movement

SHOP: Final = "shop:"
"""Owners that begin so are the shop's own accounts."""

COUNTER: Final[Mapping[str, str]] = {
    "accrual": "issued",
    "points_redemption": "redeemed",
    "stamps_redemption": "redeemed",
    "value_redemption": "redeemed",
    "top_up": "paid_in",
    "expiry": "expired",
    "adjustment": "adjusted",
    "overdraft": "overdrawn",
}
"""Kind of booking → the shop's account on its other side."""

Account = tuple[str, str]
"""Owner and unit."""

_ENTRY: Final = (
    *("organisation_id", "entry_id", "kind", "member_id", "business_day", "happened_at", "booked_at"),
    *("seq", "undoes", "actor", "reason"),
)
_POSTING: Final = (
    *("organisation_id", "entry_id", "posting_no", "owner", "unit", "kind", "amount", "expires_on", "usable_from"),
)


@dataclass(frozen=True)
class Posted:
    """One booking on a member's account, above zero for the member; its other side follows from the kind.

    `expires_on`, `usable_from`: see the core's Booking.
    """

    unit: str
    kind: str
    amount: int
    expires_on: date | None = None
    usable_from: date | None = None

    @property
    def counter(self) -> str:
        """The shop's account on the other side. What comes back goes to where it came from."""
        if self.kind != "reversal":
            return SHOP + COUNTER[self.kind]
        if self.amount > 0:
            return SHOP + "redeemed"
        return SHOP + ("paid_in" if self.unit == "value" else "issued")


@dataclass(frozen=True)
class NewEntry:
    """An entry before it is booked; see LedgerEntry."""

    entry_id: str
    kind: str
    member_id: str
    business_day: date
    happened_at: datetime
    postings: tuple[Posted, ...]
    seq: int = 0
    undoes: str = ""
    actor: str = ""
    reason: str = ""


def book(session: Session, organisation_id: str, entries: Sequence[NewEntry], booked_at: datetime) -> set[Account]:
    """Book entries that are known to be new; returns the members' accounts that they touched."""
    session.flush()
    insert_tuples(session, LedgerEntry, _ENTRY, (_entry_row(organisation_id, one, booked_at) for one in entries))
    rows = [row for one in entries for row in _posting_rows(organisation_id, one)]
    insert_tuples(session, LedgerPosting, _POSTING, (tuple(row[name] for name in _POSTING) for row in rows))
    _add_up(session, organisation_id, rows)
    told = [_told(one, posted) for one in entries for posted in one.postings]
    happened(session, organisation_id, EventKind.POINTS_POSTED, told, booked_at)
    return {(row["owner"], row["unit"]) for row in rows if not row["owner"].startswith(SHOP)}


def _told(entry: NewEntry, posted: Posted) -> dict[str, Any]:
    return {
        "member_id": entry.member_id,
        "entry_id": entry.entry_id,
        "unit": posted.unit,
        "kind": posted.kind,
        "amount": posted.amount,
        "business_day": entry.business_day,
    }


def _entry_row(organisation_id: str, entry: NewEntry, booked_at: datetime) -> tuple[Any, ...]:
    return (
        organisation_id,
        entry.entry_id,
        entry.kind,
        entry.member_id,
        entry.business_day,
        entry.happened_at,
        booked_at,
        entry.seq,
        entry.undoes,
        entry.actor,
        entry.reason,
    )


def _posting_rows(organisation_id: str, entry: NewEntry) -> Iterable[dict[str, Any]]:
    for number, posted in enumerate(entry.postings):
        both = ((entry.member_id, posted.amount), (posted.counter, -posted.amount))
        for side, (owner, amount) in enumerate(both):
            yield {
                "organisation_id": organisation_id,
                "entry_id": entry.entry_id,
                "posting_no": 2 * number + side,
                "owner": owner,
                "unit": posted.unit,
                "kind": posted.kind,
                "amount": amount,
                "expires_on": posted.expires_on if side == 0 else None,
                "usable_from": posted.usable_from if side == 0 else None,
            }


def _add_up(session: Session, organisation_id: str, rows: Sequence[dict[str, Any]]) -> None:
    sums: dict[Account, int] = defaultdict(int)
    looks: dict[Account, date] = {}
    for row in rows:
        account = (row["owner"], row["unit"])
        sums[account] += row["amount"]
        # What a reversal gives back has the day of expiry it had, perhaps one that is past: the next night looks.
        look = date.min if row["kind"] == "reversal" and row["amount"] > 0 else row["expires_on"]
        if look is not None and not row["owner"].startswith(SHOP):
            looks[account] = min(look, looks.get(account, date.max))
    keys = ("organisation_id", "owner", "unit")
    added = ((organisation_id, *account, amount, looks.get(account)) for account, amount in sorted(sums.items()))
    add_tuples(session, LedgerAccount, keys, ("balance",), added, earliest=("next_expiry_on",))


@dataclass(frozen=True)
class Line:
    """One posting of a member's account with its entry, as a page shows it."""

    entry: LedgerEntry
    posting: LedgerPosting


def lines_of(session: Session, organisation_id: str, owner: str, unit: str = "") -> Sequence[Line]:
    """A member's postings in the order of booking; of one unit, or of all."""
    query = (
        select(LedgerEntry, LedgerPosting)
        .join(
            LedgerPosting,
            (LedgerPosting.organisation_id == LedgerEntry.organisation_id)
            & (LedgerPosting.entry_id == LedgerEntry.entry_id),
        )
        .where(LedgerPosting.organisation_id == organisation_id, LedgerPosting.owner == owner)
        .order_by(LedgerEntry.booked_at, LedgerEntry.happened_at, LedgerEntry.seq, LedgerPosting.posting_no)
    )
    if unit:
        query = query.where(LedgerPosting.unit == unit)
    return [Line(entry, posting) for entry, posting in session.execute(query)]


def movements_of(lines: Iterable[Line]) -> list[Movement]:
    """An account's postings as the core reads them; a reversal names the side of the entry that it takes back."""
    found = []
    for line in lines:
        entry, posting = line.entry, line.posting
        earned = posting.amount > 0
        undone = f"{entry.undoes}{'-' if earned else '+'}" if entry.undoes else ""
        key = f"{entry.entry_id}{'+' if earned else '-'}"
        found.append(Movement(key, entry.business_day, posting.amount, posting.expires_on, undone))
    return found


def balances_of(session: Session, organisation_id: str, owner: str) -> dict[str, int]:
    """A member's balances by unit."""
    rows = session.execute(
        select(LedgerAccount.unit, LedgerAccount.balance)
        .where(LedgerAccount.organisation_id == organisation_id, LedgerAccount.owner == owner)
        .order_by(LedgerAccount.unit)
    )
    return {row.unit: row.balance for row in rows}
