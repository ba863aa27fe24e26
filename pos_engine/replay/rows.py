"""Rows of a table, one per line of a receipt, become receipts. The columns are described in docs/replay.md.

Law: rows stand in order of time, the lines of a receipt together; anything else is refused with its row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, get_args

from pos_engine.core.basket import Basket, LineKind, PresentedCoupon
from pos_engine.core.member import Member
from pos_engine.core.moment import Moment
from pos_engine.core.usage import Usage
from pos_engine.replay.errors import SourceError
from pos_engine.replay.past import EPOCH, PastReceipts
from pos_engine.wire.bounds import UNITS_MAX

REQUIRED: Final = ("receipt", "at", "product", "quantity", "unit_price_minor")
OF_RECEIPT: Final = ("store", "workstation", "member", "groups", "tier", "coupons")
OF_ARTICLE: Final = (
    "vat_bp",
    "categories",
    "line_kind",
    "already_reduced",
    "department",
    "brand",
    "family",
    "attributes",
    "unit_price_floor_minor",
)
COLUMNS: Final = (*REQUIRED, "line", *OF_RECEIPT, *OF_ARTICLE)
RECEIPTS_PER_PART: Final = 5_000
BETWEEN: Final = ";"
"""Between several names in one field."""
NO_USAGE: Final = Usage()
KINDS: Final = frozenset(get_args(LineKind))
TRUE: Final = frozenset({True, "1", "true", "True", "yes"})

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
        self._facts: tuple[Any, ...] = ()
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

    def _check(self, columns: Columns) -> None:
        missing = [name for name in REQUIRED if name not in columns]
        if missing:
            raise SourceError(f"{self._name}: no column {', '.join(missing)}; docs/replay.md lists the columns")

    def _batch(self, columns: Columns) -> Iterator[PastReceipts]:
        self._check(columns)
        count = len(columns["receipt"])
        nothing = (None,) * count
        facts = zip(*(columns.get(name, nothing) for name in OF_RECEIPT), strict=True)
        facets = zip(*(columns.get(name, nothing) for name in OF_ARTICLE), strict=True)
        goods = zip(columns["product"], columns["unit_price_minor"], facets, strict=True)
        line_ids = columns.get("line", nothing)
        known, used = self._articles, self._in_receipt
        receipts, moments, quantities = columns["receipt"], columns["at"], columns["quantity"]
        for row, key, fact, at, quantity, line_id in zip(
            receipts, goods, facts, moments, quantities, line_ids, strict=True
        ):
            self._row += 1
            if row != self._receipt:
                self._close()
                if len(self._part) >= self._per_part:
                    yield self._part
                    self._part = PastReceipts()
                    for numbers in (known, self._heads, self._people):
                        numbers.clear()
                self._receipt, self._facts, self._at = row, fact, at
            part = self._part
            found = known.get(key)
            if found is None:
                number = self._article(key)
                found = known[key] = (number, part.line_id_number(str(number)))
            article, own_id = found
            sold = quantity if type(quantity) is int else self._whole(quantity, "quantity")
            if sold > UNITS_MAX:
                raise self._wrong("quantity", quantity, f"no line has more than {UNITS_MAX} units")
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
        moment = self._moment(self._at)
        if moment.instant < self._newest:
            raise SourceError(
                f"{self._name}: receipt {self._receipt!r} before row {self._row} is older than the one before it; "
                "sort the rows by time, the lines of a receipt together"
            )
        self._newest = moment.instant
        store, workstation, member, groups, tier, coupons = self._facts
        place, person = (store, workstation, coupons), (member, groups, tier)
        head, who = self._heads.get(place), self._people.get(person)
        if head is None:
            presented = tuple(PresentedCoupon(each, each) for each in _names(coupons))
            basket = Basket(store_id=_text(store), workstation_id=_text(workstation), presented_coupons=presented)
            head = self._heads[place] = part.head_number(basket)
        if who is None:
            known = member not in {None, ""}
            facts = Member(str(member), groups=_names(groups), tier=_text(tier)) if known else None
            who = self._people[person] = part.member_number(facts)
        part.close_receipt(str(self._receipt), head, who, moment, NO_USAGE)

    def _moment(self, at: object) -> Moment:
        """A time without an offset is the wall clock of the store."""
        try:
            if isinstance(at, int):
                local = EPOCH + timedelta(microseconds=at)
            else:
                local = at if isinstance(at, datetime) else datetime.fromisoformat(str(at))
            instant = local.replace(tzinfo=UTC) if local.tzinfo is None else local.astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise self._wrong("at", at, "write it like 2026-11-23T10:00:00") from error
        return Moment(instant, local.date(), local.hour * 60 + local.minute)

    def _article(self, key: tuple[Any, ...]) -> int:
        product, price, facets = key
        vat_bp, categories, kind, reduced, department, brand, family, attributes, floor = facets
        if kind and kind not in KINDS:
            raise self._wrong("line_kind", kind, f"it is one of {', '.join(sorted(KINDS))}")
        values = {
            "product_id": _text(product),
            "unit_price_minor": self._whole(price, "unit_price_minor"),
            "vat_bp": None if vat_bp in {None, ""} else self._whole(vat_bp, "vat_bp"),
            "categories": _names(categories),
            "line_kind": kind or "goods",
            "already_reduced": reduced in TRUE,
            "department": _text(department),
            "brand": _text(brand),
            "family": _text(family),
            "attributes": _names(attributes),
            "unit_price_floor_minor": 0 if floor in {None, ""} else self._whole(floor, "unit_price_floor_minor"),
        }
        return self._part.article_number(values)

    def _whole(self, value: object, column: str) -> int:
        if type(value) is int:
            return value
        try:
            return int(str(value))
        except ValueError as error:
            raise self._wrong(column, value, "it is a whole number") from error

    def _wrong(self, column: str, value: object, hint: str) -> SourceError:
        return SourceError(f"{self._name}, row {self._row}: {column} {value!r} is not understood; {hint}")


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _names(value: object) -> tuple[str, ...]:
    return tuple(each.strip() for each in str(value).split(BETWEEN) if each.strip()) if value else ()
