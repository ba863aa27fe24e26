from __future__ import annotations

import pytest

from firmware_sim.printer.barcodes import BarcodeError, check_digit, code128, ean8, ean13, upc_a


@pytest.mark.parametrize(("digits", "check"), [("400638133393", "1"), ("9638507", "4"), ("03600029145", "2")])
def test_check_digits_of_known_articles(digits: str, check: str) -> None:
    assert check_digit(digits) == check


def test_an_ean_is_95_modules_wide_and_an_ean8_67() -> None:
    assert sum(ean13("4006381333931")[1]) == 95
    assert sum(ean8("96385074")[1]) == 67
    assert sum(upc_a("036000291452")[1]) == 95


def test_missing_check_digits_are_added() -> None:
    assert ean13("400638133393")[0] == "4006381333931"
    assert ean13("400638133393")[1] == ean13("4006381333931")[1]


@pytest.mark.parametrize("digits", ["4006381333930", "400638133393A", "12", ""])
def test_a_wrong_ean_is_not_printed(digits: str) -> None:
    with pytest.raises(BarcodeError):
        ean13(digits)


def test_code_128_is_eleven_modules_a_symbol_and_thirteen_the_stop() -> None:
    human, bars = code128("{BCOUP-0042")
    assert human == "COUP-0042"
    assert sum(bars) == 11 * (1 + 9 + 1) + 13


def test_the_check_symbol_of_the_textbook_example() -> None:
    """PJJ123C in set A has check value 54 (Wikipedia, "Code 128", check digit calculation)."""
    _, bars = code128("{APJJ123C")
    assert "".join(map(str, bars[-13:-7])) == "311123"


def test_pairs_of_digits_and_changes_of_set() -> None:
    human, bars = code128("{C" + chr(12) + chr(34) + "{BX{{")
    assert human == "1234X{"
    assert sum(bars) == 11 * (1 + 2 + 1 + 2 + 1) + 13


@pytest.mark.parametrize("data", ["COUP", "{B", "{Bé", "{C" + chr(100), "{B{", "{Dxx", "{B{9"])
def test_wrong_code_128_data_is_not_printed(data: str) -> None:
    with pytest.raises(BarcodeError):
        code128(data)
