"""Money, dates and rates as people write them, in the language of the page; and back again."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton
from babel.numbers import format_decimal, format_percent
from flask_babel import get_locale

from backoffice.errors import InputError
from pos_engine import words
from pos_engine.core.money import currency_exponent

DASH: Final = "\u2013"
"""Stands where there is nothing to show."""
AMOUNT_MINOR_MAX: Final = 100_000_000_000

_PLAIN: Final = re.compile(r"[+-]?[0-9]{1,15}(?:[.,][0-9]{0,6})?")
_GROUPED: Final = re.compile(
    r"[+-]?[0-9]{1,3}(?:(?:,[0-9]{3})+\.[0-9]{0,6}|(?:\.[0-9]{3})+,[0-9]{0,6}|(?: [0-9]{3})+[.,][0-9]{0,6})"
)


def language() -> str:
    """The language of this request's page."""
    locale = get_locale()
    return str(locale.language) if locale is not None else "en"


def money(minor: int | None, currency: str) -> str:
    """An amount in minor units with its currency; a dash when there is none."""
    return DASH if minor is None else words.money_text(minor, currency, language())


def percent_bp(basis_points: int | None) -> str:
    """A rate in basis points as a percentage; a dash when there is none."""
    if basis_points is None:
        return DASH
    return str(format_percent(Decimal(basis_points) / 10_000, format="#,##0.##%", locale=language()))


def day(value: date | None) -> str:
    """A date in words."""
    return DASH if value is None else words.date_text(value, language())


def short_day(value: date) -> str:
    """A date without its year."""
    return str(format_skeleton("MMMd", value, locale=language()))


def weekday_and_day(value: date) -> str:
    """A date with its weekday."""
    return str(format_skeleton("yMMMEd", value, locale=language()))


def instant(value: datetime | None, zone: str) -> str:
    """An instant on the wall clock of a zone, to the minute."""
    if value is None:
        return DASH
    local = value.astimezone(ZoneInfo(zone))
    return f"{words.date_text(local.date(), language())} {local:%H:%M}"


def number(value: int) -> str:
    """A count with the separators of the language."""
    return str(format_decimal(value, locale=language()))


def amount_input(minor: int | None, currency: str) -> str:
    """An amount as a form field shows it: no currency sign, no thousands separators."""
    if minor is None:
        return ""
    digits = currency_exponent(currency)
    value = Decimal(minor).scaleb(-digits)
    return str(format_decimal(value, format="0." + "0" * digits if digits else "0", locale=language()))


def parse_amount(text: str, currency: str) -> int | None:
    """What somebody typed into an amount field, in minor units; None when empty. InputError says what is wrong."""
    cleaned = text.strip().replace("\u00a0", " ").replace("'", "").replace("\u2019", "").removesuffix(currency).strip()
    if not cleaned:
        return None
    value = _decimal(cleaned)
    digits = currency_exponent(currency)
    minor = value.scaleb(digits)
    # "1,250" may mean a thousand somewhere: more decimals than the currency has are never taken, zeros or not.
    if -int(value.as_tuple().exponent) > digits:
        raise InputError(f"{text!r} is finer than the smallest unit of {currency}")
    if abs(minor) > AMOUNT_MINOR_MAX:
        raise InputError(f"{text!r} is too large an amount")
    return int(minor)


def parse_percent(text: str) -> int | None:
    """What somebody typed into a percent field, in basis points; None when empty. InputError says what is wrong."""
    cleaned = text.strip().removesuffix("%").strip()
    if not cleaned:
        return None
    basis_points = _decimal(cleaned).scaleb(2)
    if basis_points != basis_points.to_integral_value():
        raise InputError(f"{text!r}: a rate has at most two decimals")
    return int(basis_points)


def _decimal(text: str) -> Decimal:
    """A number with a decimal point or comma; with both, the last one is the decimal sign and the other groups by 3."""
    if not _PLAIN.fullmatch(text) and not _GROUPED.fullmatch(text):
        raise InputError(f"{text!r} is not a number")
    last = max(text.rfind(","), text.rfind("."))
    if _PLAIN.fullmatch(text):
        return Decimal(text.replace(",", "."))
    whole = text[:last].replace(",", "").replace(".", "").replace(" ", "")
    return Decimal(f"{whole}.{text[last + 1 :]}")
