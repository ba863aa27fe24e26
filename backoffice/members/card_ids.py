"""Canonical card ids as people type and import them: `technology:UID`, most significant byte first."""

from __future__ import annotations

import re
from typing import Final

from backoffice.errors import InputError

UID_BYTES: Final[dict[str, tuple[int, ...]]] = {
    "iso14443a": (4, 7, 10),  # single, double and triple size UID, ISO/IEC 14443-3
    "iso14443b": (4,),  # PUPI, ISO/IEC 14443-3
    "iso15693": (8,),
    "em4100": (5,),  # 8 bit version or customer number, 32 bit unique number
}
"""Technologies whose UID is a fixed number of bytes."""
NUMBERED: Final = frozenset({"barcode", "magstripe"})
"""Technologies whose id is the number as it is read."""
RANDOM_UID_FIRST_BYTE: Final = "08"
"""A 4-byte UID that begins so is made up anew at each tap (ISO/IEC 14443-3): phones do that."""
RANDOM_UID_DIGITS: Final = 8
NUMBER_LENGTH_MAX: Final = 48

_SEPARATORS: Final = re.compile(r"[\s:\-.]")
_HEX: Final = re.compile(r"[0-9A-F]+")
_NUMBER: Final = re.compile(r"[0-9A-Za-z._\-]+")


def canonical_card_id(text: str) -> str:
    """`04:a1:b2:c3:d4:e5:f6` or `iso14443a:04A1B2C3D4E5F6` → `iso14443a:04A1B2C3D4E5F6`; InputError says what is wrong.

    Without a technology in front, 5 bytes are taken as em4100, 8 as iso15693, every other length as iso14443a.
    """
    cleaned = text.strip()
    head, colon, tail = cleaned.partition(":")
    technology = head.strip().casefold()
    if colon and technology in NUMBERED:
        return f"{technology}:{_number(tail.strip())}"
    if colon and technology in UID_BYTES:
        return f"{technology}:{_uid(technology, tail)}"
    if colon and not _HEX.fullmatch(head.strip().upper()):
        known = ", ".join([*UID_BYTES, *sorted(NUMBERED)])
        raise InputError(f"{head!r} is not a card technology; these are known: {known}")
    digits = _SEPARATORS.sub("", cleaned).upper()
    by_length = {10: "em4100", 16: "iso15693"}
    technology = by_length.get(len(digits), "iso14443a")
    return f"{technology}:{_uid(technology, cleaned)}"


def _number(text: str) -> str:
    if not _NUMBER.fullmatch(text) or len(text) > NUMBER_LENGTH_MAX:
        raise InputError(
            f"{text!r} is not a card number: letters, digits, dots and dashes, at most {NUMBER_LENGTH_MAX}"
        )
    return text


def _uid(technology: str, text: str) -> str:
    digits = _SEPARATORS.sub("", text).upper()
    if not _HEX.fullmatch(digits):
        raise InputError(f"{text!r} is not a card id: write its UID in hex digits, like 04A1B2C3D4E5F6")
    sizes = UID_BYTES[technology]
    if len(digits) not in {2 * size for size in sizes}:
        wanted = " or ".join(str(2 * size) for size in sizes)
        raise InputError(f"{text!r} has {len(digits)} hex digits; a UID of {technology} has {wanted}")
    if technology == "iso14443a" and len(digits) == RANDOM_UID_DIGITS and digits.startswith(RANDOM_UID_FIRST_BYTE):
        raise InputError(f"{text!r} is a random id, as phones make one up at each tap: it cannot be a member's card")
    return digits
