"""Every sentence exists in every language, with the same parameters, and money and dates read as people write them."""

from __future__ import annotations

import string
from datetime import date
from decimal import Decimal
from typing import get_args

import pytest
from babel import Locale
from babel.numbers import parse_pattern
from hypothesis import given
from hypothesis import strategies as st

from pos_engine import words
from pos_engine.core.money import currency_exponent
from pos_engine.core.outcome import Reason
from pos_engine.core.reasons import REASON_PARAMS
from pos_engine.ports.devices import DeviceCode
from pos_engine.sync.report import NoticeCode
from pos_engine.words.catalogue import LANGUAGES, _catalogue

EXAMPLES: dict[str, int | str] = {
    "discount_minor": 150,
    "title": "5 € off",
    "winner_offer_id": "o1",
    "winner_name": "Bread day",
    "by_minor": 20,
    "starts_on": "2026-11-02",
    "ends_on": "2026-11-30",
    "weekdays": "0,4",
    "windows": "22:00-02:00",
    "groups": "staff",
    "series_id": "s1",
    "coupon_id": "k1",
    "valid_on": "2026-11-24",
    "expired_on": "2026-11-01",
    "missing": 2,
    "tiers": "gold",
    "tenders": "cash",
    "visit": 10,
    "points": 12,
    "stamps": 2,
    "message": "Rye on Friday",
    "missing_minor": 420,
    "minimum_minor": 2000,
    "products": "coffee",
}


def fields(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_code_stands_in_every_language_with_the_same_parameters(language: str) -> None:
    english, other = _catalogue("en"), _catalogue(language)
    assert set(english) == set(other)
    assert {code: fields(english[code]) for code in english} == {code: fields(other[code]) for code in other}
    assert all(sentence.strip() for sentence in other.values())


@pytest.mark.parametrize("language", words.LANGUAGES)
@pytest.mark.parametrize("code", sorted(REASON_PARAMS))
def test_every_reason_of_the_core_can_be_said(code: str, language: str) -> None:
    reason = Reason("c", 1, "o", code, {name: EXAMPLES[name] for name in REASON_PARAMS[code]})
    sentence = words.reason_text(reason, language, "EUR")
    assert sentence
    assert "{" not in sentence
    assert "_minor" not in sentence


@pytest.mark.parametrize(
    ("minor", "currency", "language", "expected"),
    [
        (1500, "JPY", "en", "¥1,500"),
        (1234, "KWD", "de", "1,234\u00a0KWD"),
        (12345, "RSD", "de", "123,45\u00a0RSD"),
        (420, "EUR", "en", "€4.20"),
        (420, "EUR", "de", "4,20\u00a0€"),
        (123456, "EUR", "fr", "1\u00a0234,56\u00a0€"),
        (5, "CHF", "it", "0,05\u00a0CHF"),
        (-1250, "CZK", "cs", "-12,50\u00a0Kč"),
        (880, "CNY", "zh", "¥8.80"),
        (880, "JPY", "en", "¥880"),
    ],
)
def test_money_is_written_as_in_the_country(minor: int, currency: str, language: str, expected: str) -> None:
    assert words.money_text(minor, currency, language) == expected


@given(
    minor=st.integers(-(10**12), 10**12),
    currency=st.sampled_from(["EUR", "CHF", "CZK", "CNY", "USD", "JPY", "BHD", "RSD", "GBP", "XAF"]),
    language=st.sampled_from(LANGUAGES),
)
def test_an_amount_is_written_as_babel_writes_it(minor: int, currency: str, language: str) -> None:
    exponent = currency_exponent(currency)
    pattern = parse_pattern(Locale.parse(language).currency_formats["standard"].pattern)
    pattern.frac_prec = (exponent, exponent)
    value = Decimal(minor).scaleb(-exponent)
    expected = pattern.apply(value, Locale.parse(language), currency=currency, currency_digits=False)
    assert words.money_text(minor, currency, language) == expected.replace("\u202f", "\u00a0")


def test_dates_weekdays_and_percentages() -> None:
    assert words.date_text(date(2026, 11, 23), "de") == "23.11.2026"
    assert words.weekday_names((0, 4), "en") == "Monday, Friday"
    assert words.weekday_names((0,), "it") == "lunedì"
    assert words.percent_text(770, "en") == "7.7%"
    assert words.percent_text(1900, "de") == "19\u00a0%"


def test_a_regional_or_unknown_language_falls_back() -> None:
    assert words.known_language("de-CH") == "de"
    assert words.known_language("pt_BR") == "en"


def test_a_loss_without_difference_names_the_order() -> None:
    reason = Reason("c", 1, "o", "lost_to", {"winner_offer_id": "w", "winner_name": "Bread day", "by_minor": 0})
    assert "goes first" in words.reason_text(reason, "en", "EUR")


def test_an_unknown_code_is_a_fault() -> None:
    with pytest.raises(KeyError):
        words.text("no.such.code", "en")


@pytest.mark.parametrize("language", words.LANGUAGES)
@pytest.mark.parametrize("code", get_args(DeviceCode))
def test_every_trouble_of_a_device_can_be_said_and_names_it(code: str, language: str) -> None:
    assert "counter" in words.text(f"device.{code}", language, name="counter")
    assert "/dev/counter" in words.text(f"doctor.{code}", language, where="/dev/counter")


def test_every_notice_of_sync_can_be_said_and_none_is_left_over() -> None:
    notices = {code for part in get_args(NoticeCode) for code in get_args(part)}
    assert {f"sync.{code}" for code in notices} == {code for code in words.codes() if code.startswith("sync.")}
    assert {f"device.{code}" for code in get_args(DeviceCode)} == {
        code for code in words.codes() if code.startswith("device.")
    }
