"""Who works at the tills, what the shop asks of them, and what they did: from the office to the tills, and back.

The laws of `wire/sync.py` hold here too. An older till keeps cashiers and policies aside and asks for no PIN; an older
back-office is told of no acts (it answers 404), and hears of them when it is newer.

A PIN travels and lies only as its scrypt hash (RFC 7914) under a salt of its own. A number of a few digits is found
from its hash by whoever holds the file and waits: the hash slows that down, the till's encrypted files and the lock
after wrong tries are what stop it (decision 46).
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from typing import Annotated, Final, Literal

import msgspec

from pos_engine.wire.sync import Amount, Envelope, Instant

POLICY_NAME: Final = "counter"
"""Entity id of the one policy a shop has."""
PIN_DIGITS_MIN: Final = 4
PIN_DIGITS_MAX: Final = 8
OPERATOR_LENGTH_MAX: Final = 20
SALT_BYTES: Final = 16
SCRYPT_N, SCRYPT_R, SCRYPT_P = 2**14, 8, 1
"""16 MB and some 50 ms on a desk machine (RFC 7914, 2): nobody notices it once, ten thousand PINs take ten minutes."""
HASH_BYTES: Final = 32
PHONE_DIGITS: Final = 9
"""So many last digits of a phone number count, so that 0171 … and +49 171 … are one number."""
PHONE_DIGITS_MIN: Final = 7
PLATE_LETTERS_MIN: Final = 2
PLATE_LETTERS_MAX: Final = 12
PLATES_MAX: Final = 20
"""Number plates of one member: a firm's cars."""
MARK_HEX_DIGITS: Final = 32
ACTIONS_MAX: Final = 100
"""Acts in one report; a till makes some ten a day."""

Action = Literal[
    "void_open",
    "void_closed",
    "reprint",
    "return",
    "top_up",
    "correction",
    "late_credit",
    "spending_allowed",
    "training_begun",
    "training_ended",
    "day_end",
]
"""spending_allowed: of a member who was found without a card."""
Short = Annotated[str, msgspec.Meta(max_length=200)]


class CashierBody(msgspec.Struct, frozen=True, kw_only=True):
    """A cashier as tills know one. `salt`, `pin_hash`: hex. `blocked`: this PIN opens nothing any more."""

    operator: str
    name: str
    salt: str
    pin_hash: str
    blocked: bool = False


class CounterPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """What a shop asks at its counters.

    `pins`: voids and reprints ask for a cashier's PIN, as top-ups and corrections always do. `find_by_phone`: a member
    without a card is found by the phone number or a number plate. `lookup_key`: hex; what both are marked with.
    `card_sales_max`: sales of one member at one till and day that their card counts in; 0: all. Older tills ignore it.
    """

    pins: bool = False
    find_by_phone: bool = False
    lookup_key: str = ""
    card_sales_max: Annotated[int, msgspec.Meta(ge=0, le=1_000)] = 0


class MemberMark(msgspec.Struct, frozen=True, kw_only=True):
    """By these marks of a phone number and of number plates the member is found; the numbers themselves are not here.

    `mark`: of the phone number, empty when none is known. `plates`: marks of the plates; an older till ignores them.
    """

    mark: str
    member_id: str
    plates: Annotated[tuple[str, ...], msgspec.Meta(max_length=PLATES_MAX)] = ()


class OperatorActionBody(msgspec.Struct, frozen=True, kw_only=True):
    """One act of a cashier. `action_id`: the same act told twice has the same one.

    `subject`: the receipt or sale it was done to; of a late credit the receipt whose code was shown. `amount_minor`:
    what it was about, in minor units (points, where points were corrected). `by_pin`: the operator gave a PIN.
    """

    action_id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    action: Action
    operator: Short
    subject: Short
    done_at: Instant
    amount_minor: Amount = 0
    member_id: Short = ""
    by_pin: bool = False


class OperatorActionReport(Envelope, frozen=True, kw_only=True):
    """Acts that the back-office has not confirmed yet, oldest first."""

    workstation_id: str
    actions: Annotated[tuple[OperatorActionBody, ...], msgspec.Meta(max_length=ACTIONS_MAX)]


class OperatorActionAnswer(Envelope, frozen=True, kw_only=True):
    """These acts are on record now."""

    action_ids: tuple[str, ...]


def is_pin(text: str) -> bool:
    """Whether a text can be a PIN: 4 to 8 digits."""
    return text.isascii() and text.isdigit() and PIN_DIGITS_MIN <= len(text) <= PIN_DIGITS_MAX


def pin_hash(pin: str, salt: bytes) -> bytes:
    """The scrypt hash that stands for a PIN."""
    return hashlib.scrypt(pin.encode(), salt=salt, n=SCRYPT_N, r=SCRYPT_R, p=SCRYPT_P, dklen=HASH_BYTES)


def pin_fits(cashier: CashierBody, pin: str) -> bool:
    """Whether this is the cashier's PIN, in constant time."""
    return hmac.compare_digest(pin_hash(pin, bytes.fromhex(cashier.salt)), bytes.fromhex(cashier.pin_hash))


def phone_digits(phone: str) -> str:
    """The digits of a phone number that count; empty when there are too few to tell people apart."""
    digits = "".join(character for character in phone if character.isascii() and character.isdigit()).lstrip("0")
    return digits[-PHONE_DIGITS:] if len(digits) >= PHONE_DIGITS_MIN else ""


def phone_mark(lookup_key: str, phone: str) -> str:
    """The keyed mark of a phone number (HMAC-SHA256, RFC 2104); empty without a key or enough digits."""
    return _mark(lookup_key, "phone", phone_digits(phone))


def plate_letters(plate: str) -> str:
    """The letters and digits of a number plate, capital and without accents: as people type it from the road.

    Empty when there are too few to tell cars apart, or too many for a plate. The country is not part of it: nobody at
    a till asks for it, and two cars that share the rest are shown both.
    """
    decomposed = unicodedata.normalize("NFKD", plate).upper()
    letters = "".join(character for character in decomposed if character.isalnum())
    return letters if PLATE_LETTERS_MIN <= len(letters) <= PLATE_LETTERS_MAX else ""


def plate_mark(lookup_key: str, plate: str) -> str:
    """The keyed mark of a number plate, made like that of a phone number; empty without a key or enough letters."""
    return _mark(lookup_key, "plate", plate_letters(plate))


def _mark(lookup_key: str, kind: str, said: str) -> str:
    if not said or not lookup_key:
        return ""
    return hmac.digest(bytes.fromhex(lookup_key), f"{kind}:{said}".encode(), "sha256").hex()[:MARK_HEX_DIGITS]
