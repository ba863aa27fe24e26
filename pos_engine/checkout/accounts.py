"""A member's accounts as this till knows them: what the back-office counted, and what happened here since.

Law: nothing counts twice. The back-office says what of a balance came from this till's epoch; the till takes that out
and adds what its own journal counts, whatever of it has arrived there already.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from pos_engine.core.bookings import POINTS, VISITS
from pos_engine.core.programme import OfflineRule
from pos_engine.journal.accounts import OwnPart, OwnParts
from pos_engine.journal.journal import Journal
from pos_engine.journal.replica import Replica
from pos_engine.wire.sync import BalanceBody, MemberBody


@dataclass(frozen=True)
class Account:
    """One account. `pending`: what of the balance cannot be used yet. `as_of`: when the back-office counted it.

    `waiting_used`: used up by receipts that have not reached the back-office. `lent_here`, `lent_elsewhere`: what of
    the balance is lent to this till, and to others.
    """

    balance: int = 0
    pending: int = 0
    waiting_used: int = 0
    as_of: datetime | None = None
    last_on: date | None = None
    lent_here: int = 0
    lent_elsewhere: int = 0

    @property
    def usable(self) -> int:
        """What can be used now, never below zero."""
        return max(0, self.balance - max(0, self.pending))


NOTHING = Account()


class Reach:
    """Whether the back-office was reached lately. Nobody knows at the start: that counts as not."""

    def __init__(self) -> None:
        self.on_line = False


@dataclass(frozen=True)
class Visits:
    """Visits before this one; None: nobody counted."""

    count: int | None
    last_on: date | None


class Accounts:
    """Reads the replica and the journal; keeps nothing."""

    def __init__(self, journal: Journal, replica: Replica, workstation_id: str) -> None:
        self._journal = journal
        self._replica = replica
        self._workstation_id = workstation_id

    def of(self, member: MemberBody, today: date) -> Mapping[str, Account]:
        """All accounts of a member by unit."""
        told = {row.unit: row for row in self._replica.balances_of(member.member_id)}
        own = self._journal.own_parts(member.member_id)
        found = {unit: self._merged(told.get(unit), own, unit, today) for unit in sorted({*told, *own.units})}
        if POINTS not in told and member.points:
            before = found.get(POINTS, NOTHING)
            found[POINTS] = Account(member.points + before.balance, before.pending, before.waiting_used)
        return found

    def _merged(self, told: BalanceBody | None, own: OwnParts, unit: str, today: date) -> Account:
        here = own.units.get(unit, OwnPart())
        pending = sum(amount for usable_from, amount in here.pending if usable_from > today)
        if told is None:
            return Account(here.amount, pending, here.waiting_used, None, here.last_on)
        mine = [part for part in told.tills if part.workstation_id == self._workstation_id]
        # A newer epoch over there: this disk is an old image, and all it counts has arrived long ago.
        counted = any(part.epoch > own.epoch for part in mine)
        balance = told.balance - sum(part.amount for part in mine if part.epoch == own.epoch)
        pending += sum(part.amount for part in told.pending if part.usable_from > today)
        days = [day for day in (told.last_on, here.last_on) if day is not None]
        return Account(
            balance + (0 if counted else here.amount),
            pending,
            here.waiting_used,
            told.as_of,
            max(days) if days else None,
            sum(part.amount for part in told.lent if part.workstation_id == self._workstation_id),
            sum(part.amount for part in told.lent if part.workstation_id != self._workstation_id),
        )


def visits_of(accounts: Mapping[str, Account]) -> Visits:
    """How often the member came before, and when the last time."""
    account = accounts.get(VISITS)
    return Visits(None, None) if account is None else Visits(account.balance, account.last_on)


@dataclass(frozen=True)
class Allowance:
    """What may be used up of an account now. `off_line`: less than the balance, because nobody can be asked."""

    amount: int
    off_line: bool = False


@dataclass(frozen=True)
class Reserved:
    """What of an account is set aside. `here`: for this till; `elsewhere`: for others.

    `beyond`: used off line by receipts that wait, and resting on nothing that was set aside.
    """

    here: int = 0
    elsewhere: int = 0
    beyond: int = 0


def allowance(account: Account, rule: OfflineRule, *, on_line: bool, reserved: Reserved | None = None) -> Allowance:
    """What a till may use up by itself: while on line all that is not set aside for others.

    Off line: what is set aside here, and beyond it as the programme says. The one place where rights to spend are
    decided. `reserved`: None where nothing of such accounts is ever set aside.
    """
    aside = reserved or Reserved(beyond=account.waiting_used)
    if on_line:
        return Allowance(max(0, account.usable - aside.elsewhere))
    floor = 0 if rule.policy == "strict" else max(0, rule.ceiling - aside.beyond)
    return Allowance(min(account.usable, aside.here + floor), off_line=True)
