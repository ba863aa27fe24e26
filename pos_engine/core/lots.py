"""Points by when they were earned: which are still there, which expire, which a purchase used up.

Laws: what expires first is used first; the open lots less the debt are the balance; what a reversal gives back goes to
the lots it came from, with their old day of expiry; the same movements give the same lots.
"""

# Not compiled: not on the way to a price.

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from pos_engine.core.calendar import MONTHS_PER_YEAR, add_months
from pos_engine.core.document import document
from pos_engine.core.programme import PointsExpiry


@document
@dataclass(frozen=True)
class Movement:
    """One change of an account, in the order of booking. `expires_on`: the last day on which a credit can be used.

    `undoes`: the key of the movement that this one takes back.
    """

    key: str
    on: date
    amount: int
    expires_on: date | None = None
    undoes: str = ""


@document
@dataclass(frozen=True)
class Lot:
    """What is left of one credit."""

    key: str
    earned_on: date
    expires_on: date | None
    left: int


def expires_on(expiry: PointsExpiry, earned_on: date) -> date | None:
    """The last day on which points earned on a day can be used; None: they do not expire."""
    if expiry.policy == "never":
        return None
    day = add_months(earned_on, expiry.months)
    return day if expiry.policy == "months" else date(day.year, MONTHS_PER_YEAR, 31)


class _Book:
    """Lots while the movements are read. `taken`: movement → the lots it used up; `debt`: what no lot could carry."""

    def __init__(self) -> None:
        self.lots: list[Movement] = []
        self.left: list[int] = []
        self.debt = 0
        self.taken: dict[str, list[tuple[int, int]]] = {}

    def credit(self, movement: Movement) -> None:
        """Give back to where it came from, then pay debts, then open a lot."""
        rest = movement.amount
        came_from = self.taken.get(movement.undoes, [])
        while rest and came_from:
            lot, amount = came_from.pop()
            part = min(rest, amount)
            self._put(lot, part)
            rest -= part
            if part < amount:
                came_from.append((lot, amount - part))
        if rest:
            self.lots.append(movement)
            self.left.append(0)
            self._put(len(self.lots) - 1, rest)

    def _put(self, lot: int, amount: int) -> None:
        paid = min(self.debt, amount)
        self.debt -= paid
        self.left[lot] += amount - paid

    def debit(self, movement: Movement) -> None:
        """Take from the lot that is undone first, then from what expires first; the rest is debt."""
        rest = -movement.amount
        order = sorted(range(len(self.lots)), key=lambda lot: self._turn(lot, movement.undoes))
        took = self.taken.setdefault(movement.key, [])
        for lot in order:
            part = min(rest, self.left[lot])
            if part:
                self.left[lot] -= part
                rest -= part
                took.append((lot, part))
        self.debt += rest

    def _turn(self, lot: int, undone: str) -> tuple[bool, date, int]:
        credit = self.lots[lot]
        return (not undone or credit.key != undone, credit.expires_on or date.max, lot)


def _book_of(movements: Iterable[Movement]) -> _Book:
    book = _Book()
    for movement in movements:
        if movement.amount > 0:
            book.credit(movement)
        elif movement.amount < 0:
            book.debit(movement)
    return book


def open_lots(movements: Iterable[Movement]) -> tuple[Lot, ...]:
    """What is left of each credit, in the order of booking; lots that are used up are left out."""
    book = _book_of(movements)
    return tuple(
        Lot(credit.key, credit.on, credit.expires_on, left)
        for credit, left in zip(book.lots, book.left, strict=True)
        if left
    )


def debt_of(movements: Iterable[Movement]) -> int:
    """What was taken without being there; paid back by the next credits."""
    return _book_of(movements).debt


def expired(lots: Sequence[Lot], day: date) -> int:
    """How many points can no longer be used on a day."""
    return sum(lot.left for lot in lots if lot.expires_on is not None and lot.expires_on < day)


def next_expiry(lots: Sequence[Lot]) -> tuple[date, int] | None:
    """When the next points expire, and how many; None when none do."""
    days = [lot.expires_on for lot in lots if lot.expires_on is not None]
    if not days:
        return None
    first = min(days)
    return first, sum(lot.left for lot in lots if lot.expires_on == first)
