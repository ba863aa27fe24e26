"""What lies on the reader: one card of some kind, two cards, a phone, or something that cannot be read."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from firmware_sim.cards.answers import (
    NAME_CLASSIC_1K,
    NAME_CLASSIC_4K,
    NAME_ULTRALIGHT,
    smart_card_atr,
    storage_card_atr,
)

OK = bytes.fromhex("9000")
UID_ENDED_EARLIER = bytes.fromhex("6282")
NO_INFORMATION = bytes.fromhex("6300")
WRONG_LENGTH = bytes.fromhex("6700")
NOT_SUPPORTED = bytes.fromhex("6A81")
FILE_NOT_FOUND = bytes.fromhex("6A82")
UNKNOWN_INSTRUCTION = bytes.fromhex("6D00")
UNKNOWN_CLASS = bytes.fromhex("6E00")
FAULT = bytes.fromhex("6F00")
DESFIRE_ILLEGAL_COMMAND = bytes.fromhex("911C")

MUTE_ATR = b"\x00"
"""No answer to reset at all would look like no card to the virtual reader; PC/SC can make nothing of this one."""
NAMELESS_KINDS = frozenset({"two", "unreadable", "mute"})

READER_CLASS = 0xFF
"""Commands of class FF are meant for the reader itself (PC/SC part 3, 3.2.2)."""
GET_DATA = 0xCA
ISO_SELECT = 0xA4
DESFIRE_ATS = bytes.fromhex("067577810280")
"""MIFARE DESFire EV1 (NXP AN10833): one historical byte, 80."""
PHONE_ATS = bytes.fromhex("0578807002")
"""A phone that emulates a card: no historical bytes."""
RANDOM_UID_FIRST = 0x08
"""ISO 14443-3: a four-byte UID that begins with 08 is random and new at every activation."""


@dataclass(frozen=True)
class SimulatedCard:
    """One thing in the reader's field.

    `uid` is most significant byte first; `ats` is empty for a storage card. `refuses_with`: the status word on which
    every command ends, when nothing can be read.
    """

    kind: str
    atr: bytes
    uid: bytes
    ats: bytes = b""
    refuses_with: bytes = b""

    def answer(self, command: bytes) -> bytes:
        """The reader's or the card's answer to one APDU, status word included."""
        if len(command) < 4:
            return WRONG_LENGTH
        if self.refuses_with:
            return self.refuses_with
        if command[0] == READER_CLASS:
            return self._reader_command(command)
        if not self.ats or command[0] not in {0x00, 0x90}:
            return UNKNOWN_CLASS
        return self._card_command(command)

    def _card_command(self, command: bytes) -> bytes:
        if self.kind == "desfire" and command[0] == 0x90:
            return DESFIRE_ILLEGAL_COMMAND
        return FILE_NOT_FOUND if command[1] == ISO_SELECT else UNKNOWN_INSTRUCTION

    def _reader_command(self, command: bytes) -> bytes:
        if command[1] != GET_DATA:
            return NOT_SUPPORTED
        if len(command) != 5:
            return WRONG_LENGTH
        if command[2:4] == b"\x00\x00":
            return _cut_to_length(self.uid, command[4])
        if command[2:4] == b"\x01\x00" and self.ats:
            return _cut_to_length(self.ats, command[4])
        return NOT_SUPPORTED


def _cut_to_length(data: bytes, expected: int) -> bytes:
    """Le 0 asks for all; too small is refused with the right length; too large is answered with a warning."""
    if expected in {0, len(data)}:
        return data + OK
    if expected < len(data):
        return bytes([0x6C, len(data)])
    return data + UID_ENDED_EARLIER


def _storage(kind: str, card_name: int) -> Callable[[bytes], SimulatedCard]:
    return lambda uid: SimulatedCard(kind, storage_card_atr(card_name), uid)


def _smart(kind: str, ats: bytes) -> Callable[[bytes], SimulatedCard]:
    return lambda uid: SimulatedCard(kind, smart_card_atr(ats), uid, ats)


KINDS: dict[str, Callable[[bytes], SimulatedCard]] = {
    "ntag": _storage("ntag", NAME_ULTRALIGHT),
    "ultralight": _storage("ultralight", NAME_ULTRALIGHT),
    "classic1k": _storage("classic1k", NAME_CLASSIC_1K),
    "classic4k": _storage("classic4k", NAME_CLASSIC_4K),
    "desfire": _smart("desfire", DESFIRE_ATS),
    "phone": _smart("phone", PHONE_ATS),
    "two": lambda uid: SimulatedCard("two", storage_card_atr(NAME_ULTRALIGHT), uid, refuses_with=NO_INFORMATION),
    "unreadable": lambda uid: SimulatedCard("unreadable", storage_card_atr(NAME_ULTRALIGHT), uid, refuses_with=FAULT),
    "mute": lambda uid: SimulatedCard("mute", MUTE_ATR, uid, refuses_with=FAULT),
}
"""`two` is what a reader answers when it cannot settle on one of two cards; `unreadable` a card with a broken antenna;
`mute` one that is seen and cannot be connected to."""


def make_card(kind: str, uid_hex: str, source: random.Random) -> SimulatedCard:
    """A card by kind and UID. A phone's UID is drawn from `source` at every call, whatever `uid_hex` says.

    ValueError for an unknown kind or a UID that is not 4, 7 or 10 bytes of hex (ISO 14443-3).
    """
    if kind not in KINDS:
        raise ValueError(f"unknown kind of card {kind!r}; there are {', '.join(KINDS)}")
    if kind == "phone":
        return KINDS[kind](bytes([RANDOM_UID_FIRST]) + source.randbytes(3))
    try:
        uid = bytes.fromhex(uid_hex)
    except ValueError as problem:
        raise ValueError(f"UID {uid_hex!r} is not hexadecimal") from problem
    if len(uid) not in {4, 7, 10} and kind not in NAMELESS_KINDS:
        raise ValueError(f"UID {uid_hex!r} has {len(uid)} bytes; chips have 4, 7 or 10")
    return KINDS[kind](uid)
