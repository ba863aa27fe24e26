"""Lending rights to tills: the lender's book of `pos_engine.rights.lending` over the organisation's tables.

Law: a grant is one UPDATE that fails when the units are not free; nothing is looked at first and written later.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session
from typing_extensions import override

from backoffice.bulk import execute_many, upsert
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
                session.execute(
                    update(RightLoan)
                    .where(
                        RightLoan.organisation_id == document.organisation_id,
                        RightLoan.right_id == use.right_id,
                        RightLoan.life == use.root,
                    )
                    .values(spent=RightLoan.spent + use.units)
                    .execution_options(synchronize_session=False)
                )
    execute_many(session, upsert(session, RightUseRow), rows)


class OfficeBook(Book):
    """The book of one transaction of one organisation."""

    def __init__(self, session: Session, clock: Clock, organisation_id: str) -> None:
        self._session = session
        self._clock = clock
        self._organisation_id = organisation_id

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
        row = self._session.execute(
            select(RightBorrower.life, RightBorrower.turn).where(
                RightBorrower.organisation_id == self._organisation_id,
                RightBorrower.workstation_id == workstation_id,
                RightBorrower.present,
            )
        ).one_or_none()
        return None if row is None else Borrower(workstation_id, row.life, row.turn)

    @override
    def is_over(self, workstation_id: str, life: str) -> bool:
        row = self._session.execute(
            select(RightBorrower.present).where(
                RightBorrower.organisation_id == self._organisation_id,
                RightBorrower.workstation_id == workstation_id,
                RightBorrower.life == life,
            )
        ).scalar_one_or_none()
        return row is False

    @override
    def save_borrower(self, borrower: Borrower) -> None:
        self._session.execute(
            update(RightBorrower)
            .where(
                RightBorrower.organisation_id == self._organisation_id,
                RightBorrower.workstation_id == borrower.workstation_id,
                RightBorrower.life != borrower.life,
            )
            .values(present=False)
            .execution_options(synchronize_session=False)
        )
        insert = upsert(self._session, RightBorrower)
        keys = ["organisation_id", "workstation_id", "life"]
        statement = insert.on_conflict_do_update(
            index_elements=keys, set_={name: insert.excluded[name] for name in ("turn", "heard_at")}
        )
        row = {
            "organisation_id": self._organisation_id,
            "workstation_id": borrower.workstation_id,
            "life": borrower.life,
            "turn": borrower.turn,
            "present": True,
            "heard_at": self._clock.now(),
        }
        execute_many(self._session, statement, [row])

    @override
    def loan(self, right_id: str, workstation_id: str, life: str) -> Loan | None:
        row = self._session.execute(
            _LOANS.where(
                RightLoan.organisation_id == self._organisation_id,
                RightLoan.right_id == right_id,
                RightLoan.workstation_id == workstation_id,
                RightLoan.life == life,
            )
        ).one_or_none()
        return None if row is None else Loan(*row)

    @override
    def free(self, want: RightWant) -> int:
        worth = self._worth(want)
        if worth is None or not lives.nobody_owes(self._session, self._organisation_id):
            return 0
        out = self._session.execute(select(RightAccount.out).where(*self._account(want.right_id))).scalar_one_or_none()
        return max(0, self._ceiling(want, worth) - (out or 0))

    @override
    def root(self, right_id: str, borrower: Borrower) -> str:
        return borrower.life

    @override
    def grant(self, want: RightWant, before: Loan, after: Loan) -> bool:
        worth = self._worth(want)
        if worth is None:
            return False
        self._open_account(want.right_id, worth.campaign_id)
        units = after.granted - before.granted
        taken = self._session.execute(
            update(RightAccount)
            .where(*self._account(want.right_id), RightAccount.out + units <= self._ceiling(want, worth))
            .values(out=RightAccount.out + units)
            .returning(RightAccount.out)
            .execution_options(synchronize_session=False)
        ).scalar_one_or_none()
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
        self._session.execute(
            update(RightAccount)
            .where(*self._account(after.right_id))
            .values(out=RightAccount.out + units)
            .execution_options(synchronize_session=False)
        )
        self._save(after)
        self._tell_share(after.right_id)

    @override
    def take_back(self, before: Loan, after: Loan) -> None:
        self._session.execute(
            update(RightAccount)
            .where(*self._account(after.right_id))
            .values(out=RightAccount.out - (after.returned - before.returned))
            .execution_options(synchronize_session=False)
        )
        self._save(after)
        self._tell_share(after.right_id)

    @override
    def recall(self, right_id: str, but: Borrower) -> None:
        present = select(RightBorrower.life).where(
            RightBorrower.organisation_id == self._organisation_id,
            RightBorrower.workstation_id == RightLoan.workstation_id,
            RightBorrower.life == RightLoan.life,
            RightBorrower.present,
        )
        self._session.execute(
            update(RightLoan)
            .where(
                RightLoan.organisation_id == self._organisation_id,
                RightLoan.right_id == right_id,
                RightLoan.workstation_id != but.workstation_id,
                RightLoan.granted > RightLoan.returned + RightLoan.spent,
                present.exists(),
            )
            .values(recalled=True)
            .execution_options(synchronize_session=False)
        )

    @override
    def recalled(self, borrower: Borrower, limit: int) -> Sequence[Loan]:
        rows = self._session.execute(
            _LOANS.where(
                RightLoan.organisation_id == self._organisation_id,
                RightLoan.workstation_id == borrower.workstation_id,
                RightLoan.life == borrower.life,
                RightLoan.recalled,
            )
            .order_by(RightLoan.right_id)
            .limit(limit)
        )
        return [Loan(*row) for row in rows]

    @override
    def missing(self, want: RightWant, units: int) -> None:
        """Nobody lends to the back-office."""

    def _account(self, right_id: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        return (RightAccount.organisation_id == self._organisation_id, RightAccount.right_id == right_id)

    def _worth(self, want: RightWant) -> Worth | None:
        return worth_of(self._session, self._organisation_id, want.right_id, want.campaign_id)

    def _ceiling(self, want: RightWant, worth: Worth) -> int:
        """Units that may be out at most: those of the right, less what was used without any lease."""
        rested = self._session.execute(
            select(func.coalesce(func.sum(RightLoan.spent), 0)).where(
                RightLoan.organisation_id == self._organisation_id, RightLoan.right_id == want.right_id
            )
        ).scalar_one()
        return worth.total - max(0, worth.used - int(rested))

    def _save(self, loan: Loan) -> None:
        insert = upsert(self._session, RightLoan)
        keys = ["organisation_id", "right_id", "workstation_id", "life"]
        statement = insert.on_conflict_do_update(
            index_elements=keys, set_={name: insert.excluded[name] for name in ("granted", "returned", "recalled")}
        )
        row = {
            "organisation_id": self._organisation_id,
            "right_id": loan.right_id,
            "workstation_id": loan.workstation_id,
            "life": loan.life,
            "granted": loan.granted,
            "returned": loan.returned,
            "spent": loan.spent,
            "recalled": loan.recalled,
        }
        execute_many(self._session, statement, [row])


_LOANS = select(
    RightLoan.right_id,
    RightLoan.workstation_id,
    RightLoan.life,
    RightLoan.granted,
    RightLoan.returned,
    RightLoan.spent,
    RightLoan.recalled,
)
