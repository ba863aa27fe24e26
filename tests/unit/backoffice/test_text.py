"""What is kept of a server's words names nobody."""

from __future__ import annotations

import pytest

from backoffice.text import without_addresses


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("550 5.1.1 <ada.lovelace@mail.example>: user unknown", "550 5.1.1 <…>: user unknown"),
        ("mail:25 does not take mail for ada@mail.example: 550 no", "mail:25 does not take mail for …: 550 no"),
        ("to or from: “Ada <a+b@x.example>”.", "to or from: “Ada <…>”."),
        ("451 try again later (greylisted)", "451 try again later (greylisted)"),
        ("", ""),
    ],
)
def test_addresses_are_left_out(said: str, kept: str) -> None:
    assert without_addresses(said) == kept
