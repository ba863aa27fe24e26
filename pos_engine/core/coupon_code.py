"""The number of a paper coupon: unguessable, easy to print as a barcode, safe to type, checked before it is looked up.

`C` + 12 characters of Crockford's base 32 (60 random bits) + 1 check character, for example `C4XJ9T0ZQK7M2R`.
The check is ISO/IEC 7064's hybrid system for an alphabet of 32: every wrong character and nearly every swap of two
neighbours is found. Crockford's alphabet (https://www.crockford.com/base32.html) has no I, L, O, U; what people read
for them (1, 1, 0) is read back. On paper the code may stand in groups.
"""

from __future__ import annotations

PREFIX = "C"
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM_CHARACTERS = 12
RANDOM_BYTES = 8
"""Bytes needed for a code: 60 of their 64 bits are used."""
CODE_LENGTH = len(PREFIX) + RANDOM_CHARACTERS + 1

_BASE = len(ALPHABET)
_BITS_PER_CHARACTER = 5
_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_READ_AS = str.maketrans({"I": "1", "L": "1", "O": "0"})
_SEPARATORS = str.maketrans("", "", " -\t\r\n")


def make_coupon_code(random_bytes: bytes) -> str:
    """A code from exactly RANDOM_BYTES random bytes, always the same for the same bytes. ValueError otherwise."""
    if len(random_bytes) != RANDOM_BYTES:
        message = f"a coupon code is made of {RANDOM_BYTES} random bytes, not {len(random_bytes)}"
        raise ValueError(message)
    bits = int.from_bytes(random_bytes) >> (8 * RANDOM_BYTES - _BITS_PER_CHARACTER * RANDOM_CHARACTERS)
    body = "".join(
        ALPHABET[bits >> shift & (_BASE - 1)]
        for shift in range(_BITS_PER_CHARACTER * (RANDOM_CHARACTERS - 1), -1, -_BITS_PER_CHARACTER)
    )
    return PREFIX + body + _check_character(body)


def read_coupon_code(text: str) -> str | None:
    """The canonical code in what was scanned or typed; None when it cannot be a coupon code (length, sign, check)."""
    code = text.translate(_SEPARATORS).upper()
    if len(code) != CODE_LENGTH or not code.startswith(PREFIX):
        return None
    body = code[len(PREFIX) :].translate(_READ_AS)
    if any(character not in _VALUES for character in body):
        return None
    return PREFIX + body if _check_character(body[:-1]) == body[-1] else None


def _check_character(body: str) -> str:
    """ISO/IEC 7064 hybrid system, modulus 33 and 32: with the check character the running value ends at 1."""
    running = _BASE
    for character in body:
        running = (running + _VALUES[character]) % _BASE or _BASE
        running = running * 2 % (_BASE + 1)
    return ALPHABET[(1 - running) % _BASE]
