"""The card's identity out of the answer to `FF CA 00 00 00` (PC/SC part 3, 3.2.2.1.3), and which answers are trouble.

No I/O here: bytes in, a meaning out.
"""

from __future__ import annotations

from drivers.pcsc_reader.atr import CardKind
from pos_engine.ports.devices import CardIdentity, CardTrouble

GET_UID = bytes.fromhex("FFCA000000")

UID_BYTES = {"iso14443a": (4, 7, 10), "iso14443b": (4,)}  # ISO 14443-3: single, double, triple; PUPI of type B
RANDOM_UID_LENGTH = 4
RANDOM_UID_FIRST_BYTE = 0x08  # ISO 14443-3, table 7: UID is a random number; what phones and some passports do

STATUS_LENGTH = 2
STATUS_GOOD = b"\x90\x00"
WRONG_LENGTH = 0x6C  # first status byte; the second is the length to ask with
TROUBLES = {
    b"\x63\x00": CardTrouble.TWO_CARDS,  # "failed": what readers answer when cards in the field disturb each other
    b"\x6a\x81": CardTrouble.FOREIGN,  # "not supported", three ways: a contact card, or another standard
    b"\x6d\x00": CardTrouble.FOREIGN,
    b"\x6e\x00": CardTrouble.FOREIGN,
}


def expected_length(answer: bytes) -> int | None:
    """The length that status 6Cxx asks the command to be repeated with; None for every other answer."""
    if len(answer) == STATUS_LENGTH and answer[0] == WRONG_LENGTH:
        return answer[1]
    return None


def read_identity(kind: CardKind, answer: bytes) -> CardIdentity | CardTrouble:
    """Who the card is, or why it cannot be used as a card."""
    status, uid = answer[-STATUS_LENGTH:], answer[:-STATUS_LENGTH]
    if status != STATUS_GOOD:
        return TROUBLES.get(status, CardTrouble.UNREADABLE)
    if not uid:
        return CardTrouble.UNREADABLE
    if len(uid) not in UID_BYTES.get(kind.technology, ()):
        return CardTrouble.FOREIGN
    if kind.technology == "iso14443a" and len(uid) == RANDOM_UID_LENGTH and uid[0] == RANDOM_UID_FIRST_BYTE:
        return CardTrouble.PHONE
    return CardIdentity(technology=kind.technology, uid_hex=uid.hex().upper(), family=kind.family)
