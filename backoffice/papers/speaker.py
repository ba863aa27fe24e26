"""Words, money and dates in one language, also where no page is answered: the worker writes to people in theirs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache

from babel.numbers import format_decimal, format_percent
from babel.support import NullTranslations, Translations

from backoffice.web.format import DASH
from backoffice.web.locales import PAGE_LANGUAGES, TRANSLATIONS
from pos_engine import words


@dataclass(frozen=True)
class Speaker:
    """Speaks one of the languages of the pages, and counts in one currency."""

    language: str
    currency: str

    def say(self, text: str, /, **params: object) -> str:
        """A text of the catalogues, marked there by `i18n._l`; `%(name)s` are filled, `%%` is a per cent sign."""
        return _catalogue(self.language).gettext(text) % params

    def money(self, minor: int | None) -> str:
        """An amount in minor units; a dash when there is none."""
        return DASH if minor is None else words.money_text(minor, self.currency, self.language)

    def more(self, minor: float) -> str:
        """A difference in minor units, with its sign."""
        return ("+" if round(minor) > 0 else "") + self.money(round(minor))

    def percent(self, basis_points: int | None) -> str:
        """A rate in basis points; a dash when there is none."""
        if basis_points is None:
            return DASH
        return str(format_percent(Decimal(basis_points) / 10_000, format="#,##0.##%", locale=self.language))

    def points(self, share: float) -> str:
        """A difference of shares between -1 and 1, as per cent with its sign."""
        return ("+" if round(share * 10_000) > 0 else "") + self.percent(round(share * 10_000))

    def number(self, value: float) -> str:
        """A count, or a number with one decimal."""
        return str(format_decimal(round(value, 1), locale=self.language))

    def day(self, value: date) -> str:
        """A date in words."""
        return words.date_text(value, self.language)


def speaker_for(currency: str, *languages: str) -> Speaker:
    """A speaker of the first of these languages that the pages speak; of English when they speak none."""
    return Speaker(next((each for each in languages if each in PAGE_LANGUAGES), "en"), currency)


@cache
def _catalogue(language: str) -> NullTranslations:
    return NullTranslations() if language == "en" else Translations.load(TRANSLATIONS, [language])
