"""Lines of text → what was sold, by a template. Pure.

Laws: no total, no receipt; lines that do not sum to the total were not understood, and then only the total counts, as
one line: a threshold is right all the same, and no offer on goods is given by mistake.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from pos_engine.registers.printed.template import Template

QUANTITY_MAX = 999
LINES_MAX = 500
PRODUCT_LENGTH_MAX = 64
WHOLE_RECEIPT = "receipt"
"""The product code of a receipt of which only the total is known."""


@dataclass(frozen=True)
class PrintedLine:
    """One line of goods. `product`: the printed code, else the name. `tax_percent` empty: not printed."""

    product: str
    name: str
    quantity: int
    amount_minor: int
    tax_percent: str = ""


@dataclass(frozen=True)
class PrintedReceipt:
    """What a receipt says. `understood`: whether the lines sum to the total; otherwise there is one line, the total."""

    lines: tuple[PrintedLine, ...]
    total_minor: int
    understood: bool


@dataclass(frozen=True)
class NoReceipt:
    """Paper that is no sale, and why it was taken for none."""

    reason: str


def read_receipt(text: tuple[str, ...], template: Template, exponent: int = 2) -> PrintedReceipt | NoReceipt:
    """What stands on the paper. `exponent`: decimals of the shop's currency."""
    for line in text:
        for pattern in template.ignore:
            if re.search(pattern, line):
                return NoReceipt(f"the line {line.strip()!r} says that it is no sale")
    total_minor = _total(text, template, exponent)
    if total_minor is None:
        return NoReceipt("no line looks like the total")
    lines = _items(text, template, exponent)
    if lines and sum(line.amount_minor for line in lines) == total_minor and len(lines) <= LINES_MAX:
        return PrintedReceipt(lines, total_minor, understood=True)
    whole = PrintedLine(WHOLE_RECEIPT, "", 1, total_minor)
    return PrintedReceipt((whole,), total_minor, understood=not template.item)


def _total(text: tuple[str, ...], template: Template, exponent: int) -> int | None:
    """The last total counts: subtotals stand above it."""
    found: int | None = None
    for line in text:
        match = re.search(template.total, line)
        if match is not None:
            amount = _minor(match["amount"], template, exponent)
            found = amount if amount is not None and amount >= 0 else found
    return found


def _items(text: tuple[str, ...], template: Template, exponent: int) -> tuple[PrintedLine, ...]:
    lines: list[PrintedLine] = []
    inside = not template.items_begin
    above = ""
    for line in text:
        if not inside:
            inside = re.search(template.items_begin, line) is not None
            continue
        if template.items_end and re.search(template.items_end, line):
            break
        if _take_back(line, lines, template, exponent) or _reduce(line, lines, template, exponent):
            continue
        item = _item(line, above, template, exponent)
        if item is not None:
            lines.append(item)
        above = line.strip()
    return tuple(line for line in lines if line.quantity)


def _item(line: str, above: str, template: Template, exponent: int) -> PrintedLine | None:
    for pattern in template.item:
        match = re.search(pattern, line)
        if match is None:
            continue
        groups = {name: value.strip() for name, value in match.groupdict().items() if value}
        amount = _minor(groups["amount"], template, exponent)
        name = groups.get("name") or (above if template.name_above else "")
        if amount is None or amount < 0 or not name:
            continue
        product = groups.get("code") or name
        return PrintedLine(
            product[:64],
            name,
            _quantity(groups.get("quantity", "1")),
            amount,
            template.tax.get(groups.get("tax", ""), ""),
        )
    return None


def _take_back(line: str, lines: list[PrintedLine], template: Template, exponent: int) -> bool:
    """A line that was cancelled: it takes the last one of the same amount back."""
    match = re.search(template.void, line) if template.void else None
    if match is None:
        return False
    amount = abs(_minor(match["amount"], template, exponent) or 0)
    for index in range(len(lines) - 1, -1, -1):
        if lines[index].amount_minor == amount:
            del lines[index]
            return True
    return True


def _reduce(line: str, lines: list[PrintedLine], template: Template, exponent: int) -> bool:
    match = re.search(template.reduction, line) if template.reduction else None
    if match is None or not lines:
        return False
    amount = abs(_minor(match["amount"], template, exponent) or 0)
    lines[-1] = replace(lines[-1], amount_minor=max(0, lines[-1].amount_minor - amount))
    return True


def _minor(text: str, template: Template, exponent: int) -> int | None:
    """Printed digits as smallest coins: `1.234,50` or `1,234.50`, by the template's decimal sign."""
    thousands = "." if template.decimal == "," else ","
    plain = re.sub(r"[\s']", "", text).replace(thousands, "").replace(template.decimal, ".")
    if plain.endswith("-"):
        plain = f"-{plain[:-1]}"
    try:
        amount = Decimal(plain).scaleb(exponent)
    except InvalidOperation:
        return None
    return int(amount) if amount == int(amount) else None


def _quantity(text: str) -> int:
    """Pieces; weighed goods are one."""
    return int(text) if text.isdecimal() and 1 <= int(text) <= QUANTITY_MAX else 1
