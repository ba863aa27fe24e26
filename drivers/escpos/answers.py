"""What comes back from a printer, byte by byte, told apart. Pure.

Bytes: Epson ESC/POS reference, "identification of transmission status". Bits 0, 1, 4 and 7 say what a byte is:
real-time status (DLE EOT) 0xx1xx10, the first of four bytes of automatic status (GS a) 0xx1xx00, its other three and
the answer to GS r 0xx0xxxx. A response block begins with 37h and ends with NUL; nothing comes between.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

KIND_MASK = 0b1001_0011
REAL_TIME, AUTOMATIC_FIRST = 0b0001_0010, 0b0001_0000
PLAIN_MASK = 0b1001_0000  # both clear: the answer to GS r, or bytes two to four of automatic status
AUTOMATIC_BYTES = 4
BLOCK_HEADER, BLOCK_END = 0x37, 0x00
BLOCK_BYTES_MAX = 8  # the longest one we ask for has seven: header, kind, four of the id, NUL
PROCESS_ID, CLEARED = 0x22, 0x25


class Answer:
    """Anything that a printer says."""


@dataclass(frozen=True)
class RealTime(Answer):
    """The answer to DLE EOT."""

    byte: int


@dataclass(frozen=True)
class WorkedOff(Answer):
    """The answer to GS r 1: what was sent before it was worked off."""


@dataclass(frozen=True)
class Automatic(Answer):
    """Four bytes that the printer sent by itself because something changed."""

    status: bytes


@dataclass(frozen=True)
class ProcessDone(Answer):
    """What was sent before this id is on paper (GS ( H, function 48)."""

    process_id: bytes


@dataclass(frozen=True)
class BufferCleared(Answer):
    """The printer forgot what it held (DLE DC4 8)."""


class AnswerReader:
    """Takes bytes in any pieces and gives answers; bytes that are none of them are dropped."""

    def __init__(self, *, automatic: bool) -> None:
        """`automatic`: whether GS a was switched on; else its bytes are noise and GS r may be asked."""
        self._automatic = automatic
        self._partial = b""

    def feed(self, data: bytes) -> Iterator[Answer]:
        """The answers that these bytes complete."""
        for byte in data:
            answer = self._take(byte)
            if answer is not None:
                yield answer

    def _take(self, byte: int) -> Answer | None:
        if self._partial[:1] == bytes([BLOCK_HEADER]):
            return self._take_in_block(byte)
        if byte == BLOCK_HEADER:
            self._partial = bytes([byte])
            return None
        if byte & KIND_MASK == REAL_TIME:  # may come between the bytes of an automatic status
            return RealTime(byte)
        if self._automatic and byte & KIND_MASK == AUTOMATIC_FIRST:
            self._partial = bytes([byte])
            return None
        return self._take_plain(byte) if byte & PLAIN_MASK == 0 else None

    def _take_in_block(self, byte: int) -> Answer | None:
        self._partial += bytes([byte])
        if byte != BLOCK_END and len(self._partial) < BLOCK_BYTES_MAX:
            return None
        block, self._partial = self._partial, b""
        if block[1] == PROCESS_ID:
            return ProcessDone(block[2:-1])
        return BufferCleared() if block[1] == CLEARED else None

    def _take_plain(self, byte: int) -> Answer | None:
        if not self._automatic:
            return WorkedOff()
        if not self._partial:  # the first byte was lost on the line: the rest says nothing
            return None
        self._partial += bytes([byte])
        if len(self._partial) < AUTOMATIC_BYTES:
            return None
        status, self._partial = self._partial, b""
        return Automatic(status)
