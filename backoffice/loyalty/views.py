"""A member's accounts as a page shows them: balances, what they are worth, what expires next, and every booking."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy.orm import Session

from backoffice.loyalty.ledger import Line, balances_of, lines_of, movements_of
from backoffice.loyalty.programme import current
from backoffice.loyalty.standing import TierView, tier_view
from pos_engine.core.bookings import POINTS, VALUE
from pos_engine.core.lots import next_expiry, open_lots
from pos_engine.core.programme import worth_minor

HISTORY_SHOWN: Final = 30


@dataclass(frozen=True)
class AccountView:
    """One account. `worth_minor`: what its points would take off; None for other units."""

    unit: str
    balance: int
    worth_minor: int | None
    expires_on: date | None
    expiring: int


@dataclass(frozen=True)
class BookingView:
    """One booking of the history. `undo_id`: the correction that can be taken back."""

    line: Line
    undo_id: str


@dataclass(frozen=True)
class MemberAccounts:
    """Everything about a member's accounts."""

    accounts: tuple[AccountView, ...]
    tier: TierView | None
    history: Sequence[BookingView]


def accounts_of(session: Session, organisation_id: str, member_id: str, today: date) -> MemberAccounts:
    """A member's accounts; points and stored value are there in any case."""
    balances = {POINTS: 0, VALUE: 0} | balances_of(session, organisation_id, member_id)
    saved = current(session, organisation_id)
    lines = lines_of(session, organisation_id, member_id)
    views = []
    for unit, balance in balances.items():
        lots = open_lots(movements_of(line for line in lines if line.posting.unit == unit))
        expiry = next_expiry(lots)
        worth = worth_minor(saved.programme, balance) if unit == POINTS and saved is not None else None
        views.append(AccountView(unit, balance, worth, expiry[0] if expiry else None, expiry[1] if expiry else 0))
    undone = {line.entry.undoes for line in lines}
    history = [BookingView(line, _undo_id(line, undone)) for line in reversed(lines[-HISTORY_SHOWN:])]
    return MemberAccounts(tuple(views), tier_view(session, organisation_id, member_id, today), history)


def _undo_id(line: Line, undone: set[str]) -> str:
    entry = line.entry
    return entry.entry_id if entry.kind == "adjustment" and not entry.undoes and entry.entry_id not in undone else ""
