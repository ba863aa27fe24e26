"""Vehicle numbers: published ones are taken, slips are named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backoffice.workshop import vin

PUBLISHED = (
    "1M8GDM9AXKP042788",  # the worked example of 49 CFR 565.15(c)
    "11111111111111111",  # the number by which programs for check digits are tried
    "5GZCZ43D13S812715",
    "WVWZZZ1KZAW123456",  # a European one: the ninth character is a filler
)
LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"


@pytest.mark.parametrize("number", PUBLISHED)
def test_published_numbers_are_vehicle_numbers(number: str) -> None:
    assert vin.vin_fault(number) is None


@pytest.mark.parametrize(
    ("number", "reason", "values"),
    [
        ("1M8GDM9A1KP042788", vin.WRONG_CHECK, {"digit": "X"}),
        ("LSVAA1234E2184841", vin.WRONG_CHECK, {"digit": "X"}),
        ("WVWZZZ1KZAW12345", vin.WRONG_LENGTH, {"count": "16"}),
        ("WVWZZZIKZAW123456", vin.WRONG_LETTER, {}),
        ("WVWZZZ1KZAW12345O", vin.WRONG_LETTER, {}),
        ("WVWZZZ1KZAW12E456", vin.WRONG_CHARACTER, {}),
        ("WVWZZZ1KZ/W123456", vin.WRONG_CHARACTER, {}),
    ],
)
def test_a_slip_is_named(number: str, reason: str, values: dict[str, str]) -> None:
    assert vin.vin_fault(number) == (reason, values)


def test_blanks_and_small_letters_are_nobodys_business() -> None:
    assert vin.plain_vin(" wvw zzz 1kz-aw 123456 ") == "WVWZZZ1KZAW123456"


@given(st.text(LETTERS, min_size=13, max_size=13), st.text("0123456789", min_size=4, max_size=4), st.data())
def test_one_wrong_digit_of_a_checked_number_is_found(begin: str, end: str, data: st.DataObject) -> None:
    """Of any single character that is mistaken for one of another value the check digit knows (the ninth aside)."""
    number = f"1{(begin + end)[1:]}"
    number = number[: vin.CHECK_PLACE] + vin.check_digit(number) + number[vin.CHECK_PLACE + 1 :]
    assert vin.vin_fault(number) is None
    place = data.draw(st.sampled_from([at for at in range(1, vin.LENGTH) if at != vin.CHECK_PLACE]))
    other = data.draw(st.sampled_from(LETTERS if place < 13 else "0123456789"))
    slip = number[:place] + other + number[place + 1 :]
    same = vin.VALUES[other] == vin.VALUES[number[place]]
    assert (vin.vin_fault(slip) is None) == same
