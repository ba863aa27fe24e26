"""What protects commands after authentication: nothing, an EV1 session, or an EV2 session, from the card's side.

Kinds of protection of a command: `manage` (no data of a file), `read` and `write` (data of a file, by its mode), `keys`
(always enciphered). Modes of a file: 0 plain, 1 with MAC, 3 enciphered.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Literal

from typing_extensions import override

from firmware_sim.cards.card_crypto import BlockCipher, card_crc, every_second
from firmware_sim.cards.desfire.status import INTEGRITY_ERROR, LENGTH_ERROR, OK, Refusal

Kind = Literal["manage", "read", "write", "keys"]
PLAIN, WITH_MAC, ENCIPHERED = 0, 1, 3
MAC_BYTES = 8


class Session(ABC):
    """One authenticated conversation."""

    def __init__(self, key_number: int) -> None:
        self.key_number = key_number

    @abstractmethod
    def open(self, command: int, data: bytes, kind: Kind, mode: int, head: int, length: int) -> bytes:
        """The command's data in clear. `head`: bytes never enciphered; `length`: of what follows, -1 for not known."""

    @abstractmethod
    def close(self, data: bytes, kind: Kind, mode: int) -> bytes:
        """A good answer's data as it is sent."""


class Ev1Session(Session):
    """CMAC chained through all commands and answers (MF3ICDx21, 7.2.4); AES or DES."""

    def __init__(self, key_number: int, cipher: BlockCipher) -> None:
        super().__init__(key_number)
        self._cipher = cipher
        self._vector = bytes(cipher.block)

    @override
    def open(self, command: int, data: bytes, kind: Kind, mode: int, head: int, length: int) -> bytes:
        if kind == "keys" or (kind == "write" and mode == ENCIPHERED):
            return data[:head] + self._decipher(bytes([command]) + data[:head], data[head:], length)
        if kind == "write" and mode == WITH_MAC:
            data, mac = data[:-MAC_BYTES], data[-MAC_BYTES:]
            if self._mac(bytes([command]) + data) != mac:
                raise Refusal(INTEGRITY_ERROR)
            return data
        self._mac(bytes([command]) + data)
        return data

    @override
    def close(self, data: bytes, kind: Kind, mode: int) -> bytes:
        if data and kind == "read" and mode == ENCIPHERED:
            plain = data + card_crc(data + bytes([OK]))
            plain += bytes(-len(plain) % self._cipher.block)
            sent = self._cipher.encrypt(self._vector, plain)
            self._vector = sent[-self._cipher.block :]
            return sent
        return data + self._mac(data + bytes([OK]))

    def _mac(self, message: bytes) -> bytes:
        self._vector = self._cipher.cmac(message, self._vector)
        return self._vector[:MAC_BYTES]

    def _decipher(self, head: bytes, sent: bytes, length: int) -> bytes:
        if not sent or len(sent) % self._cipher.block:
            raise Refusal(LENGTH_ERROR)
        plain = self._cipher.decrypt(self._vector, sent)
        self._vector = sent[-self._cipher.block :]
        if length < 0:
            return plain  # a cryptogram with sums of its own (ChangeKey): its handler judges it
        data, crc, padding = plain[:length], plain[length : length + 4], plain[length + 4 :]
        if crc != card_crc(head + data) or any(padding):
            raise Refusal(INTEGRITY_ERROR)
        return data


class Ev2Session(Session):
    """Counted commands under a transaction identifier (AN12343, 3; AN12196, 5 and 6)."""

    def __init__(self, key_number: int, enc_key: bytes, mac_key: bytes, identifier: bytes) -> None:
        super().__init__(key_number)
        self._enc = BlockCipher(enc_key)
        self._mac_cipher = BlockCipher(mac_key)
        self._identifier = identifier
        self._counter = 0

    @override
    def open(self, command: int, data: bytes, kind: Kind, mode: int, head: int, length: int) -> bytes:
        if kind in {"read", "write"} and mode == PLAIN:
            return data
        data, mac = data[:-MAC_BYTES], data[-MAC_BYTES:]
        if self._mac(command, data) != mac:
            raise Refusal(INTEGRITY_ERROR)
        if kind == "keys" or (kind == "write" and mode == ENCIPHERED):
            sent = data[head:]
            if not sent or len(sent) % 16:
                raise Refusal(LENGTH_ERROR)
            plain = self._enc.decrypt(self._vector(b"\xa5\x5a"), sent)
            plain, mark, rest = plain.rpartition(b"\x80")
            if not mark or any(rest) or (length >= 0 and len(plain) != length):
                raise Refusal(INTEGRITY_ERROR)
            return data[:head] + plain
        return data

    @override
    def close(self, data: bytes, kind: Kind, mode: int) -> bytes:
        self._counter += 1
        if kind in {"read", "write"} and mode == PLAIN:
            return data
        if data and kind == "read" and mode == ENCIPHERED:
            plain = data + b"\x80"
            plain += bytes(-len(plain) % 16)
            data = self._enc.encrypt(self._vector(b"\x5a\xa5"), plain)
        return data + self._mac(OK, data)

    def _mac(self, code: int, data: bytes) -> bytes:
        counter = self._counter.to_bytes(2, "little")
        return every_second(self._mac_cipher.cmac(bytes([code]) + counter + self._identifier + data))

    def _vector(self, label: bytes) -> bytes:
        clear = label + self._identifier + self._counter.to_bytes(2, "little") + bytes(8)
        return self._enc.encrypt(bytes(16), clear)
