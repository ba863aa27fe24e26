"""Scale labels by the shop's own patterns; check digits by GS1's published example."""

from __future__ import annotations

import pytest

from pos_engine.registers.nexo.scale_labels import ScaleLabel, check_pattern, read_scale_label

PATTERNS = ("22IIIIVPPPPPC", "2IIIIIIWWWWWC")


def with_check_digit(twelve: str) -> str:
    total = sum(int(digit) * (3 if index % 2 else 1) for index, digit in enumerate(twelve))
    return twelve + str(-total % 10)


@pytest.mark.parametrize(
    ("code", "label"),
    [
        (with_check_digit("221234900342"), ScaleLabel("1234", 342, None)),
        (with_check_digit("230456700760"), ScaleLabel("304567", None, 760)),
        ("4006381333931", None),  # an ordinary article (GS1 General Specifications' way of checking)
        ("2212349003420", None),  # wrong check digit
        ("22123490034", None),
        ("22123490034x5", None),
        ("\u0662\u0662" + "0" * 11, None),
    ],
)
def test_labels(code: str, label: ScaleLabel | None) -> None:
    assert read_scale_label(code, PATTERNS) == label


@pytest.mark.parametrize(
    "pattern", ["2IIIIIVPPPPP", "2IIIIIVPPPPPP", "IIIIIIIPPPPPC", "2000000PPPPPC", "2iiiiivpppppC", ""]
)
def test_what_is_no_pattern_is_told_why(pattern: str) -> None:
    assert check_pattern(pattern)


def test_the_patterns_of_this_test_are_patterns() -> None:
    assert [check_pattern(pattern) for pattern in PATTERNS] == [None, None]
