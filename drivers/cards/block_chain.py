"""CBC whose vector runs through everything both sides say: the basis of EV1 sessions (NXP MF3ICDx21, 7.2.4).

AES-128 for our own keys; DES with two equal or different halves only for a blank card's first authentication.
"""

from __future__ import annotations

from operator import xor

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

AES_BLOCK_BYTES, DES_BLOCK_BYTES = 16, 8
AES_REDUCTION, DES_REDUCTION = 0x87, 0x1B  # SP 800-38B, 5.3: polynomials for blocks of 128 and 64 bits
SENT_MAC_BYTES = 8


class BlockChain:
    """A key and the vector that every operation leaves behind for the next."""

    def __init__(self, key: bytes, *, des: bool = False) -> None:
        """`des`: 8 bytes are a single DES key, 16 a double one."""
        self.block = DES_BLOCK_BYTES if des else AES_BLOCK_BYTES
        single = len(key) == DES_BLOCK_BYTES
        self._algorithm = TripleDES(key * 3 if single else key + key[:8]) if des else algorithms.AES(key)
        self.vector = bytes(self.block)
        reduction = DES_REDUCTION if des else AES_REDUCTION
        self._full = _doubled(self.encrypt(bytes(self.block)), reduction)
        self._short = _doubled(self._full, reduction)
        self.vector = bytes(self.block)

    def encrypt(self, blocks: bytes) -> bytes:
        """Whole blocks to be sent."""
        encryptor = Cipher(self._algorithm, modes.CBC(self.vector)).encryptor()
        sent = encryptor.update(blocks) + encryptor.finalize()
        self.vector = sent[-self.block :]
        return sent

    def decrypt(self, blocks: bytes) -> bytes:
        """Whole blocks that were received."""
        decryptor = Cipher(self._algorithm, modes.CBC(self.vector)).decryptor()
        clear = decryptor.update(blocks) + decryptor.finalize()
        self.vector = blocks[-self.block :]
        return clear

    def mac(self, message: bytes) -> bytes:
        """The eight bytes of the CMAC that are sent; all of it becomes the vector."""
        subkey = self._full
        if not message or len(message) % self.block:
            message += b"\x80"
            message += bytes(-len(message) % self.block)
            subkey = self._short
        self.encrypt(message[: -self.block] + bytes(map(xor, message[-self.block :], subkey)))
        return self.vector[:SENT_MAC_BYTES]


def _doubled(block: bytes, reduction: int) -> bytes:
    bits = 8 * len(block)
    shifted = int.from_bytes(block, "big") << 1
    if shifted >> bits:
        shifted = (shifted & ((1 << bits) - 1)) ^ reduction
    return shifted.to_bytes(len(block), "big")
