"""Cells of dealer systems as values. Each refuses what it cannot read with the column, the text and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Final

from backoffice.i18n import _l
from backoffice.imports.dates import read_date
from backoffice.imports.plan import RowRefused
from backoffice.imports.reasons import ONE_OF, TOO_LONG
from backoffice.text import folded

KM_MAX: Final = 2_000_000
"""Some lorries get there; more is a slip of the keyboard."""
_THOUSANDS: Final = "'\u2019.,\u00a0\u202f"
"""What people put between thousands, beside a space."""
YEARS: Final = range(1885, 2101)

CUSTOMER_KINDS: Final = ("private", "internal", "fleet")
_CUSTOMER_WORDS: Final = {
    "": "",
    **dict.fromkeys(("private", "privat", "privatkunde", "prive", "particulier", "privato", "soukromy", "私人",
                     "个人"), "private"),
    **dict.fromkeys(("internal", "intern", "interne", "interno", "interni", "内部"), "internal"),
    **dict.fromkeys(("fleet", "company", "flotte", "firma", "geschaftskunde", "societe", "entreprise", "flotta",
                     "azienda", "flotila", "firemni", "车队", "公司"), "fleet"),
}  # fmt: skip
LABOUR: Final = "labour"
PART: Final = "part"
OTHER: Final = "other"
_LINE_KINDS: Final = {
    "": OTHER,
    **dict.fromkeys(("labour", "labor", "work", "l", "arbeit", "lohn", "arbeitswert", "aw", "a", "main d'oeuvre",
                     "main d œuvre", "mo", "manodopera", "m", "prace", "工时", "人工"), LABOUR),
    **dict.fromkeys(("part", "parts", "p", "material", "teil", "teile", "ersatzteil", "e", "t", "piece", "pieces",
                     "ricambio", "ricambi", "r", "dil", "dily", "d", "配件", "零件", "材料"), PART),
    **dict.fromkeys(("other", "o", "sonstiges", "fremdleistung", "f", "s", "autre", "altro", "ostatni", "其他"), OTHER),
}  # fmt: skip


def text_of(cells: Mapping[str, str], column: str, most: int) -> str:
    """A text of at most so many characters."""
    text = cells[column]
    if len(text) > most:
        raise RowRefused(column, text, TOO_LONG, most=most)
    return text


@lru_cache(maxsize=4_096)
def _known_date(text: str) -> date | None:
    return read_date("", text)


def date_of(cells: Mapping[str, str], column: str) -> date | None:
    """A day, None for an empty cell. Days stand in many rows, and reading one takes longer than all else of a row."""
    try:
        return _known_date(cells[column])
    except RowRefused as refused:
        raise RowRefused(column, refused.value, refused.reason) from None


def km_of(cells: Mapping[str, str]) -> int | None:
    """What an odometer said, with any of the usual separators of thousands; None for an empty cell."""
    text = cells.get("km", "")
    if not text:
        return None
    if text.isascii() and text.isdigit():
        digits = text
    else:
        plain = text.lower().removesuffix("km").strip()
        digits = plain.translate(dict.fromkeys(map(ord, f"{_THOUSANDS} ")))
        whole = digits.isascii() and digits.isdigit() and _in_thousands(plain, digits)
        if not whole:
            raise RowRefused("km", text, _l("is no mileage; write whole kilometres like 91000"))
    km = int(digits)
    if km > KM_MAX:
        raise RowRefused("km", text, _l("is more than any car has driven; write whole kilometres like 91000"))
    return km


def _in_thousands(text: str, digits: str) -> bool:
    """Whether what stands between digits parts thousands: 91.000 and 91'000 do, 910.5 does not."""
    tail = text
    for each in _THOUSANDS:
        tail = tail.replace(each, " ")
    parts = tail.split()
    return len(parts) == 1 or (all(len(part) == len("000") for part in parts[1:]) and "".join(parts) == digits)


def year_of(cells: Mapping[str, str], column: str) -> int | None:
    """A year, None for an empty cell."""
    text = cells[column]
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and int(text) in YEARS):
        raise RowRefused(column, text, _l("is no year; write it like 2021"))
    return int(text)


def customer_kind_of(cells: Mapping[str, str]) -> str:
    """Whether the owner is private, the house itself or a fleet; empty where nothing is said."""
    text = cells["customer_kind"]
    kind = _CUSTOMER_WORDS.get(folded(text))
    if kind is None:
        raise RowRefused("customer_kind", text, ONE_OF, known=", ".join(CUSTOMER_KINDS))
    return kind


@lru_cache(maxsize=256)
def _line_kind(text: str) -> str | None:
    return _LINE_KINDS.get(folded(text))


def line_kind_of(cells: Mapping[str, str]) -> str:
    """Whether a line is labour, a part or something else."""
    text = cells.get("kind", "")
    kind = _line_kind(text)
    if kind is None:
        raise RowRefused("kind", text, ONE_OF, known=f"{LABOUR}, {PART}, {OTHER}")
    return kind


@lru_cache(maxsize=4_096)
def _milli(text: str) -> int | None:
    whole, _point, rest = text.replace(",", ".").partition(".")
    negative, whole = whole.startswith("-"), whole.removeprefix("-") or "0"
    digits = whole + rest
    if not (digits.isascii() and digits.isdigit()) or len(rest) > len("000") or len(whole) > len("999999"):
        return None
    return (-1 if negative else 1) * int(whole + rest.ljust(3, "0"))


def quantity_of(cells: Mapping[str, str]) -> int:
    """How many pieces or hours, in thousandths; one where nothing is said."""
    text = cells.get("quantity", "")
    if not text:
        return 1_000
    milli = _milli(text)
    if milli is None:
        raise RowRefused("quantity", text, _l("is no quantity; write it like 1 or 0.5, with at most three decimals"))
    return milli
