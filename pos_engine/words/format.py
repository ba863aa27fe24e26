"""Money, dates, percentages and weekdays as people of a language write them (Unicode CLDR, by Babel)."""

from __future__ import annotations

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
    exponent = currency_exponent(currency)
    written = _money_pattern(known_language(language), exponent).apply(
        Decimal(minor).scaleb(-exponent),
        _locale(known_language(language)),
        currency=currency,
        currency_digits=False,
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


def percent_text(basis_points: int, language: str) -> str:
    """A percentage out of basis points, `7.7%`."""
    value = Decimal(basis_points).scaleb(-2)
    number: str = format_decimal(value, locale=_locale(known_language(language)))
    joiner = "" if known_language(language) in ("en", "it", "zh") else WIDE_SPACE
    return f"{number}{joiner}%"


def date_text(day: date, language: str) -> str:
    """A date in the usual medium length, `23 Nov 2026` or `23.11.2026`."""
    written: str = format_date(day, format="medium", locale=_locale(known_language(language)))
    return written


def weekday_names(days: tuple[int, ...], language: str) -> str:
    """Names of weekdays (Monday is 0), separated by commas."""
    names = _locale(known_language(language)).days["stand-alone"]["wide"]
    return ", ".join(names[day] for day in days)
