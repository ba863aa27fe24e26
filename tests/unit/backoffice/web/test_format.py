"""Amounts and rates as people type them, anywhere."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from flask_babel import Babel, force_locale

from backoffice.errors import InputError
from backoffice.web.format import parse_amount, parse_percent, weekday_and_day


@pytest.mark.parametrize(
    ("typed", "minor"),
    [
        ("12.50", 1250),
        ("12,5", 1250),
        ("1'250.00", 125_000),
        ("1\u2019250,05", 125_005),
        ("1.250,05", 125_005),
        ("1,250.05", 125_005),
        ("1 250,05", 125_005),
        ("12 EUR", 1200),
        ("", None),
        ("  ", None),
        ("-3", -300),
        ("0", 0),
    ],
)
def test_amounts(typed: str, minor: int | None) -> None:
    assert parse_amount(typed, "EUR") == minor


@pytest.mark.parametrize("typed", ["1.2345", "1,250", "abc", "1e5", "NaN", "Infinity", "1.2.3", "12,34.56", "9" * 20])
def test_what_is_no_amount_is_refused(typed: str) -> None:
    with pytest.raises(InputError):
        parse_amount(typed, "EUR")


def test_the_currency_says_how_many_decimals() -> None:
    assert parse_amount("500", "JPY") == 500
    with pytest.raises(InputError):
        parse_amount("500.5", "JPY")
    assert parse_amount("1.234", "KWD") == 1234


@pytest.mark.parametrize(("typed", "bp"), [("10", 1000), ("7,7 %", 770), ("0.25%", 25), ("", None)])
def test_percent(typed: str, bp: int | None) -> None:
    assert parse_percent(typed) == bp


def test_a_percent_is_not_finer_than_a_basis_point() -> None:
    with pytest.raises(InputError):
        parse_percent("0.125")


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("en", "Wed, Mar 4, 2026"),
        ("de", "Mi., 4. März 2026"),
        ("fr", "mer. 4 mars 2026"),
        ("it", "mer 4 mar 2026"),
        ("cs", "st 4. 3. 2026"),
        ("zh", "2026年3月4日周三"),
    ],
)
def test_a_day_with_its_weekday_is_written_as_its_language_does(language: str, written: str) -> None:
    app = Flask(__name__)
    Babel(app)
    with app.test_request_context(), force_locale(language):
        assert weekday_and_day(date(2026, 3, 4)) == written
