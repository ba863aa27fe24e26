"""Lending rights to tills: the lender's book of `pos_engine.rights.lending` over the organisation's tables.

Law: a grant is one UPDATE that fails when the units are not free; nothing is looked at first and written later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CursorResult, Executable, Row, bindparam, func, select, update
from sqlalchemy.orm import Session
from typing_extensions import override

from backoffice.bulk import execute_many, put, table_of, upsert
from backoffice.clock import Clock
from backoffice.loyalty.feed import tell_balances
from backoffice.sync_api import lives
from backoffice.sync_api.models import RightAccount, RightBorrower, RightLoan, RightUseRow
from backoffice.sync_api.reading import ReadReceipt
from backoffice.sync_api.right_totals import Worth, worth_of
from backoffice.sync_api.tills import Till, foreign_workstation
from pos_engine.core.bookings import POINTS
from pos_engine.rights.ids import read_right
from pos_engine.rights.lending import Book, Borrower, Loan, answer
from pos_engine.wire.rights import RightAnswer, RightAsk, RightWant


def answer_ask(session: Session, clock: Clock, till: Till, ask: RightAsk) -> RightAnswer:
    """Answer a till that wishes for rights or gives some back. ApiError 403: it speaks for another till."""
    if ask.workstation_id != till.workstation_id:
        raise foreign_workstation(ask.workstation_id)
    book = OfficeBook(session, clock, till.organisation_id)
    lives.look_at_ask(session, clock, till.organisation_id, ask, book.borrower(till.workstation_id))
    return answer(book, ask)


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
                session.connection().execute(_SPEND, spent)
    execute_many(session, upsert(session, RightUseRow), rows)


class OfficeBook(Book):
    """The book of one transaction of one organisation."""

    def __init__(self, session: Session, clock: Clock, organisation_id: str) -> None:
        self._session = session
        self._connection = session.connection()  # asked for once: thirty statements answer one request
        self._clock = clock
        self._organisation_id = organisation_id
        self._known: dict[tuple[str, str], _Known | None] = {}

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

    @override
    def borrower(self, workstation_id: str) -> Borrower | None:
        row = self._run(_PRESENT, till=workstation_id).one_or_none()
        return None if row is None else Borrower(workstation_id, row.life, row.turn)

    @override
    def is_over(self, workstation_id: str, life: str) -> bool:
        return self._run(_IS_PRESENT, till=workstation_id, this_life=life).scalar_one_or_none() is False

    @override
    def save_borrower(self, borrower: Borrower) -> None:
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

    @override
    def loan(self, right_id: str, workstation_id: str, life: str) -> Loan | None:
        row = self._run(_LOAN, right=right_id, till=workstation_id, this_life=life).one_or_none()
        return None if row is None else _loan(row)

    @override
    def free(self, want: RightWant) -> int:
        known = self._look_up(want)
        if known is None or not lives.nobody_owes(self._session, self._organisation_id):
            return 0
        out = self._run(_OUT, right=want.right_id).scalar_one_or_none()
        return max(0, known.ceiling - (out or 0))

    @override
    def root(self, right_id: str, borrower: Borrower) -> str:
        return borrower.life

    @override
    def grant(self, want: RightWant, before: Loan, after: Loan) -> bool:
        known = self._look_up(want)
        if known is None:
            return False
        self._open_account(want.right_id, known.worth.campaign_id)
        units = after.granted - before.granted
        taken = self._run(_TAKE, right=want.right_id, units=units, most=known.ceiling - units).scalar_one_or_none()
        if taken is not None:
            self._save(after)
            self._tell_share(after.right_id)
        return taken is not None

    def _tell_share(self, right_id: str) -> None:
        """Points that are lent to one till can be used nowhere else: the others are told."""
        name = read_right(right_id)
        if name is not None and name.kind == "points":
            tell_balances(self._session, self._organisation_id, [(name.subject_id, POINTS)], self._clock.now())

    def _open_account(self, right_id: str, campaign_id: str) -> None:
        insert = upsert(self._session, RightAccount)
        row = {"organisation_id": self._organisation_id, "right_id": right_id, "campaign_id": campaign_id, "out": 0}
        told = {"campaign_id": insert.excluded.campaign_id} if campaign_id else {"right_id": right_id}
        keys = ["organisation_id", "right_id"]
        execute_many(self._session, insert.on_conflict_do_update(index_elements=keys, set_=told), [row])

    @override
    def adopt(self, before: Loan, after: Loan) -> None:
        """A name that no program of ours made is kept all the same: it is lent, whatever it is."""
        worth = worth_of(self._session, self._organisation_id, after.right_id, "")
        self._open_account(after.right_id, "" if worth is None else worth.campaign_id)
        units = (after.granted - after.returned) - (before.granted - before.returned)
        self._run(_COUNT_OUT, right=after.right_id, units=units)
        self._save(after)
        self._tell_share(after.right_id)

    @override
    def take_back(self, before: Loan, after: Loan) -> None:
        self._run(_COUNT_OUT, right=after.right_id, units=before.returned - after.returned)
        self._save(after)
        self._tell_share(after.right_id)

    @override
    def recall(self, right_id: str, but: Borrower) -> None:
        self._run(_RECALL, right=right_id, till=but.workstation_id)

    @override
    def recalled(self, borrower: Borrower, limit: int) -> Sequence[Loan]:
        rows = self._run(_RECALLED, till=borrower.workstation_id, this_life=borrower.life, at_most=limit)
        return [_loan(row) for row in rows]

    @override
    def missing(self, want: RightWant, units: int) -> None:
        """Nobody lends to the back-office."""

    def _run(self, statement: Executable, **values: Any) -> CursorResult[Any]:  # noqa: ANN401 - a column's values
        return self._connection.execute(statement, {"organisation": self._organisation_id, **values})

    def _look_up(self, want: RightWant) -> _Known | None:
        """Looked up once in a transaction: nothing that it rests on is changed by lending."""
        key = want.right_id, want.campaign_id
        if key not in self._known:
            worth = worth_of(self._session, self._organisation_id, *key)
            rested = 0 if worth is None else int(self._run(_RESTED, right=want.right_id).scalar_one())
            self._known[key] = None if worth is None else _Known(worth, rested)
        return self._known[key]

    def _save(self, loan: Loan) -> None:
        row = {
            "organisation_id": self._organisation_id,
            "right_id": loan.right_id,
            "workstation_id": loan.workstation_id,
            "life": loan.life,
            "granted": loan.granted,
            "returned": loan.returned,
            "recalled": loan.recalled,
        }
        put(self._session, RightLoan, ("organisation_id", "right_id", "workstation_id", "life"), [row])


def _loan(row: Row[Any]) -> Loan:
    return Loan(row.right_id, row.workstation_id, row.life, row.granted, row.returned, row.spent, row.recalled)


@dataclass(frozen=True)
class _Known:
    """A right's worth, and how many of its uses rested on a lease."""

    worth: Worth
    rested: int

    @property
    def ceiling(self) -> int:
        """Units that may be out at most: those of the right, less what was used without any lease."""
        return self.worth.total - max(0, self.worth.used - self.rested)


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

_PRESENT = select(_BORROWERS.c.life, _BORROWERS.c.turn).where(*_OUR_TILLS, _BORROWERS.c.present)
_IS_PRESENT = select(_BORROWERS.c.present).where(*_OUR_TILLS, _BORROWERS.c.life == bindparam("this_life"))
_END_OTHERS = update(_BORROWERS).where(*_OUR_TILLS, _BORROWERS.c.life != bindparam("this_life")).values(present=False)
_COUNTERS = select(
    _LOANS.c.right_id,
    _LOANS.c.workstation_id,
    _LOANS.c.life,
    _LOANS.c.granted,
    _LOANS.c.returned,
    _LOANS.c.spent,
    _LOANS.c.recalled,
).where(_OUR_LOANS, _LOANS.c.workstation_id == bindparam("till"), _LOANS.c.life == bindparam("this_life"))
_LOAN = _COUNTERS.where(_LOANS.c.right_id == bindparam("right"))
_RECALLED = _COUNTERS.where(_LOANS.c.recalled).order_by(_LOANS.c.right_id).limit(bindparam("at_most"))
_RESTED = select(func.coalesce(func.sum(_LOANS.c.spent), 0)).where(_OUR_LOANS, _LOANS.c.right_id == bindparam("right"))
_SPEND = (
    update(_LOANS)
    .where(_OUR_LOANS, _LOANS.c.right_id == bindparam("right"), _LOANS.c.life == bindparam("root"))
    .values(spent=_LOANS.c.spent + bindparam("more"))
)
_RECALL = (
    update(_LOANS)
    .where(
        _OUR_LOANS,
        _LOANS.c.right_id == bindparam("right"),
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
_OUT = select(_ACCOUNTS.c.out).where(*_ACCOUNT)
_TAKE = (
    update(_ACCOUNTS)
    .where(*_ACCOUNT, _ACCOUNTS.c.out <= bindparam("most"))
    .values(out=_ACCOUNTS.c.out + bindparam("units"))
    .returning(_ACCOUNTS.c.out)
)
_COUNT_OUT = update(_ACCOUNTS).where(*_ACCOUNT).values(out=_ACCOUNTS.c.out + bindparam("units"))
