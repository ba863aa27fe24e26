"""Lending rights to tills: the lender's book of `pos_engine.rights.lending` over the organisation's tables.

Law: a grant is one UPDATE that fails when the units are not free, whatever was looked up before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session
from typing_extensions import override

from backoffice.bulk import execute_many, put, table_of, upsert
from backoffice.clock import Clock
from backoffice.loyalty.feed import tell_balances
from backoffice.prepared import Prepared
from backoffice.sync_api import lives
from backoffice.sync_api.counted_rights import counted_units
from backoffice.sync_api.models import RightAccount, RightBorrower, RightLoan, RightUseRow
from backoffice.sync_api.reading import ReadReceipt
from backoffice.sync_api.right_totals import Wish, Worth, rested_on_loans, worth_of, worths_of
from backoffice.sync_api.tills import Till, foreign_workstation
from pos_engine.core.bookings import POINTS
from pos_engine.rights.ids import read_right
from pos_engine.rights.lending import Book, Borrower, Loan, answer
from pos_engine.wire.rights import RightAnswer, RightAsk, RightWant


def answer_ask(session: Session, clock: Clock, till: Till, ask: RightAsk) -> RightAnswer:
    """Answer a till that wishes for rights or gives some back. ApiError 403: it speaks for another till."""
    if ask.workstation_id != till.workstation_id:
        raise foreign_workstation(ask.workstation_id)
    book = OfficeBook(session, clock, till.organisation_id, ask)
    lives.look_at_ask(session, clock, till.organisation_id, ask, book.borrower(till.workstation_id))
    told = answer(book, ask)
    book.finish()
    return told


def count_rights(session: Session, reads: Sequence[ReadReceipt]) -> None:
    """Keep what receipts used, and count it on the loans it rested on; a void takes it back by negative units."""
    rows = []
    for read in reads:
        document = read.document
        for use in document.rights:
            rows.append(
                {
                    "organisation_id": document.organisation_id,
                    "workstation_id": document.workstation_id,
                    "epoch": read.item.epoch,
                    "seq": read.item.seq,
                    "right_id": use.right_id,
                    "campaign_id": use.campaign_id,
                    "units": use.units,
                    "root": use.root,
                }
            )
            if use.root:
                spent = {
                    "organisation": document.organisation_id,
                    "right": use.right_id,
                    "root": use.root,
                    "more": use.units,
                }
                _SPEND.all(session.connection(), **spent)
    execute_many(session, upsert(session, RightUseRow), rows)


class OfficeBook(Book):
    """The book of one transaction of one organisation, which answers one request.

    The write lock is held: what is read stays true, so all rights of the request are looked up together, and what the
    answer changes is written together when it is finished.
    """

    def __init__(self, session: Session, clock: Clock, organisation_id: str, ask: RightAsk) -> None:
        self._session = session
        self._connection = session.connection()  # asked for once: many statements answer one request
        self._clock = clock
        self._organisation_id = organisation_id
        self._ask = ask
        self._loans_saved: dict[str, Loan] = {}
        self._recalls: list[str] = []
        self._shares: list[str] = []

    def finish(self) -> None:
        """Write what the answer changed and is not written yet."""
        self._write_loans()
        if self._recalls:
            self._run(_RECALL, rights=self._recalls, till=self._ask.workstation_id)
        if self._shares:
            # Points that are lent to one till can be used nowhere else: the others are told.
            accounts = [(member_id, POINTS) for member_id in self._shares]
            tell_balances(self._session, self._organisation_id, accounts, self._clock.now())

    @override
    def life(self) -> str:
        return lives.present_life(self._session, self._organisation_id)

    @override
    def lent_before(self, lender_life: str) -> bool:
        return True

    @override
    def owes(self, borrower: Borrower) -> bool:
        return lives.owes(self._session, self._organisation_id, borrower.workstation_id)

    @override
    def told(self, borrower: Borrower, ended: int) -> None:
        lives.has_told(self._session, self._organisation_id, borrower, ended)

    @cached_property
    def _present(self) -> Borrower | None:
        row = _PRESENT.one(self._connection, organisation=self._organisation_id, till=self._ask.workstation_id)
        return None if row is None else Borrower(self._ask.workstation_id, row.life, row.turn)

    @override
    def borrower(self, workstation_id: str) -> Borrower | None:
        return self._present

    @override
    def is_over(self, workstation_id: str, life: str) -> bool:
        rows = self._run(_IS_PRESENT, till=workstation_id, this_life=life)
        return bool(rows) and not rows[0].present

    @override
    def save_borrower(self, borrower: Borrower) -> None:
        if self._present is None or self._present.life != borrower.life:
            self._run(_END_OTHERS, till=borrower.workstation_id, this_life=borrower.life)
        row = {
            "organisation_id": self._organisation_id,
            "workstation_id": borrower.workstation_id,
            "life": borrower.life,
            "turn": borrower.turn,
            "present": True,
            "heard_at": self._clock.now(),
        }
        # A life that ended in another transaction meanwhile stays ended.
        put(self._session, RightBorrower, ("organisation_id", "workstation_id", "life"), [row], only_new=("present",))

    @cached_property
    def _named(self) -> list[str]:
        """The rights that the request names."""
        ask = self._ask
        named = {said.right_id for said in ask.returns} | {want.right_id for want in ask.wants}
        return list(named.union(said.right_id for said in ask.held or ()))

    @cached_property
    def _loans(self) -> dict[str, Loan]:
        """What the till that asks has of them, in the life in which it asks."""
        ask = self._ask
        rows = self._run(_LOANS_NAMED, rights=self._named, till=ask.workstation_id, this_life=ask.life)
        return {row.right_id: _loan(row) for row in rows}

    @override
    def loan(self, right_id: str, workstation_id: str, life: str) -> Loan | None:
        return self._loans.get(right_id)

    @override
    def free(self, want: RightWant) -> int:
        known = self._known.get((want.right_id, want.campaign_id))
        if known is None or self._somebody_owes:
            return 0
        account = self._accounts.get(want.right_id)
        return max(0, known.ceiling - (0 if account is None else account.out))

    @cached_property
    def _somebody_owes(self) -> bool:
        return not lives.nobody_owes(self._session, self._organisation_id)

    @override
    def root(self, right_id: str, borrower: Borrower) -> str:
        return borrower.life

    @override
    def grant(self, want: RightWant, before: Loan, after: Loan) -> bool:
        known = self._known.get((want.right_id, want.campaign_id))
        if known is None:
            return False
        self._open_account(want.right_id, known.worth.campaign_id)
        units = after.granted - before.granted
        taken = self._run(_TAKE, right=want.right_id, units=units, most=known.ceiling - units)
        if taken:
            self._accounts[want.right_id] = _Account(taken[0].out, known.worth.campaign_id)
            self._save(after)
        return bool(taken)

    @cached_property
    def _accounts(self) -> dict[str, _Account]:
        rows = self._run(_ACCOUNTS_NAMED, rights=self._named)
        return {row.right_id: _Account(row.out, row.campaign_id) for row in rows}

    def _open_account(self, right_id: str, campaign_id: str) -> None:
        """Make the row that counts what is lent of a right, or let it name the campaign that the right is of now."""
        known = self._accounts.get(right_id)
        if known is not None and campaign_id in {"", known.campaign_id}:
            return
        row = {"organisation_id": self._organisation_id, "right_id": right_id, "campaign_id": campaign_id, "out": 0}
        put(self._session, RightAccount, ("organisation_id", "right_id"), [row], only_new=("out",))
        self._accounts[right_id] = _Account(0 if known is None else known.out, campaign_id)

    @override
    def adopt(self, before: Loan, after: Loan) -> None:
        """A name that no program of ours made is kept all the same: it is lent, whatever it is."""
        worth = worth_of(self._session, self._organisation_id, after.right_id, "")
        self._open_account(after.right_id, "" if worth is None else worth.campaign_id)
        self._count_out(after.right_id, (after.granted - after.returned) - (before.granted - before.returned))
        self._save(after)

    @override
    def take_back(self, before: Loan, after: Loan) -> None:
        self._count_out(after.right_id, before.returned - after.returned)
        self._save(after)

    def _count_out(self, right_id: str, units: int) -> None:
        self._run(_COUNT_OUT, right=right_id, units=units)
        known = self._accounts.get(right_id)
        if known is not None:
            self._accounts[right_id] = replace(known, out=known.out + units)

    @override
    def recall(self, right_id: str, but: Borrower) -> None:
        self._recalls.append(right_id)

    @override
    def recalled(self, borrower: Borrower, limit: int) -> Sequence[Loan]:
        self._write_loans()
        which = {"organisation": self._organisation_id, "till": borrower.workstation_id, "this_life": borrower.life}
        rows = _RECALLED.all(self._connection, **which, at_most=limit)
        return [_loan(row) for row in rows]

    @override
    def missing(self, want: RightWant, units: int) -> None:
        """Nobody lends to the back-office."""

    def _run(self, statement: Prepared, **values: Any) -> Sequence[Any]:  # noqa: ANN401 - a column's values
        return statement.all(self._connection, organisation=self._organisation_id, **values)

    @cached_property
    def _known(self) -> dict[Wish, _Known]:
        """What is wished for, as far as it exists; nothing that it rests on is changed by lending."""
        wishes = {(want.right_id, want.campaign_id) for want in self._ask.wants}
        rested = rested_on_loans(self._connection, self._organisation_id, {right_id for right_id, _ in wishes})
        worths = worths_of(self._connection, self._organisation_id, wishes, rested)
        counted = counted_units(self._session, self._organisation_id, {right_id for right_id, _ in wishes})
        return {
            wish: _Known(worth, rested.get(wish[0], 0), counted.get(wish[0], 0))
            for wish, worth in worths.items()
            if worth is not None
        }

    def _save(self, loan: Loan) -> None:
        self._loans[loan.right_id] = self._loans_saved[loan.right_id] = loan
        name = read_right(loan.right_id)
        if name is not None and name.kind == "points":
            self._shares.append(name.subject_id)

    def _write_loans(self) -> None:
        rows = [
            {
                "organisation_id": self._organisation_id,
                "right_id": loan.right_id,
                "workstation_id": loan.workstation_id,
                "life": loan.life,
                "granted": loan.granted,
                "returned": loan.returned,
                "recalled": loan.recalled,
            }
            for loan in self._loans_saved.values()
        ]
        self._loans_saved.clear()
        put(self._session, RightLoan, ("organisation_id", "right_id", "workstation_id", "life"), rows)


def _loan(row: Any) -> Loan:  # noqa: ANN401 - a row with a loan's columns
    return Loan(row.right_id, row.workstation_id, row.life, row.granted, row.returned, row.spent, row.recalled)


@dataclass(frozen=True)
class _Account:
    """How much of a right is lent in all, and the campaign that it belongs to."""

    out: int
    campaign_id: str


@dataclass(frozen=True)
class _Known:
    """A right's worth, how many of its uses rested on a lease, and those that a person counted for no receipt."""

    worth: Worth
    rested: int
    counted: int

    @property
    def ceiling(self) -> int:
        """Units that may be out at most: those of the right, less what was used without any lease."""
        return self.worth.total - self.counted - max(0, self.worth.used - self.rested)


# Made once: every till with leases asks every few seconds, about many rights in one request.
_BORROWERS, _LOANS, _ACCOUNTS = table_of(RightBorrower), table_of(RightLoan), table_of(RightAccount)
_OUR_TILLS = (
    _BORROWERS.c.organisation_id == bindparam("organisation"),
    _BORROWERS.c.workstation_id == bindparam("till"),
)
_OUR_LOANS = _LOANS.c.organisation_id == bindparam("organisation")
_ACCOUNT = (
    _ACCOUNTS.c.organisation_id == bindparam("organisation"),
    _ACCOUNTS.c.right_id == bindparam("right"),
)

_PRESENT = Prepared(select(_BORROWERS.c.life, _BORROWERS.c.turn).where(*_OUR_TILLS, _BORROWERS.c.present))
_IS_PRESENT = Prepared(select(_BORROWERS.c.present).where(*_OUR_TILLS, _BORROWERS.c.life == bindparam("this_life")))
_END_OTHERS = Prepared(
    update(_BORROWERS).where(*_OUR_TILLS, _BORROWERS.c.life != bindparam("this_life")).values(present=False)
)
_COUNTERS = select(
    _LOANS.c.right_id,
    _LOANS.c.workstation_id,
    _LOANS.c.life,
    _LOANS.c.granted,
    _LOANS.c.returned,
    _LOANS.c.spent,
    _LOANS.c.recalled,
).where(_OUR_LOANS, _LOANS.c.workstation_id == bindparam("till"), _LOANS.c.life == bindparam("this_life"))
_LOANS_NAMED = Prepared(_COUNTERS.where(_LOANS.c.right_id.in_(bindparam("rights", expanding=True))))
_RECALLED = Prepared(_COUNTERS.where(_LOANS.c.recalled).order_by(_LOANS.c.right_id).limit(bindparam("at_most")))
_SPEND = Prepared(
    update(_LOANS)
    .where(_OUR_LOANS, _LOANS.c.right_id == bindparam("right"), _LOANS.c.life == bindparam("root"))
    .values(spent=_LOANS.c.spent + bindparam("more"))
)
_RECALL = Prepared(
    update(_LOANS)
    .where(
        _OUR_LOANS,
        _LOANS.c.right_id.in_(bindparam("rights", expanding=True)),
        _LOANS.c.workstation_id != bindparam("till"),
        _LOANS.c.granted > _LOANS.c.returned + _LOANS.c.spent,
        select(_BORROWERS.c.life)
        .where(
            _BORROWERS.c.organisation_id == bindparam("organisation"),
            _BORROWERS.c.workstation_id == _LOANS.c.workstation_id,
            _BORROWERS.c.life == _LOANS.c.life,
            _BORROWERS.c.present,
        )
        .exists(),
    )
    .values(recalled=True)
)
_ACCOUNTS_NAMED = Prepared(
    select(_ACCOUNTS.c.right_id, _ACCOUNTS.c.out, _ACCOUNTS.c.campaign_id).where(
        _ACCOUNTS.c.organisation_id == bindparam("organisation"),
        _ACCOUNTS.c.right_id.in_(bindparam("rights", expanding=True)),
    )
)
_TAKE = Prepared(
    update(_ACCOUNTS)
    .where(*_ACCOUNT, _ACCOUNTS.c.out <= bindparam("most"))
    .values(out=_ACCOUNTS.c.out + bindparam("units"))
    .returning(_ACCOUNTS.c.out)
)
_COUNT_OUT = Prepared(update(_ACCOUNTS).where(*_ACCOUNT).values(out=_ACCOUNTS.c.out + bindparam("units")))
