"""The common body of EM4100 frames: STX, ten hex digits, two hex digits of XOR, a tail that ends in ETX.

A corrupted frame may hold the start of the next one, so a frame that fails gives up its first byte only and the search
goes on with the second.
"""

from __future__ import annotations

from functools import reduce
from operator import xor

from typing_extensions import override

from drivers.serial_reader.frames import BrokenFrame, Frame, FrameCodec, TagFrame

STX = 0x02
TAG_DIGITS = 10  # 40 bits: 8 of version or customer, 32 of number
CHECK_DIGITS = 2
HEX_DIGITS = b"0123456789ABCDEFabcdef"
# A whole frame takes 17 ms at 9600 baud; USB adapters hold bytes back for 16 ms. Ten times that is silence.
FRAME_SILENCE_S = 0.2


class Em4100Codec(FrameCodec):
    """Frames with this tail; the devices differ in nothing else."""

    silence_s = FRAME_SILENCE_S

    def __init__(self, tail: bytes) -> None:
        self._tail = tail
        self._length = 1 + TAG_DIGITS + CHECK_DIGITS + len(tail)
        self._buffer = bytearray()

    @override
    def feed(self, data: bytes) -> tuple[Frame, ...]:
        frames: list[Frame] = []
        for byte in data:
            self._buffer.append(byte)
            self._settle(frames)
        return tuple(frames)

    @override
    def timeout(self) -> tuple[Frame, ...]:
        begun = len(self._buffer) > 1 + TAG_DIGITS // 2
        self._buffer.clear()
        # less than half a tag is more likely noise that happens to look like a start
        return (BrokenFrame("the frame stopped in the middle"),) if begun else ()

    def _settle(self, frames: list[Frame]) -> None:
        """Cut from the buffer what cannot be a frame any more, and the frame when it is whole."""
        while self._buffer and not self._may_begin_frame():
            if len(self._buffer) > 1 + TAG_DIGITS and self._buffer[0] == STX:
                frames.append(BrokenFrame("the frame's tail is wrong"))
            del self._buffer[0]
        if len(self._buffer) == self._length:
            frames.append(self._frame(bytes(self._buffer)))
            self._buffer.clear()

    def _may_begin_frame(self) -> bool:
        body = self._buffer[1 : 1 + TAG_DIGITS + CHECK_DIGITS]
        tail = bytes(self._buffer[1 + TAG_DIGITS + CHECK_DIGITS :])
        return self._buffer[0] == STX and all(byte in HEX_DIGITS for byte in body) and self._tail.startswith(tail)

    def _frame(self, frame: bytes) -> Frame:
        digits = frame[1 : 1 + TAG_DIGITS].decode("ascii")
        check = int(frame[1 + TAG_DIGITS : 1 + TAG_DIGITS + CHECK_DIGITS], 16)
        if reduce(xor, bytes.fromhex(digits)) != check:
            return BrokenFrame("the checksum is wrong")
        return TagFrame(digits.upper())
