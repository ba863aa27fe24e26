"""nexo's decimal amounts ⇄ integer minor units. The only place where a decimal point exists.

Laws: a JSON number becomes a Decimal, never a float; an amount with more decimals than its currency has is refused,
never rounded.
"""

from __future__ import annotations

from decimal import Decimal

from pos_engine.core.money import currency_exponent
from pos_engine.registers.nexo.faults import wrong

AMOUNT_MINOR_MAX = 999_999_999
"""A line of ten million in a currency with cents: above this a decimal point was lost."""

_DIGITS_MAX = 20
"""Bound on a number before it is reckoned with: within Decimal's 28 digits, and `1e999999999` costs nothing."""


def is_usable(number: Decimal) -> bool:
    """Whether a number can be reckoned with exactly: finite, of bounded length and magnitude."""
    return number.is_finite() and len(number.as_tuple().digits) <= _DIGITS_MAX and abs(number.adjusted()) <= _DIGITS_MAX


def check_magnitude(amount: Decimal, path: str) -> None:
    """Refuse (NexoError) what is negative or can be no price of anything."""
    if amount.is_finite() and amount < 0:
        raise wrong("price_negative", path, f"the amount {shown(amount)} is negative; leave cancelled lines out")
    if not is_usable(amount) or amount > AMOUNT_MINOR_MAX:
        raise wrong("amount_absurd", path, f"the amount {shown(amount)} cannot be right")


def to_minor(amount: Decimal, currency: str, path: str) -> int:
    """Minor units of an amount that may not be negative. NexoError says which field is wrong and why."""
    check_magnitude(amount, path)
    exponent = currency_exponent(currency)
    scaled = amount.scaleb(exponent)
    minor = int(scaled)
    if minor != scaled:
        raise wrong("amount_decimals", path, f"{shown(amount)} has more decimals than {currency} has ({exponent})")
    if minor > AMOUNT_MINOR_MAX:
        raise wrong("amount_absurd", path, f"the amount {shown(amount)} is above the largest amount allowed")
    return minor


def to_decimal(minor: int, currency: str) -> Decimal:
    """An amount of minor units as nexo writes it."""
    return Decimal(minor).scaleb(-currency_exponent(currency))


def shown(number: Decimal) -> str:
    """A number for a sentence, cut where it is longer than a person reads."""
    text = str(number)
    return text if len(text) <= 20 else f"{text[:20]}…"  # noqa: PLR2004 - enough to recognise a number by
