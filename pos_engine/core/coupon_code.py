"""The number of a paper coupon: unguessable, easy to print as a barcode, safe to type, checked before it is looked up.

`C` + 12 characters of Crockford's base 32 (60 random bits) + 1 check character, for example `C4XJ9T0ZQK7M2R`.
The check is ISO/IEC 7064's hybrid system for an alphabet of 32: every wrong character and nearly every swap of two
neighbours is found. Crockford's alphabet (https://www.crockford.com/base32.html) has no I, L, O, U; what people read
for them (1, 1, 0) is read back. On paper the code may stand in groups.

Coupons printed in thousands have a longer one: `S` + 4 characters that name the print run + 4 for the number in it + 8
of a signature + the check character. What the signature is made of: `wire/coupon_runs.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

PREFIX = "C"
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM_CHARACTERS = 12
RANDOM_BYTES = 8
"""Bytes needed for a code: 60 of their 64 bits are used."""
CODE_LENGTH = len(PREFIX) + RANDOM_CHARACTERS + 1

_BASE = len(ALPHABET)
_BITS_PER_CHARACTER = 5

RUN_PREFIX = "S"
TAG_CHARACTERS = 4
NUMBER_CHARACTERS = 4
SIGNATURE_CHARACTERS = 8
SIGNATURE_BITS = _BITS_PER_CHARACTER * SIGNATURE_CHARACTERS
NUMBER_MAX = (1 << _BITS_PER_CHARACTER * NUMBER_CHARACTERS) - 1
RUN_CODE_LENGTH = len(RUN_PREFIX) + TAG_CHARACTERS + NUMBER_CHARACTERS + SIGNATURE_CHARACTERS + 1

_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_READ_AS = str.maketrans({"I": "1", "L": "1", "O": "0"})
_SEPARATORS = str.maketrans("", "", " -\t\r\n")


def make_coupon_code(random_bytes: bytes) -> str:
    """A code from exactly RANDOM_BYTES random bytes, always the same for the same bytes. ValueError otherwise."""
    if len(random_bytes) != RANDOM_BYTES:
        message = f"a coupon code is made of {RANDOM_BYTES} random bytes, not {len(random_bytes)}"
        raise ValueError(message)
    bits = int.from_bytes(random_bytes) >> (8 * RANDOM_BYTES - _BITS_PER_CHARACTER * RANDOM_CHARACTERS)
    body = _characters(bits, RANDOM_CHARACTERS)
    return PREFIX + body + _check_character(body)


@dataclass(frozen=True)
class RunCode:
    """A code of a print run, taken apart. `signature`: SIGNATURE_BITS bits."""

    tag: str
    number: int
    signature: int


def make_run_code(parts: RunCode) -> str:
    """The code with these parts. ValueError: one of them does not fit."""
    tag_fits = len(parts.tag) == TAG_CHARACTERS and all(character in _VALUES for character in parts.tag)
    if not tag_fits or not 0 <= parts.number <= NUMBER_MAX or not 0 <= parts.signature >> SIGNATURE_BITS < 1:
        message = f"no code has room for tag {parts.tag!r}, number {parts.number}"
        raise ValueError(message)
    body = parts.tag + _characters(parts.number, NUMBER_CHARACTERS) + _characters(parts.signature, SIGNATURE_CHARACTERS)
    return RUN_PREFIX + body + _check_character(body)


def parts_of_run_code(code: str) -> RunCode | None:
    """A canonical code of a print run taken apart; None for any other text."""
    if len(code) != RUN_CODE_LENGTH or read_coupon_code(code) != code:
        return None
    body = code[len(RUN_PREFIX) : -1]
    signed = body[TAG_CHARACTERS + NUMBER_CHARACTERS :]
    number = body[TAG_CHARACTERS : TAG_CHARACTERS + NUMBER_CHARACTERS]
    return RunCode(body[:TAG_CHARACTERS], _number(number), _number(signed))


def read_coupon_code(text: str) -> str | None:
    """The canonical code in what was scanned or typed; None when it cannot be a coupon code (length, sign, check)."""
    code = text.translate(_SEPARATORS).upper()
    if not has_shape_of_code(code):
        return None
    body = code[len(PREFIX) :].translate(_READ_AS)
    if any(character not in _VALUES for character in body):
        return None
    return code[: len(PREFIX)] + body if _check_character(body[:-1]) == body[-1] else None


def has_shape_of_code(code: str) -> bool:
    """Whether a text without separators is as long as a coupon code and begins like one, whatever it says."""
    sign = code[: len(PREFIX)].upper()
    return (len(code) == CODE_LENGTH and sign == PREFIX) or (len(code) == RUN_CODE_LENGTH and sign == RUN_PREFIX)


def _characters(bits: int, count: int) -> str:
    """The last bits of a number, most significant first."""
    return "".join(
        ALPHABET[bits >> shift & (_BASE - 1)]
        for shift in range(_BITS_PER_CHARACTER * (count - 1), -1, -_BITS_PER_CHARACTER)
    )


def _number(characters: str) -> int:
    value = 0
    for character in characters:
        value = value * _BASE + _VALUES[character]
    return value


def _check_character(body: str) -> str:
    """ISO/IEC 7064 hybrid system, modulus 33 and 32: with the check character the running value ends at 1."""
    running = _BASE
    for character in body:
        running = (running + _VALUES[character]) % _BASE or _BASE
        running = running * 2 % (_BASE + 1)
    return ALPHABET[(1 - running) % _BASE]
