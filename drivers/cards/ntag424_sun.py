"""NTAG 424 DNA, Secure Unique NFC: a tap's encrypted UID and counter, and the MAC that proves it (NXP AN12196, 3.4).

A good answer proves that the genuine card was read, and by its counter that this is a fresh tap if the counter is
greater than the last one seen. It cannot stop a second till that has not seen the last one.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from drivers.cards.aes_cmac import BLOCK_BYTES, aes_cmac, decrypt_cbc, truncated

UID_BYTES = 7
COUNTER_BYTES = 3
PICC_DATA_TAG = 0xC7  # UID is there (bit 7), counter is there (bit 6), UID of 7 bytes (low nibble)
ENCRYPTION_VECTOR = bytes.fromhex("C33C00010080")  # SV1
MAC_VECTOR = bytes.fromhex("3CC300010080")  # SV2


@dataclass(frozen=True)
class SunTap:
    """What a genuine card said of itself. `counter`: reads since it was made, at most 16,777,215."""

    uid: bytes
    counter: int


def encryption_session_key(file_key: bytes, uid: bytes, counter: int) -> bytes:
    """The key of this tap's encrypted file data."""
    return aes_cmac(file_key, ENCRYPTION_VECTOR + uid + counter.to_bytes(COUNTER_BYTES, "little"))


def mac_session_key(file_key: bytes, uid: bytes, counter: int) -> bytes:
    """The key of this tap's MAC."""
    return aes_cmac(file_key, MAC_VECTOR + uid + counter.to_bytes(COUNTER_BYTES, "little"))


def open_picc_data(meta_key: bytes, picc_data: bytes) -> SunTap | None:
    """UID and counter as enciphered in the address (`e`, `picc_data`): claimed, not proved. None: another key."""
    if len(picc_data) != BLOCK_BYTES:
        return None
    plain = decrypt_cbc(meta_key, picc_data)
    if plain[0] != PICC_DATA_TAG:
        return None
    counter = int.from_bytes(plain[1 + UID_BYTES : 1 + UID_BYTES + COUNTER_BYTES], "little")
    return SunTap(plain[1 : 1 + UID_BYTES], counter)


def proves(tap: SunTap, file_key: bytes, mac: bytes, mac_input: bytes = b"") -> bool:
    """Whether a tag with this key made that MAC at that tap.

    `mac_input`: the part of the file that the tag was told to sign, empty for the PICC data alone.
    """
    expected = truncated(aes_cmac(mac_session_key(file_key, tap.uid, tap.counter), mac_input))
    return hmac.compare_digest(expected, mac)


def verify_sun(meta_key: bytes, file_key: bytes, picc_data: bytes, mac: bytes, mac_input: bytes = b"") -> SunTap | None:
    """The tap, or None when it is not from a card with these keys."""
    tap = open_picc_data(meta_key, picc_data)
    return tap if tap is not None and proves(tap, file_key, mac, mac_input) else None
