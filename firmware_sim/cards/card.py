"""What lies on the reader: one card of some kind, two cards, a phone, or something that cannot be read."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from firmware_sim.cards.answers import (
    NAME_CLASSIC_1K,
    NAME_CLASSIC_4K,
    NAME_ULTRALIGHT,
    smart_card_atr,
    storage_card_atr,
)
from firmware_sim.cards.chip import Chip
from firmware_sim.cards.desfire.chip import DesfireChip
from firmware_sim.cards.ntag424 import Ntag424Chip
from firmware_sim.cards.storage import ClassicChip, TagChip

OK = bytes.fromhex("9000")
UID_ENDED_EARLIER = bytes.fromhex("6282")
NO_INFORMATION = bytes.fromhex("6300")
WRONG_LENGTH = bytes.fromhex("6700")
NOT_SUPPORTED = bytes.fromhex("6A81")
FILE_NOT_FOUND = bytes.fromhex("6A82")
UNKNOWN_INSTRUCTION = bytes.fromhex("6D00")
UNKNOWN_CLASS = bytes.fromhex("6E00")
FAULT = bytes.fromhex("6F00")

MUTE_ATR = b"\x00"
"""No answer to reset at all would look like no card to the virtual reader; PC/SC can make nothing of this one."""
NAMELESS_KINDS = frozenset({"two", "unreadable", "mute"})

READER_CLASS = 0xFF
"""Commands of class FF are meant for the reader itself (PC/SC part 3, 3.2.2)."""
GET_DATA = 0xCA
ISO_SELECT = 0xA4
DESFIRE_ATS = bytes.fromhex("067577810280")
"""MIFARE DESFire (NXP AN10833): one historical byte, 80."""
NTAG424_ATS = bytes.fromhex("067777710280")
"""NTAG 424 DNA (NT4H2421Gx, 8.1.3): the same historical byte, so that PC/SC shows the answer to reset of a DESFire."""
PHONE_ATS = bytes.fromhex("0578807002")
"""A phone that emulates a card: no historical bytes."""
RANDOM_UID_FIRST = 0x08
"""ISO 14443-3: a four-byte UID that begins with 08 is random and new at every activation."""


@dataclass(frozen=True)
class SimulatedCard:
    """One thing in the reader's field.

    `uid` is most significant byte first; `ats` is empty for a storage card. `chip`: what has a memory. `refuses_with`:
    the status word on which every command ends, when nothing can be read.
    """

    kind: str
    atr: bytes
    uid: bytes
    ats: bytes = b""
    refuses_with: bytes = b""
    chip: Chip | None = field(default=None, compare=False, repr=False)

    def answer(self, command: bytes) -> bytes:
        """The reader's or the card's answer to one APDU (or native command), status included."""
        if self.refuses_with:
            return self.refuses_with
        if command[:1] == bytes([READER_CLASS]):
            return self._reader_command(command)
        if not command or (len(command) < 4 and not isinstance(self.chip, DesfireChip)):
            return WRONG_LENGTH
        if self.chip is not None:
            return self.chip.command(command)
        if not self.ats or command[0] not in {0x00, 0x90}:
            return UNKNOWN_CLASS
        return FILE_NOT_FOUND if command[1] == ISO_SELECT else UNKNOWN_INSTRUCTION

    def power_off(self) -> None:
        """Reset, or taken out of the field."""
        if self.chip is not None:
            self.chip.power_off()

    def _reader_command(self, command: bytes) -> bytes:
        if len(command) < 4:
            return WRONG_LENGTH
        if command[1] != GET_DATA:
            answer = None if self.chip is None else self.chip.reader_command(command)
            return NOT_SUPPORTED if answer is None else answer
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


Maker = Callable[[bytes, random.Random], SimulatedCard]


def _desfire(kind: str, generation: int) -> Maker:
    return lambda uid, source: SimulatedCard(
        kind, smart_card_atr(DESFIRE_ATS), uid, DESFIRE_ATS, chip=DesfireChip(uid, generation, source)
    )


def _ntag424(uid: bytes, source: random.Random) -> SimulatedCard:
    return SimulatedCard("ntag424", smart_card_atr(NTAG424_ATS), uid, NTAG424_ATS, chip=Ntag424Chip(uid, source))


def _classic(kind: str, card_name: int, blocks: int) -> Maker:
    return lambda uid, _source: SimulatedCard(kind, storage_card_atr(card_name), uid, chip=ClassicChip(uid, blocks))


def _tag(kind: str) -> Maker:
    return lambda uid, _source: SimulatedCard(kind, storage_card_atr(NAME_ULTRALIGHT), uid, chip=TagChip(uid))


def _refusing(kind: str, atr: bytes, status: bytes) -> Maker:
    return lambda uid, _source: SimulatedCard(kind, atr, uid, refuses_with=status)


KINDS: dict[str, Maker] = {
    "ntag": _tag("ntag"),
    "ultralight": _tag("ultralight"),
    "classic1k": _classic("classic1k", NAME_CLASSIC_1K, 64),
    "classic4k": _classic("classic4k", NAME_CLASSIC_4K, 256),
    "desfire": _desfire("desfire", 2),
    "desfire_ev1": _desfire("desfire_ev1", 1),
    "desfire_ev3": _desfire("desfire_ev3", 3),
    "ntag424": _ntag424,
    "phone": lambda uid, _source: SimulatedCard("phone", smart_card_atr(PHONE_ATS), uid, PHONE_ATS),
    "two": _refusing("two", storage_card_atr(NAME_ULTRALIGHT), NO_INFORMATION),
    "unreadable": _refusing("unreadable", storage_card_atr(NAME_ULTRALIGHT), FAULT),
    "mute": _refusing("mute", MUTE_ATR, FAULT),
}
"""`two` is what a reader answers when it cannot settle on one of two cards; `unreadable` a card with a broken antenna;
`mute` one that is seen and cannot be connected to. `desfire` is an EV2."""


def make_card(kind: str, uid_hex: str, source: random.Random) -> SimulatedCard:
    """A card by kind and UID. A phone's UID is drawn from `source` at every call, whatever `uid_hex` says.

    ValueError for an unknown kind or a UID that is not 4, 7 or 10 bytes of hex (ISO 14443-3).
    """
    if kind not in KINDS:
        raise ValueError(f"unknown kind of card {kind!r}; there are {', '.join(KINDS)}")
    if kind == "phone":
        return KINDS[kind](bytes([RANDOM_UID_FIRST]) + source.randbytes(3), source)
    try:
        uid = bytes.fromhex(uid_hex)
    except ValueError as problem:
        raise ValueError(f"UID {uid_hex!r} is not hexadecimal") from problem
    if len(uid) not in {4, 7, 10} and kind not in NAMELESS_KINDS:
        raise ValueError(f"UID {uid_hex!r} has {len(uid)} bytes; chips have 4, 7 or 10")
    return KINDS[kind](uid, source)
