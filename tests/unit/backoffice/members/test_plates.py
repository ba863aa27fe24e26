"""Number plates as they are typed and kept."""

from __future__ import annotations

import pytest

from backoffice.errors import InputError
from backoffice.members.plates import plate_said, plates_of


def test_each_line_is_a_plate_with_its_country_once() -> None:
    typed = "fr-xy 123\n\n D: FR XY 123\nCH: zh 123 456\nTÜ-AB 1"
    assert plates_of(typed, "DE") == ("DE:FRXY123", "CH:ZH123456", "DE:TUAB1")
    assert [plate_said(each) for each in plates_of(typed, "DE")][1] == "ZH123456"
    assert plates_of("京A 12345", "CN") == ("CN:京A12345",)
    assert plates_of(" \n", "DE") == ()


@pytest.mark.parametrize("typed", ["-", "X", "1234: AB 12", "ABCDEFGHIJKLM", "CHE: ZH 1"])
def test_what_is_no_plate_is_refused_with_the_line(typed: str) -> None:
    with pytest.raises(InputError, match="is no number plate"):
        plates_of(f"FR-XY 123\n{typed}", "DE")


def test_there_is_an_end_to_them() -> None:
    with pytest.raises(InputError, match="at most 20"):
        plates_of("\n".join(f"FR-A {number}" for number in range(21)), "DE")
