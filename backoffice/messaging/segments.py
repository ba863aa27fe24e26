"""Parts of an SMS: 160 or 153 characters of the GSM alphabet, 70 or 67 of UCS-2 as soon as one is outside it.

3GPP TS 23.038, 6.2.1; TS 23.040, 9.2.3.24.1. One ê or ç makes the whole message UCS-2.
"""

from __future__ import annotations

from typing import Final

from smsutil import is_valid_gsm, split

UCS2_SINGLE: Final = 70
UCS2_PART: Final = 67


def segments_of(text: str) -> int:
    """Parts that a text is sent and paid in."""
    if is_valid_gsm(text):
        return max(1, len(split(text).parts))
    units = [1 + (ord(character) > 0xFFFF) for character in text]  # noqa: PLR2004 - beyond the first plane: a pair
    if sum(units) <= UCS2_SINGLE:
        return 1
    parts, room = 1, UCS2_PART
    for unit in units:  # a pair is not cut in two
        if unit > room:
            parts, room = parts + 1, UCS2_PART
        room -= unit
    return parts


def is_gsm(text: str) -> bool:
    """Whether every character is in the GSM alphabet."""
    return bool(is_valid_gsm(text))


def first_outside_gsm(text: str) -> str:
    """The first character that makes a text UCS-2; empty when there is none."""
    return next((character for character in text if not is_valid_gsm(character)), "")
