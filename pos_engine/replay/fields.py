"""What the fields of a table mean: goods, places, people and times out of the values of one row.

`where` names the row in a message, such as "past.csv, row 7".
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, get_args

from pos_engine.core.basket import Basket, LineKind, PresentedCoupon
from pos_engine.core.member import Member
from pos_engine.core.moment import Moment
from pos_engine.replay.errors import SourceError
from pos_engine.replay.past import EPOCH

REQUIRED: Final = ("receipt", "at", "product", "quantity", "unit_price_minor")
OF_PLACE: Final = ("store", "workstation", "coupons")
OF_PERSON: Final = ("member", "groups", "tier")
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
COLUMNS: Final = (*REQUIRED, "line", *OF_PLACE, *OF_PERSON, *OF_ARTICLE)
BETWEEN: Final = ";"
"""Between several names in one field."""
KINDS: Final = frozenset(get_args(LineKind))
TRUE: Final = frozenset({True, "1", "true", "True", "yes"})


def check_columns(name: str, columns: Sequence[str]) -> None:
    """SourceError when a table has not all columns that every row needs, or one that means nothing."""
    unknown = [each for each in columns if each not in COLUMNS]
    if unknown:
        raise SourceError(f"{name}: column {unknown[0]!r} is not known; there are: {', '.join(COLUMNS)}")
    missing = [each for each in REQUIRED if each not in columns]
    if missing:
        raise SourceError(f"{name}: no column {', '.join(missing)}; docs/replay.md lists the columns")


def facets(values: Sequence[Any], where: str) -> dict[str, Any]:
    """What an article has beside product and price, out of the fields `OF_ARTICLE` in their order."""
    vat_bp, categories, kind, reduced, department, brand, family, attributes, floor = values
    if kind and kind not in KINDS:
        raise wrong("line_kind", kind, f"it is one of {', '.join(sorted(KINDS))}", where)
    return {
        "vat_bp": None if vat_bp in {None, ""} else whole(vat_bp, "vat_bp", where),
        "categories": names(categories),
        "line_kind": kind or "goods",
        "already_reduced": reduced in TRUE,
        "department": text(department),
        "brand": text(brand),
        "family": text(family),
        "attributes": names(attributes),
        "unit_price_floor_minor": 0 if floor in {None, ""} else whole(floor, "unit_price_floor_minor", where),
    }


def head_of(values: Sequence[Any]) -> Basket:
    """A basket without lines, out of the fields `OF_PLACE` in their order."""
    store, workstation, coupons = values
    presented = tuple(PresentedCoupon(each, each) for each in names(coupons))
    return Basket(store_id=text(store), workstation_id=text(workstation), presented_coupons=presented)


def person_of(values: Sequence[Any]) -> Member | None:
    """The member's facts, out of the fields `OF_PERSON` in their order; None: nobody's card was read."""
    member, groups, tier = values
    return None if member in {None, ""} else Member(str(member), groups=names(groups), tier=text(tier))


def moment_of(at: object, where: str) -> Moment:
    """A time; one without an offset is the wall clock of the store. A number is microseconds since 1970."""
    try:
        if isinstance(at, int):
            local = EPOCH + timedelta(microseconds=at)
        else:
            local = at if isinstance(at, datetime) else datetime.fromisoformat(str(at))
        instant = local.replace(tzinfo=UTC) if local.tzinfo is None else local.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise wrong("at", at, "write it like 2026-11-23T10:00:00", where) from error
    return Moment(instant, local.date(), local.hour * 60 + local.minute)


def whole(value: object, column: str, where: str) -> int:
    """A whole number."""
    if type(value) is int:
        return value
    try:
        return int(str(value))
    except ValueError as error:
        raise wrong(column, value, "it is a whole number", where) from error


def text(value: object) -> str:
    """A text; nothing is the empty one."""
    return "" if value is None else str(value)


def names(value: object) -> tuple[str, ...]:
    """Several names in one field."""
    return tuple(each.strip() for each in str(value).split(BETWEEN) if each.strip()) if value else ()


def wrong(column: str, value: object, hint: str, where: str) -> SourceError:
    """What to raise about a field."""
    return SourceError(f"{where}: {column} {value!r} is not understood; {hint}")


def older(name: str, receipt: object, row: int) -> SourceError:
    """What to raise about a receipt that is older than the one before it; `row`: where the next one begins."""
    return SourceError(
        f"{name}: receipt {receipt!r} before row {row} is older than the one before it; "
        "sort the rows by time, the lines of a receipt together"
    )
