"""ISO 14443 A cards as serial readers tell them: the same identity that a PC/SC reader gives the same card. Pure."""

from __future__ import annotations

from drivers.serial_reader.frames import BrokenFrame, CardFrame, ChipFrame, TroubleFrame
from pos_engine.ports.devices import CardTrouble

UID_BYTES = (4, 7, 10)  # ISO 14443-3: single, double, triple
RANDOM_UID_FIRST_BYTE = 0x08  # ISO 14443-3, table 7: drawn anew at each tap; what phones do
CASCADE_TAG = 0x88  # the first byte of a first level that has another: half a UID, when a reader stops there
# NXP AN10833: what SAK says; the family only, never part of the identity
FAMILY_OF_SAK = {
    0x00: "ultralight_ntag",
    0x08: "mifare_classic_1k",
    0x18: "mifare_classic_4k",
    0x20: "iso14443_4",
}


def chip_frame(uid: bytes, family: str, *, uid_reversed: bool) -> CardFrame:
    """The card with this UID, or why it cannot be used. `uid_reversed`: this reader sends the last byte first."""
    in_order = uid[::-1] if uid_reversed else uid
    if len(in_order) not in UID_BYTES:
        return BrokenFrame(f"a UID of {len(in_order)} bytes")
    if len(in_order) == UID_BYTES[0]:
        if in_order[0] == RANDOM_UID_FIRST_BYTE:
            return TroubleFrame(CardTrouble.PHONE)
        if in_order[0] == CASCADE_TAG:
            return BrokenFrame("half a UID")
    return ChipFrame(in_order.hex().upper(), family)
