"""Money, dates, percentages and weekdays as people of a language write them (Unicode CLDR, by Babel)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.dates import format_date
from babel.numbers import NumberPattern, format_decimal, parse_pattern

from pos_engine.core.money import currency_exponent
from pos_engine.words.catalogue import LANGUAGES, known_language

NARROW_SPACE = "\u202f"
WIDE_SPACE = "\u00a0"


def money_text(minor: int, currency: str, language: str) -> str:
    """An amount in minor units with its currency, `12,50 €`. The number of decimals is the currency's own."""
    shape = _money_shape(known_language(language), currency)
    major, rest = divmod(abs(minor), shape.unit)
    fraction = f"{shape.decimal}{rest:0{shape.exponent}d}" if shape.exponent else ""
    before, after = shape.negative if minor < 0 else shape.positive
    return f"{before}{major:,}".replace(",", shape.group) + fraction + after


@dataclass(frozen=True)
class _MoneyShape:
    """How a language writes a currency: what stands around the digits, between groups of three, before the decimals."""

    exponent: int
    unit: int
    group: str
    decimal: str
    positive: tuple[str, str]
    negative: tuple[str, str]


@lru_cache(maxsize=256)
def _money_shape(language: str, currency: str) -> _MoneyShape:
    """Read off an example that Babel writes: a receipt has dozens of amounts, and Babel takes 40 µs for each."""
    exponent = currency_exponent(currency)
    unit = 10**exponent
    digits = "1234567" + "8" * exponent
    before, number, after = _parts(_written_by_babel(int(digits), currency, language, exponent), digits[-1])
    before_minus, _, after_minus = _parts(_written_by_babel(-int(digits), currency, language, exponent), digits[-1])
    decimal = number[-exponent - 1] if exponent else ""
    return _MoneyShape(exponent, unit, number[1], decimal, (before, after), (before_minus, after_minus))


def _parts(written: str, last_digit: str) -> tuple[str, str, str]:
    """What stands before the number, the number from its first digit 1 to its last, what stands behind it."""
    begin, end = written.index("1"), written.rindex(last_digit) + 1
    return written[:begin], written[begin:end], written[end:]


def _written_by_babel(minor: int, currency: str, language: str, exponent: int) -> str:
    written = _money_pattern(language, exponent).apply(
        Decimal(minor).scaleb(-exponent), _locale(language), currency=currency, currency_digits=False
    )
    # Receipt printers know the no-break space, but not the narrow one that French groups thousands with.
    return str(written).replace(NARROW_SPACE, WIDE_SPACE)


@lru_cache(maxsize=len(LANGUAGES))
def _locale(language: str) -> Locale:
    # Babel parses a name anew each time it is given one: with a thousand reasons in words that is felt.
    return Locale.parse(language)


@lru_cache(maxsize=32)
def _money_pattern(language: str, exponent: int) -> NumberPattern:
    """How a language writes money, with the decimals of ISO 4217.

    CLDR's own hide the smallest coins of some currencies (RSD, IQD, …): minor units would be read a hundredfold.
    """
    pattern = parse_pattern(_locale(language).currency_formats["standard"].pattern)
    pattern.frac_prec = (exponent, exponent)
    return pattern


@lru_cache(maxsize=256)
def percent_text(basis_points: int, language: str) -> str:
    """A percentage out of basis points, `7.7%`."""
    value = Decimal(basis_points).scaleb(-2)
    number: str = format_decimal(value, locale=_locale(known_language(language)))
    joiner = "" if known_language(language) in ("en", "it", "zh") else WIDE_SPACE
    return f"{number}{joiner}%"


@lru_cache(maxsize=256)
def date_text(day: date, language: str) -> str:
    """A date in the usual medium length, `23 Nov 2026` or `23.11.2026`."""
    written: str = format_date(day, format="medium", locale=_locale(known_language(language)))
    return written


def weekday_names(days: tuple[int, ...], language: str) -> str:
    """Names of weekdays (Monday is 0), separated by commas."""
    names = _locale(known_language(language)).days["stand-alone"]["wide"]
    return ", ".join(names[day] for day in days)
