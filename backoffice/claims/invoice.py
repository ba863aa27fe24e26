"""An invoice of a workshop as it is judged, whatever it was read from.

Amounts are minor units of `currency`, all of them with VAT or all without (`net`).
"""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Final

import msgspec

from pos_engine.core.money import currency_exponent

LINES_MAX: Final = 500
AMOUNT_MINOR_MAX: Final = 10**12
"""No workshop's invoice comes near it; sums of `LINES_MAX` of them stay below 64 bits."""


class InvoiceLine(msgspec.Struct, frozen=True):
    """One line: what it would cost, and what the invoice says is taken off it. `kind`: labour, part or other."""

    text: str
    list_minor: int
    discount_minor: int = 0
    vat_bp: int = 0
    code: str = ""
    kind: str = "other"

    @property
    def paid_minor(self) -> int:
        """What the customer pays for it, before what is taken off the whole invoice."""
        return self.list_minor - self.discount_minor


class Reduction(msgspec.Struct, frozen=True):
    """What is taken off the invoice as a whole, and how it is called there."""

    text: str
    amount_minor: int


class Invoice(msgspec.Struct, frozen=True):
    """`done_on` None: the day of the work is not on it. `vins`: the vehicle identification numbers that stand on it."""

    number: str
    invoiced_on: date
    done_on: date | None
    currency: str
    net: bool
    lines: tuple[InvoiceLine, ...]
    reductions: tuple[Reduction, ...] = ()
    vins: tuple[str, ...] = ()


class UnreadableError(ValueError):
    """A file is no invoice that can be read; the text says what is wrong, and can be shown."""


def to_minor(text: str, currency: str) -> int:
    """A decimal number of currency units as minor units, rounded half up. UnreadableError for what is no amount."""
    try:
        amount = Decimal(text.strip())
    except InvalidOperation:
        raise UnreadableError(text) from None
    if not amount.is_finite() or abs(amount) > AMOUNT_MINOR_MAX:
        raise UnreadableError(text)
    return int((amount * 10 ** currency_exponent(currency)).quantize(Decimal(1), ROUND_HALF_UP))
