"""The common body of binary frames with a length inside: search, measure, check, and search on.

A frame that fails its check gives up its first byte only: what was lost may hold the beginning of a good one.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Final

from typing_extensions import override

from drivers.serial_reader.frames import BrokenFrame, Frame, FrameCodec

# The longest answer to what a till asks (PN532 with two cards and their answers to select) takes 25 ms at 19200 baud.
ANSWER_SILENCE_S = 0.2
MORE: Final = 0
"""Measure: it may be a frame, and more bytes must tell how long it is."""
NO_FRAME: Final = -1
"""Measure: no frame begins here."""


class BinaryCodec(FrameCodec):
    """Frames whose length stands near their beginning."""

    silence_s = ANSWER_SILENCE_S

    def __init__(self) -> None:
        self._buffer = bytearray()

    @abstractmethod
    def _measure(self, head: bytes) -> int:
        """The length of the frame that begins here, MORE, or NO_FRAME. Bounds the length by what the device can say."""

    @abstractmethod
    def _decode(self, frame: bytes) -> Frame | None:
        """The meaning of as many bytes as were measured; None when the check fails."""

    @override
    def feed(self, data: bytes) -> tuple[Frame, ...]:
        frames: list[Frame] = []
        for byte in data:
            self._buffer.append(byte)
            self._settle(frames)
        return tuple(frames)

    @override
    def timeout(self) -> tuple[Frame, ...]:
        begun = bool(self._buffer)
        self._buffer.clear()
        return (BrokenFrame("the answer stopped in the middle"),) if begun else ()

    def _settle(self, frames: list[Frame]) -> None:
        while self._buffer:
            length = self._measure(bytes(self._buffer))
            if length == NO_FRAME:
                del self._buffer[0]
                continue
            if length == MORE or length > len(self._buffer):
                return
            frame = self._decode(bytes(self._buffer[:length]))
            if frame is None:
                del self._buffer[0]
                continue
            frames.append(frame)
            del self._buffer[:length]
