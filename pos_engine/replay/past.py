"""Past receipts as columns: a year of a shop in some dozens of megabytes, and each receipt handed out as it was sold.

Law: what goes in by `add` comes out of `sale` equal, but for the name and weight of a line, which no price depends on.
Receipts are numbered in the order they were added; `at_us` says when they were sold.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from typing_extensions import override

from pos_engine.core.basket import Basket, BasketLine
from pos_engine.core.member import Member
from pos_engine.core.moment import Moment
from pos_engine.core.usage import Usage
from pos_engine.wire.documents import encode

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
OWN_FIELDS: Final = frozenset({"line_id", "quantity"})
"""What differs from line to line of the same article."""
FORGOTTEN: Final = {"name": "", "measure": ""}
"""Words for paper; keeping them would make an article of every weighed apple."""
ARTICLE_FIELDS: Final = tuple(
    field.name for field in fields(BasketLine) if field.name not in OWN_FIELDS and field.name not in FORGOTTEN
)
LINES_KEPT: Final = 50_000
"""Lines that are kept for other receipts, about 400 bytes each."""
_NEW: Final = object.__new__
_SET: Final = object.__setattr__
"""Lines are made without their constructor, at one stroke: a replay makes ten for every price it asks for."""


@dataclass(frozen=True)
class PastSale:
    """One past receipt, ready for the core."""

    key: str
    basket: Basket
    member: Member | None
    usage: Usage
    moment: Moment


class PastReceipts:
    """Receipts as columns. `keys`: how a receipt is called where it comes from. Money is in minor units.

    What many receipts share stands once: `heads` (store, till, coupons handed over: a basket without lines), `members`
    (their facts at the sale), `usages` (what limits left), `articles` (product, price and all that selectors ask for).
    """

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.at_us = array("q")
        self.day = array("i")
        self.minute = array("h")
        self.head_of = array("I")
        self.member_of = array("I")
        self.usage_of = array("I")
        self.first_line = array("I", (0,))
        self.article_of = array("I")
        self.line_id_of = array("I")
        self.quantity = array("i")
        self.heads: list[Basket] = []
        self.members: list[Member | None] = []
        self.usages: list[Usage] = []
        self.articles: list[dict[str, Any]] = []
        self.line_ids: list[str] = []
        self._numbers: tuple[dict[object, int], ...] = ({}, {}, {}, {}, {})
        self._days: dict[int, date] = {}
        self._lines: dict[tuple[int, int, int], BasketLine] = {}

    def __len__(self) -> int:
        return len(self.keys)

    @override
    def __getstate__(self) -> dict[str, object]:
        """What goes to another process, which reads and adds nothing."""
        return {**self.__dict__, "_numbers": ({}, {}, {}, {}, {}), "_lines": {}}

    def add(self, sale: PastSale) -> None:
        """Append a receipt."""
        basket = sale.basket
        for line in basket.lines:
            self.article_of.append(self.article_number(line.__dict__))
            self.line_id_of.append(self.line_id_number(line.line_id))
            self.quantity.append(line.quantity)
        head = replace(basket, lines=())
        self.close_receipt(sale.key, self.head_number(head), self.member_number(sale.member), sale.moment, sale.usage)

    def close_receipt(self, key: str, head: int, member: int, moment: Moment, usage: Usage) -> None:
        """End the receipt whose lines were appended since the last one."""
        self.keys.append(key)
        self.at_us.append((moment.instant - EPOCH) // MICROSECOND)
        self.day.append(moment.local_date.toordinal())
        self.minute.append(moment.minute_of_day)
        self.head_of.append(head)
        self.member_of.append(member)
        self.usage_of.append(self._usage_number(usage))
        self.first_line.append(len(self.article_of))

    def article_number(self, values: Mapping[str, Any]) -> int:
        """The number of the article with these values, one for each of `ARTICLE_FIELDS`."""
        known, name = self._numbers[0], tuple([values[field] for field in ARTICLE_FIELDS])
        number = known.get(name)
        if number is None:
            number = known[name] = len(self.articles)
            self.articles.append({**FORGOTTEN, **dict(zip(ARTICLE_FIELDS, name, strict=True))})
        return number

    def line_id_number(self, line_id: str) -> int:
        """The number of a line id."""
        known = self._numbers[1]
        number = known.get(line_id)
        if number is None:
            number = known[line_id] = len(self.line_ids)
            self.line_ids.append(line_id)
        return number

    def head_number(self, head: Basket) -> int:
        """The number of a basket without lines."""
        known, name = self._numbers[2], encode(head)
        number = known.get(name)
        if number is None:
            number = known[name] = len(self.heads)
            self.heads.append(head)
        return number

    def member_number(self, member: Member | None) -> int:
        """The number of a member's facts; nobody is one too."""
        known = self._numbers[3]
        number = known.get(member)
        if number is None:
            number = known[member] = len(self.members)
            self.members.append(member)
        return number

    def _usage_number(self, usage: Usage) -> int:
        if self.usages and usage is self.usages[-1]:
            return len(self.usages) - 1
        known, name = self._numbers[4], encode(usage)
        number = known.get(name)
        if number is None:
            number = known[name] = len(self.usages)
            self.usages.append(usage)
        return number

    def basket(self, number: int) -> Basket:
        """The whole basket of a receipt."""
        first, end = self.first_line[number], self.first_line[number + 1]
        places = zip(self.article_of[first:end], self.line_id_of[first:end], self.quantity[first:end], strict=True)
        known = self._lines
        lines = [known.get(place) or self._line(place) for place in places]
        basket = _NEW(Basket)
        _SET(basket, "__dict__", {**self.heads[self.head_of[number]].__dict__, "lines": tuple(lines)})
        return basket

    def sample(self, article: int) -> BasketLine:
        """A line that sells an article; it says neither its id nor how many."""
        line = _NEW(BasketLine)
        _SET(line, "__dict__", self.articles[article])
        return line

    def _line(self, place: tuple[int, int, int]) -> BasketLine:
        """The line with this article, id and quantity; receipts share those that are equal."""
        article, line_id, quantity = place
        line = _NEW(BasketLine)
        _SET(line, "__dict__", {**self.articles[article], "line_id": self.line_ids[line_id], "quantity": quantity})
        if len(self._lines) >= LINES_KEPT:
            self._lines.clear()
        self._lines[place] = line
        return line

    def moment(self, number: int) -> Moment:
        """When a receipt was sold, on the wall clock of its store."""
        instant = EPOCH + timedelta(microseconds=self.at_us[number])
        moment = _NEW(Moment)
        own = {"instant": instant, "local_date": self.date_of(self.day[number]), "minute_of_day": self.minute[number]}
        _SET(moment, "__dict__", own)
        return moment

    def date_of(self, ordinal: int) -> date:
        """The day of an ordinal; made once, for a year has few."""
        known = self._days.get(ordinal)
        if known is None:
            known = self._days[ordinal] = date.fromordinal(ordinal)
        return known

    def member(self, number: int) -> Member | None:
        """The facts of the member at the sale; None: nobody's card was read."""
        return self.members[self.member_of[number]]

    def usage(self, number: int) -> Usage:
        """What limits left before the sale."""
        return self.usages[self.usage_of[number]]

    def sale(self, number: int) -> PastSale:
        """One receipt with everything a price needs."""
        return PastSale(
            self.keys[number], self.basket(number), self.member(number), self.usage(number), self.moment(number)
        )

    def value_minor(self, number: int) -> int:
        """What the goods of a receipt cost before any discount."""
        total: int = 0
        for place in range(self.first_line[number], self.first_line[number + 1]):
            price = self.articles[self.article_of[place]]["unit_price_minor"]
            total += self.quantity[place] * price
        return total

    def in_time_order(self, numbers: Sequence[int] | None = None) -> list[int]:
        """The numbers of receipts (all when none are named) in the order they were sold; ties in the order of keys."""
        at, keys = self.at_us, self.keys
        return sorted(range(len(keys)) if numbers is None else numbers, key=lambda n: (at[n], keys[n]))


def copy_of(member: Member, **changed: object) -> Member:
    """A member's facts with some of them changed."""
    made = _NEW(Member)
    _SET(made, "__dict__", {**member.__dict__, **changed})
    return made
