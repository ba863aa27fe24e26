"""AES-CMAC (NIST SP 800-38B, RFC 4493) and what NXP builds on it: subkeys, and every second byte of the MAC."""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

BLOCK_BYTES = 16
REDUCTION = 0x87  # the polynomial of SP 800-38B, 5.3, for 128-bit blocks
ZERO_BLOCK = bytes(BLOCK_BYTES)


def aes_cmac(key: bytes, message: bytes) -> bytes:
    """The 16 bytes of the MAC. ValueError when the key is not 16, 24 or 32 bytes."""
    mac = CMAC(algorithms.AES(key))
    mac.update(message)
    return mac.finalize()


def subkeys(key: bytes) -> tuple[bytes, bytes]:
    """K1 and K2 of SP 800-38B, 6.1."""
    start = encrypt_cbc(key, ZERO_BLOCK)
    first = _doubled(start)
    return first, _doubled(first)


def encrypt_cbc(key: bytes, blocks: bytes) -> bytes:
    """AES-CBC from a zero vector; whole blocks only."""
    encryptor = Cipher(algorithms.AES(key), modes.CBC(ZERO_BLOCK)).encryptor()
    return encryptor.update(blocks) + encryptor.finalize()


def decrypt_cbc(key: bytes, blocks: bytes) -> bytes:
    """The opposite of `encrypt_cbc`."""
    decryptor = Cipher(algorithms.AES(key), modes.CBC(ZERO_BLOCK)).decryptor()
    return decryptor.update(blocks) + decryptor.finalize()


def truncated(mac: bytes) -> bytes:
    """The eight bytes that NTAG 424 DNA and DESFire send of a MAC: every second one, from the second (NXP AN12196)."""
    return mac[1::2]


def _doubled(block: bytes) -> bytes:
    shifted = int.from_bytes(block, "big") << 1
    if shifted >> (8 * BLOCK_BYTES):
        shifted = (shifted & ((1 << (8 * BLOCK_BYTES)) - 1)) ^ REDUCTION
    return shifted.to_bytes(BLOCK_BYTES, "big")
