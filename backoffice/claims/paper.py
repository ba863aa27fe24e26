"""Invoices as text: what a PDF file says of itself, read by words and by what sums up.

Nothing is taken for true that does not come out: `sure` says that the lines make the total. What could not be read is
left empty for a person who has the picture beside the form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

import msgspec

from backoffice.claims import paper_words
from backoffice.claims.einvoice import vins_in
from backoffice.claims.invoice import LINES_MAX, Invoice, InvoiceLine, Reduction, to_minor
from backoffice.text import folded
from backoffice.workshop.reading import LABOUR, OTHER
from pos_engine.core.money import divide_half_up

TEXT_LENGTH_MAX: Final = 200_000
ROW_LENGTH_MAX: Final = 300
PER_CENT_BP: Final = 100
WHOLE_BP: Final = 10_000
ROUNDING_MINOR: Final = 3
"""What cash rounding (0.05) may put between the lines and the total."""

_SPACE = " \u00a0\u2009\u202f"
_APOSTROPHES = "'\u2019"
_BEGIN, _END = rf"(?<![\d.,{_APOSTROPHES}])-?", r"[.,]\d{2}(?![\d%])(?![.,]\d)"
_MONEY = re.compile(_BEGIN + rf"\d{{1,3}}(?:[{_APOSTROPHES}.,{_SPACE}]\d{{3}}){{0,3}}" + _END)
_PLAIN_MONEY = re.compile(_BEGIN + r"\d{4,9}" + _END)
_PER_CENT = re.compile(rf"(\d{{1,2}}(?:[.,]\d{{1,2}})?)[{_SPACE}]?%")
_DAY = re.compile(r"(?<!\d)(?:(\d{4})-(\d{2})-(\d{2})|(\d{1,2})[./-](\d{1,2})[./-](\d{4}))(?!\d)")
_NUMBER = re.compile(r"[A-Z0-9][A-Z0-9/\-.]{1,30}", re.IGNORECASE)
_CURRENCY = re.compile(r"(?<![A-Z])(CHF|EUR|CZK|GBP|CNY|USD|PLN|HUF|SEK|DKK|NOK)(?![A-Z])")


class Draft(msgspec.Struct, frozen=True):
    """An invoice as far as it could be read. `net`: the lines are without VAT. `sure`: the lines make the total."""

    number: str = ""
    invoiced_on: date | None = None
    done_on: date | None = None
    currency: str = ""
    net: bool = False
    lines: tuple[InvoiceLine, ...] = ()
    reductions: tuple[Reduction, ...] = ()
    vins: tuple[str, ...] = ()
    sure: bool = False

    def invoice(self) -> Invoice | None:
        """The invoice, when everything is there that a judgement needs and the sums are right."""
        if not (self.sure and self.number and self.invoiced_on and self.currency):
            return None
        return Invoice(
            number=self.number,
            invoiced_on=self.invoiced_on,
            done_on=self.done_on,
            currency=self.currency,
            net=self.net,
            lines=self.lines,
            reductions=self.reductions,
            vins=self.vins,
        )


def read_paper(text: str, currency: str) -> Draft:
    """Read the text of an invoice. `currency`: the organisation's, where the paper names none."""
    rows = [row.strip()[:ROW_LENGTH_MAX] for row in text[:TEXT_LENGTH_MAX].splitlines() if row.strip()]
    named = _CURRENCY.search(text[:TEXT_LENGTH_MAX])
    money = named.group(1) if named else currency
    items = [row for row in rows if _is_line(row)]
    lines = tuple(line for line in (_line(row, money) for row in items) if line is not None and line.list_minor > 0)
    reductions = tuple(_reductions(items, money))
    total = next((amounts[-1] for amounts in _of(rows, paper_words.TOTAL, money)), None)
    vat = sum(amounts[-1] for amounts in _of(rows, paper_words.VAT, money))
    paid = sum(line.paid_minor for line in lines) - sum(each.amount_minor for each in reductions)
    gross_fits = total is not None and abs(paid - total) <= ROUNDING_MINOR
    net_fits = total is not None and not gross_fits and vat > 0 and abs(paid + vat - total) <= ROUNDING_MINOR
    rate = _rate(rows)
    return Draft(
        number=_after(rows, paper_words.NUMBER),
        invoiced_on=_day_after(rows, paper_words.INVOICED),
        done_on=_day_after(rows, paper_words.DONE),
        currency=money,
        net=net_fits,
        lines=tuple(msgspec.structs.replace(line, vat_bp=rate) for line in lines[:LINES_MAX]),
        reductions=reductions,
        vins=tuple(dict.fromkeys(vins_in(text[:TEXT_LENGTH_MAX]))),
        sure=bool(lines) and len(lines) <= LINES_MAX and (gross_fits or net_fits),
    )


def _is_line(row: str) -> bool:
    words = folded(row)
    other = (*paper_words.TOTAL, *paper_words.NO_LINE, *paper_words.VAT, *paper_words.INVOICED, *paper_words.DONE)
    return bool(_amount_texts(row)) and not any(word in words for word in other)


def _amount_texts(row: str) -> list[re.Match[str]]:
    # A day such as 12.08.2022 has no two digits at its end; one such as 12.08.22 is none that is read here.
    found = [*_MONEY.finditer(row), *_PLAIN_MONEY.finditer(row)]
    return sorted(found, key=re.Match.start)


def _amounts(row: str, currency: str) -> list[int]:
    return [_minor(match.group(), currency) for match in _amount_texts(row)]


def _minor(text: str, currency: str) -> int:
    digits = re.sub(r"[^\d-]", "", text)
    return to_minor(f"{digits[:-2]}.{digits[-2:]}", currency)


def _line(row: str, currency: str) -> InvoiceLine | None:
    """What a row costs before and after, as far as its numbers agree: list - off = paid, or list less a percentage."""
    found = _amount_texts(row)
    amounts = [_minor(match.group(), currency) for match in found]
    text = row[: found[0].start()].strip(" .:|-") if found else ""
    if not text or amounts[-1] <= 0:
        return None
    rate = _PER_CENT.search(row)
    listed = _listed(amounts, rate.group(1) if rate else "")
    kind = LABOUR if any(word in folded(text) for word in paper_words.LABOUR) else OTHER
    return InvoiceLine(text=text, list_minor=listed, discount_minor=listed - amounts[-1], kind=kind)


def _listed(amounts: Sequence[int], rate: str) -> int:
    paid = amounts[-1]
    for at in range(len(amounts) - 2):
        if amounts[at] - abs(amounts[at + 1]) == paid:
            return amounts[at]
    off_bp = to_minor(rate.replace(",", "."), "EUR") if rate else 0
    for listed in amounts[:-1]:
        if off_bp and abs(listed - divide_half_up(listed * off_bp, WHOLE_BP) - paid) <= 1:
            return listed
    return paid


def _reductions(rows: Sequence[str], currency: str) -> Iterator[Reduction]:
    for row in rows:
        found = _amount_texts(row)
        last = _minor(found[-1].group(), currency)
        if last < 0:
            yield Reduction(row[: found[0].start()].strip(" .:|-"), -last)


def _of(rows: Sequence[str], words: Sequence[str], currency: str) -> Iterator[list[int]]:
    """The amounts of every row that says one of these words."""
    for row in rows:
        amounts = _amounts(row, currency)
        if amounts and any(word in folded(row) for word in words):
            yield amounts


def _rate(rows: Sequence[str]) -> int:
    """The VAT rate in basis points, where one row only names one; 0 otherwise."""
    named = {
        to_minor(match.group(1).replace(",", "."), "EUR")
        for row in rows
        if any(word in folded(row) for word in paper_words.VAT) and (match := _PER_CENT.search(row))
    }
    return named.pop() if len(named) == 1 else 0


def _rest(rows: Sequence[str], words: Sequence[str]) -> Iterator[str]:
    """What stands behind one of the words in its row."""
    for row in rows:
        text = folded(row)
        at = next((text.find(word) + len(word) for word in words if word in text), None)
        if at is not None:
            yield text[at:]


def _after(rows: Sequence[str], words: Sequence[str]) -> str:
    for rest in _rest(rows, words):
        for found in _NUMBER.findall(rest):
            if any(character.isdigit() for character in found) and not _DAY.fullmatch(found):
                return str(found).upper()
    return ""


def _day_after(rows: Sequence[str], words: Sequence[str]) -> date | None:
    for rest in _rest(rows, words):
        for match in _DAY.finditer(rest):
            year, month, day = match.group(1, 2, 3) if match.group(1) else match.group(6, 5, 4)
            try:
                return date(int(year), int(month), int(day))
            except ValueError:
                continue
    return None
