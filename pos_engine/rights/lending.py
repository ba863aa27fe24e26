"""The lender's side: the back-office, or a store's hub till. One request in, one answer out, in one transaction.

`answer` is the whole of it, over a `Book` that keeps the rows: an organisation's tables, or a hub's journal.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pos_engine.wire.rights import RIGHTS_MAX, RightAnswer, RightAsk, RightGrant, RightHeld, RightReturn, RightWant


@dataclass(frozen=True)
class Borrower:
    """The life of a till that is lent to, and the highest turn of it that was answered."""

    workstation_id: str
    life: str
    turn: int = 0


@dataclass(frozen=True)
class Loan:
    """What one life of a borrower has of one right, in units since its start.

    `spent`: what receipts are known to have used of it. A loan of a life that is over keeps what it has.
    """

    right_id: str
    workstation_id: str
    life: str
    granted: int = 0
    returned: int = 0
    spent: int = 0
    recalled: bool = False

    @property
    def outstanding(self) -> int:
        """Units that may still be used over there."""
        return max(0, self.granted - self.returned - self.spent)


class Book(ABC):
    """The lender's rows. All methods run in the caller's one transaction."""

    @abstractmethod
    def life(self) -> str:
        """The lender's own life."""

    @abstractmethod
    def borrower(self, workstation_id: str) -> Borrower | None:
        """The present life of a till; None: it never asked."""

    @abstractmethod
    def is_over(self, workstation_id: str, life: str) -> bool:
        """Whether this life was followed by another one."""

    @abstractmethod
    def save_borrower(self, borrower: Borrower) -> None:
        """Keep a till's turn; another life than before ends the one before."""

    @abstractmethod
    def loan(self, right_id: str, workstation_id: str, life: str) -> Loan | None:
        """One loan."""

    @abstractmethod
    def free(self, want: RightWant) -> int:
        """Units of the right that may be lent now; none of a right that is not known."""

    @abstractmethod
    def root(self, right_id: str, borrower: Borrower) -> str:
        """The life to which the back-office lent the units that are lent on here."""

    @abstractmethod
    def grant(self, want: RightWant, before: Loan, after: Loan) -> bool:
        """Keep a loan that has grown, if the right still has that much free. False: it has not, nothing is kept."""

    @abstractmethod
    def take_back(self, before: Loan, after: Loan) -> None:
        """Keep a loan that has shrunk: the units are free again."""

    def adopt(self, before: Loan, after: Loan) -> None:
        """Keep a loan as its borrower tells it after this lender was put back, whatever is free."""
        raise NotImplementedError(f"{type(self).__name__} lives on only with what it knows: {before} {after}")

    @abstractmethod
    def recall(self, right_id: str, but: Borrower) -> None:
        """Ask every other till in its present life for what it has free of a right. Told with their next answer."""

    @abstractmethod
    def recalled(self, borrower: Borrower, limit: int) -> Sequence[Loan]:
        """The loans of this life that are recalled."""

    def lent_before(self, lender_life: str) -> bool:
        """Whether what this earlier life of the lender lent counts on, although not all of it is known here.

        So it is with a back-office of which an older copy was put back; a hub's new life has nothing of its old one's.
        """
        del lender_life
        return False

    def owes(self, borrower: Borrower) -> bool:
        """Whether this till has yet to tell what an earlier life of the lender lent it."""
        del borrower
        return False

    def told(self, borrower: Borrower, ended: int) -> None:
        """It has told all. `ended`: lives of it that ended before this one, as its disk knows."""
        del borrower, ended

    @abstractmethod
    def missing(self, want: RightWant, units: int) -> None:
        """So many units that were wished for are not free. A hub asks the back-office."""


def answer(book: Book, ask: RightAsk) -> RightAnswer:
    """Judge a request, take back what it returns, lend what is free, recall what is not."""
    own_life = book.life()
    borrower, is_new = _admitted(book, ask)
    earlier = ask.lender_life not in {"", own_life}
    owes = borrower is not None and book.owes(borrower)
    # Who knows an earlier life of ours, and owes nothing, was settled by a person as one that will not come back.
    given_up = earlier and is_new and not owes and book.lent_before(ask.lender_life)
    if borrower is None or given_up:
        return RightAnswer(turn=ask.turn, verdict="life_over", lender_life=own_life)
    book.save_borrower(borrower)
    if earlier and not book.lent_before(ask.lender_life):
        return RightAnswer(turn=ask.turn, verdict="lender_anew", lender_life=own_life)
    if owes and not ask.lender_life:
        # It has heard nothing in its present life, so it has nothing in it.
        book.told(borrower, ask.ended)
    if earlier or ask.held is not None:
        return _told_to(book, borrower, ask, own_life, owes=owes)
    touched: dict[str, Loan] = {}
    for said in ask.returns:
        loan = book.loan(said.right_id, borrower.workstation_id, borrower.life)
        if loan is not None:
            touched[said.right_id] = _taken_back(book, loan, said)
    for want in ask.wants:
        touched[want.right_id] = _lent(book, borrower, want)
    for loan in book.recalled(borrower, RIGHTS_MAX):
        touched.setdefault(loan.right_id, loan)
    grants = tuple(
        RightGrant(
            right_id=loan.right_id,
            granted=loan.granted,
            root=book.root(loan.right_id, borrower),
            recalled=loan.recalled,
        )
        for loan in touched.values()
    )
    return RightAnswer(turn=ask.turn, verdict="ok", lender_life=own_life, grants=grants)


def _told_to(book: Book, borrower: Borrower, ask: RightAsk, own_life: str, *, owes: bool) -> RightAnswer:
    """Take in a page of what a till has from an earlier life; what was lent and returned there only grows here."""
    for said in ask.held or ():
        before = book.loan(said.right_id, borrower.workstation_id, borrower.life)
        before = before or Loan(said.right_id, borrower.workstation_id, borrower.life)
        after = _as_held(before, said)
        if after != before:
            book.adopt(before, after)
    complete = ask.held is not None and not ask.held_more
    if owes and complete:
        book.told(borrower, ask.ended)
    return RightAnswer(turn=ask.turn, verdict="ok", lender_life=own_life, stated=complete)


def _as_held(loan: Loan, said: RightHeld) -> Loan:
    granted = max(loan.granted, said.granted)
    returned = max(loan.returned, min(said.returned, granted - loan.spent))
    return replace(loan, granted=granted, returned=returned)


def _admitted(book: Book, ask: RightAsk) -> tuple[Borrower | None, bool]:
    """The life that speaks, at its new turn, and whether it is new here. None: it is over, or spoke this turn before.

    A turn that was answered before is an old message, whose answer nobody waits for, or a disk that was put back.
    """
    known = book.borrower(ask.workstation_id)
    if known is not None and known.life == ask.life:
        return (replace(known, turn=ask.turn) if ask.turn > known.turn else None), False
    if book.is_over(ask.workstation_id, ask.life):
        return None, False
    return Borrower(ask.workstation_id, ask.life, ask.turn), True


def _taken_back(book: Book, loan: Loan, said: RightReturn) -> Loan:
    """The loan after a return; nobody returns what receipts have used. The recall ends when nothing is left over there.

    What the borrower says it used counts for that alone: what was used is what receipts say.
    """
    returned = max(loan.returned, min(said.returned, loan.granted - loan.spent))
    after = replace(loan, returned=returned)
    after = replace(after, recalled=loan.recalled and after.outstanding > max(0, said.spent - loan.spent))
    if after != loan:
        book.take_back(loan, after)
    return after


def _lent(book: Book, borrower: Borrower, want: RightWant) -> Loan:
    """The loan after a wish. Where the borrower does not know all it has, it is only told."""
    loan = book.loan(want.right_id, borrower.workstation_id, borrower.life)
    loan = loan or Loan(want.right_id, borrower.workstation_id, borrower.life)
    if loan.granted != want.known or loan.recalled:
        return loan
    free = book.free(want)
    units = min(want.units, free)
    if units > 0:
        after = replace(loan, granted=loan.granted + units)
        if book.grant(want, loan, after):
            loan = after
    lacking = want.units - units
    if lacking > 0:
        book.recall(want.right_id, borrower)
        book.missing(want, lacking)
    return loan
