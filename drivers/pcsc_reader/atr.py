"""What the answer to reset tells about a contactless card: its air interface and its family. Never who it is.

PC/SC part 3 (rev. 2.01.09), 3.1.3.2.3: a storage card answers `3B 8F 80 01 80 4F 0C A0 00 00 03 06 SS NN NN 00 00 00 00
TCK`, SS the standard and NN the card's name; an ISO 14443-4 card answers `3B 8n 80 01`, n historical bytes, TCK.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import xor

STORAGE_CARD_HEAD = bytes.fromhex("3B8F8001804F0CA000000306")  # up to and with the PC/SC workgroup's RID
STORAGE_CARD_LENGTH = len(STORAGE_CARD_HEAD) + 8  # SS, NN NN, four bytes for later use, TCK
ISO14443_4_MARKS = (0x80, 0x01)  # TD1 and TD2 of an answer that a contactless reader made up
DIRECT_CONVENTION = 0x3B  # TS (ISO 7816-3, 8.1)
TD1_ONLY = 0x80  # upper half of T0: only TD1 follows
ATR_BYTES_MIN = 5  # TS, T0, TD1, TD2, TCK
DESFIRE_ATR = bytes.fromhex("3B8180018080")

# Standard byte SS: only 14443 is ours; other standards name their cards in an order that differs by reader
TECHNOLOGIES = {
    0x01: "iso14443a",
    0x02: "iso14443a",
    0x03: "iso14443a",
    0x05: "iso14443b",
    0x06: "iso14443b",
    0x07: "iso14443b",
}
# Card name NN NN (PC/SC part 3 supplement; ACR122U API 2.04, 3.1)
FAMILIES = {
    0x0001: "mifare_classic_1k",
    0x0002: "mifare_classic_4k",
    0x0003: "ultralight_ntag",
    0x0026: "mifare_mini",
}


@dataclass(frozen=True)
class CardKind:
    """Air interface and family; `technology` is empty when the answer is not that of a contactless card of ours."""

    technology: str
    family: str


FOREIGN = CardKind("", "")


def parse_atr(atr: bytes) -> CardKind:
    """The kind of card behind this answer; FOREIGN for contact cards, other standards and damaged answers."""
    if len(atr) < ATR_BYTES_MIN or atr[0] != DIRECT_CONVENTION or atr[1] & 0xF0 != TD1_ONLY or not _checksum_holds(atr):
        return FOREIGN
    if atr.startswith(STORAGE_CARD_HEAD) and len(atr) == STORAGE_CARD_LENGTH:
        standard = atr[len(STORAGE_CARD_HEAD)]
        name = int.from_bytes(atr[len(STORAGE_CARD_HEAD) + 1 : len(STORAGE_CARD_HEAD) + 3], "big")
        return CardKind(TECHNOLOGIES.get(standard, ""), FAMILIES.get(name, "storage"))
    if tuple(atr[2:4]) != ISO14443_4_MARKS or len(atr) != 4 + (atr[1] & 0x0F) + 1:
        return FOREIGN
    return CardKind("iso14443a", "desfire" if atr == DESFIRE_ATR else "iso14443_4")


def _checksum_holds(atr: bytes) -> bool:
    """ISO 7816-3, 8.2.5: the XOR from T0 to TCK is 0."""
    return reduce(xor, atr[1:], 0) == 0
