"""Rows of Parquet become receipts column by column: what many rows share is looked at once, the rest is arithmetic.

Law: the receipts are those that `RowReader` makes of the same rows; the ids of lines without one may differ.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Final, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pos_engine.core.basket import Basket
from pos_engine.core.member import Member
from pos_engine.core.usage import Usage
from pos_engine.replay.fields import (
    OF_ARTICLE,
    OF_PERSON,
    OF_PLACE,
    facets,
    head_of,
    older,
    person_of,
    text,
    wrong,
)
from pos_engine.replay.past import FORGOTTEN, PastReceipts
from pos_engine.wire.bounds import UNITS_MAX

DAY_US: Final = 86_400_000_000
MINUTE_US: Final = 60_000_000
DAY_ZERO: Final = 719_163
"""The ordinal of 1 January 1970."""
KEY_MAX: Final = 1 << 62
KNOWN_MAX: Final = 50_000
"""Facts of goods and people that are kept from part to part."""
NO_USAGE: Final = Usage()

Numbers = NDArray[np.int64]
Found = TypeVar("Found")


def readable(schema: pa.Schema) -> bool:
    """Whether the columns are numbers and times as numbers; other tables are read row by row."""
    at = schema.field("at").type
    whole = all(pa.types.is_integer(schema.field(name).type) for name in ("quantity", "unit_price_minor"))
    return whole and pa.types.is_timestamp(at) and at.tz is None


class BulkReader:
    """Takes batches of pyarrow in, gives receipts out: a part per batch."""

    def __init__(self, name: str) -> None:
        """`name`: what the rows come from, for messages."""
        self._name = name
        self._row = 0
        self._newest_us: int | None = None
        self._facets: dict[tuple[Any, ...], dict[str, Any]] = {}
        self._people: dict[tuple[Any, ...], Member | None] = {}
        self._heads: dict[tuple[Any, ...], Basket] = {}

    def parts(self, batches: Iterator[pa.RecordBatch]) -> Iterator[PastReceipts]:
        """All receipts. SourceError names the row that cannot be one."""
        held: pa.Table | None = None
        for batch in batches:
            table = pa.Table.from_batches([batch])
            rows = table if held is None else pa.concat_tables([held, table])
            starts = self._starts(rows)
            # The last receipt of a batch may go on in the next one.
            yield from self._part(rows.slice(0, starts[-1]), starts[:-1])
            self._row += int(starts[-1])
            held = rows.slice(starts[-1])
        if held is not None:
            yield from self._part(held, np.zeros(1, np.int64))

    def _starts(self, rows: pa.Table) -> Numbers:
        """The first row of each receipt."""
        column = _plain(rows["receipt"])
        self._no_nulls(column, "receipt", "every line belongs to a receipt")
        changes = pc.not_equal(column.slice(1), column.slice(0, len(column) - 1))
        inner = np.flatnonzero(changes.to_numpy(zero_copy_only=False)) + 1
        return np.concatenate([np.zeros(1, np.int64), inner])

    def _part(self, rows: pa.Table, starts: Numbers) -> Iterator[PastReceipts]:
        quantity, price = self._whole(rows, "quantity"), self._whole(rows, "unit_price_minor")
        over = np.flatnonzero(quantity > UNITS_MAX)
        if len(over):
            units = int(quantity[over[0]])
            raise wrong("quantity", units, f"no line has more than {UNITS_MAX} units", self._where(int(over[0])))
        # Goods that came back, and what cost nothing, are no sale.
        sold = np.flatnonzero((quantity > 0) & (price != 0))
        receipt_of = np.repeat(np.arange(len(starts)), np.diff(starts, append=rows.num_rows))[sold]
        lines = np.bincount(receipt_of, minlength=len(starts))
        filled = np.flatnonzero(lines)
        if not len(filled):
            return
        past = PastReceipts()
        self._times(past, rows, starts, filled)
        heads = rows.take(starts[filled])
        past.keys = [str(each) for each in heads["receipt"].to_pylist()]
        past.head_of = _array("I", self._shared(heads, OF_PLACE, self._heads, head_of, past.head_number))
        past.member_of = _array("I", self._shared(heads, OF_PERSON, self._people, person_of, past.member_number))
        past.usages = [NO_USAGE]
        past.usage_of = array("I", bytes(4 * len(filled)))
        past.first_line = _array("I", np.concatenate([np.zeros(1, np.int64), np.cumsum(lines[filled])]))
        past.quantity = _array("i", quantity[sold])
        article = self._articles(past, rows, sold)
        past.article_of = _array("I", article)
        past.line_id_of = _array("I", _line_ids(past, rows, sold, receipt_of, article))
        yield past

    def _times(self, past: PastReceipts, rows: pa.Table, starts: Numbers, filled: Numbers) -> None:
        column = _plain(rows["at"].cast(pa.timestamp("us"), safe=False))
        self._no_nulls(column, "at", "every receipt has a time")
        at_us: Numbers = column.cast(pa.int64()).to_numpy()[starts[filled]]
        before = at_us[0] if self._newest_us is None else self._newest_us
        early = np.flatnonzero(np.diff(at_us, prepend=before) < 0)
        if len(early):
            start = filled[early[0]]
            row = int(starts[start + 1]) if start + 1 < len(starts) else rows.num_rows
            raise older(self._name, rows["receipt"][int(starts[start])].as_py(), self._row + row)
        self._newest_us = int(at_us[-1])
        past.at_us = _array("q", at_us)
        past.day = _array("i", at_us // DAY_US + DAY_ZERO)
        past.minute = _array("h", at_us % DAY_US // MINUTE_US)

    def _articles(self, past: PastReceipts, rows: pa.Table, sold: Numbers) -> Numbers:
        """The article of each line that was sold; each article goes to the receipts once."""
        present = [name for name in OF_ARTICLE if name in rows.column_names]
        kind, firsts = _together([_codes(rows[name]) for name in present], rows.num_rows)
        values = rows.select(present).take(firsts).to_pydict()
        parsed = []
        for at, row in enumerate(firsts.tolist()):
            beside = tuple([values[name][at] if name in values else None for name in OF_ARTICLE])
            parsed.append(_known(self._facets, beside, partial(facets, where=self._where(row))))
        goods, prices = _codes(rows["product"]), _codes(rows["unit_price_minor"])
        parts = [(codes[sold], names) for codes, names in (goods, prices, (kind, len(parsed)))]
        article, firsts = _together(parts, len(sold))
        found = sold[firsts]
        products = map(text, rows["product"].take(found).to_pylist())
        costs = rows["unit_price_minor"].take(found).to_pylist()
        past.articles = [
            {**FORGOTTEN, **parsed[at], "product_id": product, "unit_price_minor": cost}
            for at, product, cost in zip(kind[found].tolist(), products, costs, strict=True)
        ]
        return article

    def _shared(
        self,
        heads: pa.Table,
        names: Sequence[str],
        known: dict[tuple[Any, ...], Found],
        read: Callable[[tuple[Any, ...]], Found],
        number: Callable[[Found], int],
    ) -> Numbers:
        """What stands at the head of each receipt under some names, as numbers of the part."""
        present = [name for name in names if name in heads.column_names]
        codes, firsts = _together([_codes(heads[name]) for name in present], heads.num_rows)
        values = heads.select(present).take(firsts).to_pydict()
        each = [
            number(_known(known, tuple([values[name][at] if name in values else None for name in names]), read))
            for at in range(len(firsts))
        ]
        return np.array(each, np.int64)[codes]

    def _whole(self, rows: pa.Table, name: str) -> Numbers:
        column = _plain(rows[name])
        self._no_nulls(column, name, "it is a whole number")
        numbers: Numbers = column.cast(pa.int64()).to_numpy()
        return numbers

    def _no_nulls(self, column: pa.Array, name: str, hint: str) -> None:
        if column.null_count:
            row = int(np.flatnonzero(pc.is_null(column).to_numpy(zero_copy_only=False))[0])
            raise wrong(name, None, hint, self._where(row))

    def _where(self, row: int) -> str:
        """A row of the part that is read, for messages."""
        return f"{self._name}, row {self._row + row + 1}"


def _known(known: dict[tuple[Any, ...], Found], name: tuple[Any, ...], read: Callable[[Any], Found]) -> Found:
    """What was read under a name before, or is read now; the memory is bounded."""
    if name in known:
        return known[name]
    if len(known) >= KNOWN_MAX:
        known.clear()
    found = known[name] = read(name)
    return found


def _line_ids(past: PastReceipts, rows: pa.Table, sold: Numbers, receipt_of: Numbers, article: Numbers) -> Numbers:
    """The id of each line: its own, else its article's number; an article that stands twice gets another one."""
    past.line_ids = [str(number) for number in range(len(past.articles))]
    number: Numbers = article.copy()
    key = receipt_of * len(past.articles) + article
    order = np.argsort(key, kind="stable")
    again = np.sort(order[1:][np.diff(key[order]) == 0])
    number[again] = len(past.line_ids) + np.arange(len(again))
    past.line_ids.extend(f"{own}-{at}" for own, at in zip(article[again].tolist(), again.tolist(), strict=True))
    if "line" in rows.column_names:
        column = _plain(rows["line"]).take(sold)
        encoded = column.dictionary_encode()
        own = pc.is_valid(column).to_numpy(zero_copy_only=False)
        number[own] = encoded.indices.fill_null(0).to_numpy()[own] + len(past.line_ids)
        past.line_ids.extend(map(str, encoded.dictionary.to_pylist()))
    return number


def _plain(column: pa.ChunkedArray) -> pa.Array:
    """A column as one array of values."""
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return whole.dictionary_decode() if pa.types.is_dictionary(whole.type) else whole


def _codes(column: pa.ChunkedArray) -> tuple[Numbers, int]:
    """A column as numbers from 0, equal values the same one, and how many there are."""
    encoded = _plain(column).dictionary_encode(null_encoding="encode")
    return encoded.indices.to_numpy().astype(np.int64), len(encoded.dictionary)


def _together(columns: Sequence[tuple[Numbers, int]], rows: int) -> tuple[Numbers, Numbers]:
    """Several columns of numbers as one, and the first row of each value."""
    key, size = np.zeros(rows, np.int64), 1
    for codes, count in columns:
        if size * count >= KEY_MAX:
            key, size = _codes(pa.chunked_array([pa.array(key)]))
        key, size = key * count + codes, size * count
    codes, count = _codes(pa.chunked_array([pa.array(key)]))
    firsts = np.empty(count, np.int64)
    # Of several values for one place the last one stays: the first row.
    firsts[codes[::-1]] = np.arange(rows - 1, -1, -1)
    return codes, firsts


def _array(kind: str, numbers: Numbers) -> Any:  # noqa: ANN401 - the kind says which array
    made: array[int] = array(kind)
    made.frombytes(numbers.astype(np.dtype(kind)).tobytes())
    return made
