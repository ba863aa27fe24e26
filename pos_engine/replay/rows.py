"""Rows of a table, one per line of a receipt, become receipts. The columns are described in docs/replay.md.

Law: rows stand in order of time, the lines of a receipt together; anything else is refused with its row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from pos_engine.core.usage import Usage
from pos_engine.replay.fields import (
    OF_ARTICLE,
    OF_PERSON,
    OF_PLACE,
    check_columns,
    facets,
    head_of,
    moment_of,
    older,
    person_of,
    text,
    whole,
    wrong,
)
from pos_engine.replay.past import PastReceipts
from pos_engine.wire.bounds import UNITS_MAX

RECEIPTS_PER_PART: Final = 5_000
NO_USAGE: Final = Usage()

Columns = Mapping[str, Sequence[Any]]
"""Some rows, column by column; a column that is missing is empty everywhere."""


class RowReader:
    """Takes columns of rows in, gives receipts out, a part of some thousands at a time."""

    def __init__(self, name: str, receipts_per_part: int = RECEIPTS_PER_PART) -> None:
        """`name`: what the rows come from, for messages."""
        self._per_part = receipts_per_part
        self._name = name
        self._row = 0
        self._part = PastReceipts()
        self._articles: dict[tuple[object, ...], tuple[int, int]] = {}
        self._heads: dict[tuple[object, ...], int] = {}
        self._people: dict[tuple[object, ...], int] = {}
        self._receipt: object = None
        self._place: tuple[Any, ...] = ()
        self._person: tuple[Any, ...] = ()
        self._at: object = None
        self._newest = datetime.min.replace(tzinfo=UTC)
        self._in_receipt: set[int] = set()

    def parts(self, batches: Iterator[Columns]) -> Iterator[PastReceipts]:
        """All receipts. SourceError names the row that cannot be one."""
        for columns in batches:
            yield from self._batch(columns)
        self._close()
        if len(self._part):
            yield self._part

    def _batch(self, columns: Columns) -> Iterator[PastReceipts]:
        check_columns(self._name, [*columns])
        nothing = (None,) * len(columns["receipt"])

        def beside(names: Sequence[str]) -> Iterator[tuple[Any, ...]]:
            return zip(*(columns.get(name, nothing) for name in names), strict=True)

        goods = zip(columns["product"], columns["unit_price_minor"], beside(OF_ARTICLE), strict=True)
        rows = zip(columns["receipt"], goods, beside(OF_PLACE), beside(OF_PERSON), columns["at"], columns["quantity"],
                   columns.get("line", nothing), strict=True)  # fmt: skip
        known, used = self._articles, self._in_receipt
        for row, key, place, person, at, quantity, line_id in rows:
            self._row += 1
            if row != self._receipt or row is None:
                self._close()
                if len(self._part) >= self._per_part:
                    yield self._part
                    self._part = PastReceipts()
                    for numbers in (known, self._heads, self._people):
                        numbers.clear()
                self._receipt, self._place, self._person, self._at = row, place, person, at
            part = self._part
            found = known.get(key)
            if found is None:
                number = self._article(key)
                found = known[key] = (number, part.line_id_number(str(number)))
            article, own_id = found
            sold = self._sold(row, quantity)
            if sold <= 0 or key[1] in {0, "0"}:
                continue  # goods that came back, and what cost nothing, are no sale
            if line_id is not None:
                own_id = part.line_id_number(str(line_id))
            elif article in used:
                own_id = part.line_id_number(f"{article}-{len(part.article_of)}")
            used.add(article)
            part.article_of.append(article)
            part.line_id_of.append(own_id)
            part.quantity.append(sold)

    def _close(self) -> None:
        """End the receipt whose rows were read last; one without anything sold is none."""
        part = self._part
        if self._receipt is None or len(part.article_of) == part.first_line[-1]:
            return
        self._in_receipt.clear()
        moment = moment_of(self._at, self._where())
        if moment.instant < self._newest:
            raise older(self._name, self._receipt, self._row)
        self._newest = moment.instant
        head, who = self._heads.get(self._place), self._people.get(self._person)
        if head is None:
            head = self._heads[self._place] = part.head_number(head_of(self._place))
        if who is None:
            who = self._people[self._person] = part.member_number(person_of(self._person))
        part.close_receipt(str(self._receipt), head, who, moment, NO_USAGE)

    def _sold(self, receipt: object, quantity: object) -> int:
        """The units of a line."""
        if receipt is None:
            raise wrong("receipt", receipt, "every line belongs to a receipt", self._where())
        sold = quantity if type(quantity) is int else whole(quantity, "quantity", self._where())
        if sold > UNITS_MAX:
            raise wrong("quantity", quantity, f"no line has more than {UNITS_MAX} units", self._where())
        return sold

    def _article(self, key: tuple[Any, ...]) -> int:
        product, price, beside = key
        where = self._where()
        values = facets(beside, where)
        values["product_id"] = text(product)
        values["unit_price_minor"] = whole(price, "unit_price_minor", where)
        return self._part.article_number(values)

    def _where(self) -> str:
        return f"{self._name}, row {self._row}"
