"""The block ciphers of a simulated card: written from NXP's application notes, shared with no driver.

Sources: NIST SP 800-38B (CMAC); NXP AN10922 (diversification), AN12196 (NTAG 424 DNA), AN12343 (EV2 sessions).
"""

from __future__ import annotations

import zlib

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes


class BlockCipher:
    """AES-128 (16-byte blocks) or DES with two or one keys (8-byte blocks) in CBC, and its CMAC with a start vector."""

    def __init__(self, key: bytes, *, des: bool = False) -> None:
        self.block = 8 if des else 16
        self._algorithm = TripleDES(_three_keys(key)) if des else algorithms.AES(key)
        start = self.encrypt(bytes(self.block), bytes(self.block))
        self._whole = self._double(start)
        self._padded = self._double(self._whole)

    def encrypt(self, vector: bytes, data: bytes) -> bytes:
        """CBC, whole blocks."""
        encryptor = Cipher(self._algorithm, modes.CBC(vector)).encryptor()
        return encryptor.update(data) + encryptor.finalize()

    def decrypt(self, vector: bytes, data: bytes) -> bytes:
        """CBC, whole blocks."""
        decryptor = Cipher(self._algorithm, modes.CBC(vector)).decryptor()
        return decryptor.update(data) + decryptor.finalize()

    def cmac(self, data: bytes, vector: bytes = b"", *, padded_to: int = 0) -> bytes:
        """The whole MAC. `padded_to`: a shorter message is padded to that many bytes, not to one block (AN10922)."""
        least = padded_to or self.block
        subkey = self._whole
        if len(data) < least or len(data) % self.block:
            data += b"\x80"
            data += bytes(max(least - len(data), -len(data) % self.block))
            subkey = self._padded
        last = bytes(left ^ right for left, right in zip(data[-self.block :], subkey, strict=True))
        return self.encrypt(vector or bytes(self.block), data[: -self.block] + last)[-self.block :]

    def _double(self, block: bytes) -> bytes:
        number = int.from_bytes(block, "big") << 1
        if block[0] & 0x80:
            number ^= 0x87 if self.block == 16 else 0x1B
        return (number & ((1 << 8 * self.block) - 1)).to_bytes(self.block, "big")


def _three_keys(key: bytes) -> bytes:
    """One or two DES keys as the three that triple DES wants."""
    return key * 3 if len(key) == 8 else key + key[:8]


def every_second(mac: bytes) -> bytes:
    """The eight bytes of a MAC that EV2 sessions and SUN send: the 2nd, 4th … 16th."""
    return bytes(mac[place] for place in range(1, 16, 2))


def card_crc(data: bytes) -> bytes:
    """CRC-32 without the final inversion, least significant byte first, as DESFire sends it."""
    return (zlib.crc32(data) ^ 0xFFFFFFFF).to_bytes(4, "little")


def diversify(master: bytes, about_card: bytes) -> bytes:
    """AN10922, AES-128: the card's own key."""
    return BlockCipher(master).cmac(b"\x01" + about_card, padded_to=32)


def ev2_keys(key: bytes, host: bytes, card: bytes) -> tuple[bytes, bytes]:
    """KSesAuthENC and KSesAuthMAC of an EV2 session out of both random numbers (AN12343, 3.3)."""
    middle = bytes(left ^ right for left, right in zip(host[2:8], card[0:6], strict=True))
    context = bytes.fromhex("00010080") + host[0:2] + middle + card[6:16] + host[8:16]
    cipher = BlockCipher(key)
    return cipher.cmac(b"\xa5\x5a" + context), cipher.cmac(b"\x5a\xa5" + context)


def sun_keys(key: bytes, uid: bytes, counter: int) -> tuple[bytes, bytes]:
    """Keys of one tap, for file data and for the MAC (AN12196, 3.3)."""
    about_tap = bytes.fromhex("00010080") + uid + counter.to_bytes(3, "little")
    cipher = BlockCipher(key)
    return cipher.cmac(b"\xc3\x3c" + about_tap), cipher.cmac(b"\x3c\xc3" + about_tap)
