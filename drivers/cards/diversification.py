"""A key of its own for each card out of one master key that never lies on a till (NXP AN10922, 2.2: AES-128).

Not plain CMAC: the message is always padded to two blocks, also when it would fit in one. Padding to one block gives
keys that no other implementation finds.
"""

from __future__ import annotations

from operator import xor

from drivers.cards.aes_cmac import BLOCK_BYTES, encrypt_cbc, subkeys

AES128_CONSTANT = b"\x01"
MESSAGE_BYTES = 2 * BLOCK_BYTES
INPUT_BYTES_MAX = MESSAGE_BYTES - len(AES128_CONSTANT)
PADDING_START = b"\x80"


def diversified_key(master_key: bytes, diversification_input: bytes) -> bytes:
    """The card's AES-128 key. The input is usually UID, application id and a system's own name: 1 to 31 bytes.

    ValueError when master key or input have a wrong length.
    """
    if len(master_key) != BLOCK_BYTES:
        raise ValueError(f"the master key must have {BLOCK_BYTES} bytes, not {len(master_key)}")
    if not 1 <= len(diversification_input) <= INPUT_BYTES_MAX:
        raise ValueError(f"the input must have 1 to {INPUT_BYTES_MAX} bytes, not {len(diversification_input)}")
    message = AES128_CONSTANT + diversification_input
    without_padding, with_padding = subkeys(master_key)
    subkey = without_padding
    if len(message) < MESSAGE_BYTES:
        subkey = with_padding
        message = (message + PADDING_START).ljust(MESSAGE_BYTES, b"\x00")
    last = bytes(map(xor, message[-BLOCK_BYTES:], subkey))
    return encrypt_cbc(master_key, message[:-BLOCK_BYTES] + last)[-BLOCK_BYTES:]
