"""A conversation with a card after both sides have proved a key; `ev1` and `ev2` protect it, each in its way."""

from __future__ import annotations

import zlib
from abc import ABC, abstractmethod
from enum import IntEnum
from typing import Literal

from drivers.cards.exchange import Wire

Access = Literal["manage", "read", "write", "keys"]
"""What a command touches: no file's data, a file's data (protected by its mode), or keys and settings (enciphered)."""

CHANGE_KEY = 0xC4
AES_KEY_BYTES = 16


class CommMode(IntEnum):
    """How a file's data travel (MF3ICDx21, 8.7.3)."""

    PLAIN = 0
    MAC = 1
    FULL = 3


class Session(ABC):
    """Commands under one key. The card ends the session with the first refusal."""

    def __init__(self, wire: Wire, key_number: int) -> None:
        self.wire = wire
        self.key_number = key_number

    @abstractmethod
    def ask(
        self,
        command: int,
        head: bytes = b"",
        data: bytes = b"",
        *,
        access: Access = "manage",
        mode: CommMode = CommMode.MAC,
    ) -> bytes:
        """The answer's data in clear, its MAC checked. `head` is never enciphered.

        CardRefusalError when the card says no, CardGoneError when it says nothing that can be believed.
        """

    @abstractmethod
    def change_key_sums(self, clear: bytes, new_key: bytes, *, own: bool) -> bytes:
        """The checksums that stand behind a new key in its cryptogram. `clear`: key number, key field and version."""

    def change_key(self, number: int, new_key: bytes, version: int, old_key: bytes) -> None:
        """Replace a key; changing its own ends the session. `number`: with bit 7 when a card's DES key turns AES."""
        own = number & 0x0F == self.key_number
        field = new_key if own else bytes(left ^ right for left, right in zip(new_key, old_key, strict=True))
        clear = field + bytes([version])
        sums = self.change_key_sums(bytes([number]) + clear, new_key, own=own)
        if own:
            self.change_own_key(bytes([number]), clear + sums)
        else:
            self.ask(CHANGE_KEY, bytes([number]), clear + sums, access="keys")

    @abstractmethod
    def change_own_key(self, head: bytes, data: bytes) -> None:
        """The last command of a session: its answer carries no MAC."""


def desfire_crc(data: bytes) -> bytes:
    """CRC-32 of ISO 3309 without its final inversion, least significant byte first (MF3ICDx21, 8.3)."""
    return (zlib.crc32(data) ^ 0xFFFFFFFF).to_bytes(4, "little")
