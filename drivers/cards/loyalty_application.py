"""What our application on a DESFire card looks like: its keys, its files, and the bytes in them.

| file | what | read | write |
|---|---|---|---|
| 1 | card data: format, key version, currency, card number | identify | manage |
| 2 | value in minor units, from 0 to a limit | debit, credit | debit takes away, credit adds too |
| 3 | the newest moves, one record each | debit, credit | debit, credit |
| 4 | rights that were used (`used_rights`); cards of earlier versions have none | identify, debit | debit |

The value and its record change in one commit or not at all; so does everything in file 4.
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.cards.desfire import Rights
from drivers.cards.exchange import CardError
from drivers.cards.keys import Role
from drivers.cards.session import CommMode

APPLICATION = bytes.fromhex("4C59F5")  # F5594C, least significant byte first; F… is free for use inside a system
MANAGE_KEY, IDENTIFY_KEY, DEBIT_KEY, CREDIT_KEY = range(4)
KEY_NUMBERS = {Role.IDENTIFY: IDENTIFY_KEY, Role.DEBIT: DEBIT_KEY, Role.CREDIT: CREDIT_KEY}
KEYS = 4
SETTINGS = 0x09  # master key may be changed, settings may be changed; listing and creating need the master key

DATA_FILE, VALUE_FILE, RECORD_FILE, RIGHTS_FILE = 1, 2, 3, 4
DATA_MODE, VALUE_MODE, RECORD_MODE, RIGHTS_MODE = CommMode.FULL, CommMode.FULL, CommMode.MAC, CommMode.MAC
DATA_RIGHTS = Rights(read=IDENTIFY_KEY, write=MANAGE_KEY, both=MANAGE_KEY, change=MANAGE_KEY)
VALUE_RIGHTS = Rights(read=DEBIT_KEY, write=DEBIT_KEY, both=CREDIT_KEY, change=MANAGE_KEY)
RECORD_RIGHTS = Rights(read=CREDIT_KEY, write=CREDIT_KEY, both=DEBIT_KEY, change=MANAGE_KEY)
RIGHTS_RIGHTS = Rights(read=IDENTIFY_KEY, write=DEBIT_KEY, both=DEBIT_KEY, change=MANAGE_KEY)

DATA_BYTES, RECORD_BYTES = 32, 32
RECORDS_KEPT = 8  # a till finds its own move again after seven others
FORMAT = 1
NUMBER_BYTES_MAX = 24
CURRENCY_BYTES = 3
MOVE_ID_BYTES = 16
SEQUENCE_MAX = 0xFFFFFFFF
LETTERS_FROM = ord("A") - 1  # A is 1


class CardFormatError(CardError):
    """The card is genuine, and holds something this program does not understand."""


@dataclass(frozen=True)
class CardData:
    """What was written when the card was made. `number`: the programme number printed on it."""

    key_version: int
    currency: str
    number: str

    def encoded(self) -> bytes:
        """ValueError when number or currency do not fit."""
        number, currency = self.number.encode("ascii"), self.currency.encode("ascii")
        plain = len(currency) == CURRENCY_BYTES and self.currency.isalpha() and self.currency.isupper()
        if len(number) > NUMBER_BYTES_MAX or not plain:
            raise ValueError(
                f"card number {self.number!r} must have at most {NUMBER_BYTES_MAX} plain characters, "
                f"currency {self.currency!r} exactly {CURRENCY_BYTES} capital letters"
            )
        head = bytes([FORMAT, self.key_version]) + currency + bytes([len(number)])
        return (head + number).ljust(DATA_BYTES, b"\x00")

    @classmethod
    def decoded(cls, data: bytes) -> CardData:
        """CardFormatError for another format."""
        if len(data) != DATA_BYTES or data[0] != FORMAT or data[5] > NUMBER_BYTES_MAX:
            raise CardFormatError("the card's data are of a format this program does not know")
        try:
            return cls(data[1], data[2:5].decode("ascii"), data[6 : 6 + data[5]].decode("ascii"))
        except UnicodeDecodeError as error:
            raise CardFormatError("the card's number is not plain text") from error


@dataclass(frozen=True)
class MoveRecord:
    """One move of the value. `kind`: I issued, D debit, C credit. `sequence` grows by one with each; 0 is the issue.

    The currency stands in each record (three letters of five bits), for the keys that read records cannot read file 1.
    """

    kind: str
    sequence: int
    amount_minor: int
    balance_minor: int
    move_id: bytes
    currency: str

    def encoded(self) -> bytes:
        """32 bytes."""
        letters = [ord(letter) - LETTERS_FROM for letter in self.currency]
        currency = (letters[0] << 10 | letters[1] << 5 | letters[2]).to_bytes(2, "big")
        numbers = b"".join(
            number.to_bytes(4, "big") for number in (self.sequence, self.amount_minor, self.balance_minor)
        )
        return bytes([FORMAT]) + self.kind.encode("ascii") + numbers + self.move_id + currency

    @classmethod
    def decoded(cls, data: bytes) -> MoveRecord:
        """CardFormatError for another format."""
        if len(data) != RECORD_BYTES or data[0] != FORMAT or data[1:2] not in {b"I", b"D", b"C"}:
            raise CardFormatError("a record on the card is of a format this program does not know")
        sequence, amount, balance = (int.from_bytes(data[at : at + 4], "big") for at in (2, 6, 10))
        packed = int.from_bytes(data[14 + MOVE_ID_BYTES :], "big")
        currency = "".join(chr(LETTERS_FROM + (packed >> shift & 0x1F)) for shift in (10, 5, 0))
        return cls(chr(data[1]), sequence, amount, balance, data[14 : 14 + MOVE_ID_BYTES], currency)
