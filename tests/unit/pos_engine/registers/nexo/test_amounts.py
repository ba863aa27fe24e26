"""Decimals at the edge: exact or refused."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_engine.core.money import currency_exponent
from pos_engine.registers.nexo.amounts import AMOUNT_MINOR_MAX, to_decimal, to_minor
from pos_engine.registers.nexo.faults import NexoError


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("0.34", "EUR", 34),
        ("3.4", "EUR", 340),
        ("3.400", "EUR", 340),
        ("320", "JPY", 320),
        ("1.234", "KWD", 1234),
        ("1E+2", "EUR", 10_000),
        ("0", "EUR", 0),
        ("9999999.99", "EUR", AMOUNT_MINOR_MAX),
    ],
)
def test_an_amount_becomes_minor_units(amount: str, currency: str, minor: int) -> None:
    assert to_minor(Decimal(amount), currency, "X") == minor


@pytest.mark.parametrize(
    ("amount", "currency", "code"),
    [
        ("-0.01", "EUR", "price_negative"),
        ("0.345", "EUR", "amount_decimals"),
        ("3.2", "JPY", "amount_decimals"),
        ("10000000", "EUR", "amount_absurd"),
        ("NaN", "EUR", "amount_absurd"),
        ("Infinity", "EUR", "amount_absurd"),
        ("-Infinity", "EUR", "amount_absurd"),
        ("1E+999999", "EUR", "amount_absurd"),
        ("1E-999999", "EUR", "amount_absurd"),
        ("3." + "4" * 40, "EUR", "amount_absurd"),
    ],
)
def test_an_amount_that_cannot_be_right_is_refused_by_name(amount: str, currency: str, code: str) -> None:
    with pytest.raises(NexoError) as caught:
        to_minor(Decimal(amount), currency, "SaleItem[3].ItemAmount")
    assert caught.value.code == code
    assert caught.value.text.startswith("SaleItem[3].ItemAmount: ")
    assert len(caught.value.text) < 150


@given(st.integers(0, AMOUNT_MINOR_MAX), st.sampled_from(["EUR", "JPY", "KWD", "CLF", "CHF"]))
def test_there_and_back_is_the_same(minor: int, currency: str) -> None:
    text = str(to_decimal(minor, currency))
    assert to_minor(Decimal(text), currency, "X") == minor
    assert "E" not in text
    assert len(text.partition(".")[2]) == currency_exponent(currency)
