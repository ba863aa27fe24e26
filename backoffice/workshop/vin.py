"""Vehicle identification numbers (ISO 3779): what is none, and why.

A number has 17 characters without I, O and Q. The ninth is a check digit where the law says so: North America (49 CFR
565.15, world manufacturer identifiers that begin with 1 to 5) and China (GB 16735, L). European makers put anything
there, so for their numbers it says nothing.
"""

from __future__ import annotations

import re
from typing import Final

from backoffice.i18n import _l

LENGTH: Final = 17
CHECK_PLACE: Final = 8
"""Counted from 0."""
CHECKED_REGIONS: Final = frozenset("12345L")
WEIGHTS: Final = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
VALUES: Final = {
    **{digit: int(digit) for digit in "0123456789"},
    **dict(zip("ABCDEFGH", range(1, 9), strict=True)),
    **dict(zip("JKLMN", range(1, 6), strict=True)),
    "P": 7,
    "R": 9,
    **dict(zip("STUVWXYZ", range(2, 10), strict=True)),
}
"""What each character counts for the check digit (49 CFR 565.15, table IV)."""
TAIL_LENGTH: Final = 7
"""Workshops call a car by the end of its number."""

_BETWEEN: Final = re.compile(r"[\s.\-]+")
_FORM: Final = re.compile(r"[A-HJ-NPR-Z0-9]{13}[0-9]{4}")
"""The last four are digits (ISO 3779, section 4.5)."""

WRONG_LENGTH: Final = _l("a VIN has 17 characters, this has %(count)s")
WRONG_LETTER: Final = _l("a VIN has no I, O or Q: is it a 1 or a 0?")
WRONG_CHARACTER: Final = _l("a VIN has letters and digits only, and ends with four digits")
WRONG_CHECK: Final = _l("the check digit is wrong: its 9th character should be %(digit)s; compare it with the papers")


def plain_vin(text: str) -> str:
    """A number as it is kept: capitals, nothing between them."""
    return _BETWEEN.sub("", text).upper()


def check_digit(vin: str) -> str:
    """What the ninth of 17 allowed characters must be where it is a check digit: 0 to 9 or X."""
    left = sum(VALUES[each] * weight for each, weight in zip(vin, WEIGHTS, strict=True)) % 11
    return "X" if left == len("0123456789") else str(left)


def vin_fault(vin: str) -> tuple[str, dict[str, str]] | None:
    """Why a plain number is no VIN: a text with its values; None when it is one."""
    if len(vin) != LENGTH:
        return WRONG_LENGTH, {"count": str(len(vin))}
    if not _FORM.fullmatch(vin):
        return (WRONG_LETTER if set(vin) & set("IOQ") else WRONG_CHARACTER), {}
    if vin[0] in CHECKED_REGIONS and vin[CHECK_PLACE] != check_digit(vin):
        return WRONG_CHECK, {"digit": check_digit(vin)}
    return None
