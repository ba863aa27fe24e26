"""Cards that only store, through the commands a PC/SC reader makes of them (PC/SC part 3, 3.2.2.1).

MIFARE Classic wants a key for each sector; Ultralight and NTAG21x are read by everybody.
"""

from __future__ import annotations

from typing_extensions import override

from firmware_sim.cards.chip import Chip

OK, FAILED = bytes.fromhex("9000"), bytes.fromhex("6300")
WRONG_LENGTH, NOT_FOUND = bytes.fromhex("6700"), bytes.fromhex("6A82")
NOT_SATISFIED = bytes.fromhex("6982")
LOAD_KEY, AUTHENTICATE, READ, WRITE = 0x82, 0x86, 0xB0, 0xD6
BLOCK_BYTES, PAGE_BYTES = 16, 4
SMALL_SECTORS, SMALL_BLOCKS, LARGE_BLOCKS = 32, 4, 16
"""A Classic 4K has 32 sectors of four blocks, then 8 of sixteen."""
FACTORY_TRAILER = bytes.fromhex("FFFFFFFFFFFFFF078069FFFFFFFFFFFF")
KEY_A, KEY_B = 0x60, 0x61
NTAG213_PAGES = 45


class ClassicChip(Chip):
    """Factory keys, transport configuration. Which sector is open is lost with the field."""

    def __init__(self, uid: bytes, blocks: int) -> None:
        self.blocks = [bytearray(BLOCK_BYTES) for _ in range(blocks)]
        self.blocks[0][: len(uid)] = uid
        for block in range(blocks):
            if _trailer(block) == block:
                self.blocks[block][:] = FACTORY_TRAILER
        self._loaded: dict[int, bytes] = {}
        self._open = -1

    @override
    def power_off(self) -> None:
        self._open = -1

    @override
    def command(self, apdu: bytes) -> bytes:
        return b"\x6e\x00"

    @override
    def reader_command(self, apdu: bytes) -> bytes | None:
        match apdu[1]:
            case 0x82 if len(apdu) == 11:
                self._loaded[apdu[3]] = apdu[5:11]
                return OK
            case 0x86 if len(apdu) == 10:
                return self._authenticate(apdu[7], apdu[8], apdu[9])
            case 0xB0 | 0xD6 if len(apdu) >= 5:
                return self._block(apdu)
            case _:
                return None

    def _authenticate(self, block: int, key_kind: int, slot: int) -> bytes:
        self._open = -1
        if block >= len(self.blocks) or key_kind not in {KEY_A, KEY_B}:
            return FAILED
        trailer = self.blocks[_trailer(block)]
        key = trailer[:6] if key_kind == KEY_A else trailer[10:]
        if self._loaded.get(slot) != bytes(key):
            return FAILED
        self._open = _trailer(block)
        return OK

    def _block(self, apdu: bytes) -> bytes:
        block = apdu[3]
        if block >= len(self.blocks):
            return NOT_FOUND
        if self._open != _trailer(block):
            return NOT_SATISFIED if self._open < 0 else FAILED
        if apdu[1] == READ:
            shown = bytes(self.blocks[block])
            hidden = bytes(6) + shown[6:] if _trailer(block) == block else shown  # key A is never told
            return hidden[: apdu[4] or BLOCK_BYTES] + OK
        if apdu[4] != BLOCK_BYTES or len(apdu) != 5 + BLOCK_BYTES:
            return WRONG_LENGTH
        if block == 0:
            return FAILED  # the maker's block
        self.blocks[block][:] = apdu[5:]
        return OK


class TagChip(Chip):
    """Ultralight and NTAG21x: pages of four bytes; reading gives sixteen."""

    def __init__(self, uid: bytes, pages: int = NTAG213_PAGES) -> None:
        self._pages = bytearray(pages * PAGE_BYTES)
        self._pages[:9] = uid[:3] + bytes([0x88 ^ uid[0] ^ uid[1] ^ uid[2]]) + uid[3:7].ljust(4, b"\x00") + b"\x48"
        self._pages[12:16] = bytes.fromhex("E1101200")

    @override
    def power_off(self) -> None:
        pass

    @override
    def command(self, apdu: bytes) -> bytes:
        return b"\x6e\x00"

    @override
    def reader_command(self, apdu: bytes) -> bytes | None:
        if apdu[1] not in {READ, WRITE} or len(apdu) < 5:
            return None
        at = apdu[3] * PAGE_BYTES
        if at >= len(self._pages):
            return NOT_FOUND
        if apdu[1] == READ:
            length = apdu[4] or BLOCK_BYTES
            return bytes((self._pages[at:] + self._pages)[:length]) + OK  # past the end it begins anew
        if apdu[4] != PAGE_BYTES or len(apdu) != 5 + PAGE_BYTES:
            return WRONG_LENGTH
        if apdu[3] < 4:
            return FAILED  # UID, lock bits and capability container
        self._pages[at : at + PAGE_BYTES] = apdu[5:]
        return OK


def _trailer(block: int) -> int:
    """The last block of a block's sector, which holds its keys."""
    small = SMALL_SECTORS * SMALL_BLOCKS
    if block < small:
        return block - block % SMALL_BLOCKS + SMALL_BLOCKS - 1
    return block - (block - small) % LARGE_BLOCKS + LARGE_BLOCKS - 1
