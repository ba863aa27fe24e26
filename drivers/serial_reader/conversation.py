"""What passes between the till and one serial device, without I/O: bytes and the time in, frames and bytes out.

A device that speaks by itself is listened to (`Listening`); a device that must be asked is asked (`polling.Polling`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from typing_extensions import override

from drivers.serial_reader.frames import CardFrame, Frame, FrameCodec

# Longer than the slowest repetition of a reader that repeats (about 0.1 s) and than a hand that wavers at the edge of
# the field; shorter than two customers.
PRESENCE_S = 1.5


class Conversation(ABC):
    """One device on one line, from its opening on. Times are seconds of one monotonic clock."""

    presence_s: float = PRESENCE_S
    """A card that was not told of again for so long is gone."""

    @abstractmethod
    def begin(self, now_s: float) -> None:
        """The line is open; everything before is forgotten."""

    @abstractmethod
    def feed(self, data: bytes, now_s: float) -> tuple[CardFrame, ...]:
        """Bytes that came."""

    @abstractmethod
    def pass_time(self, now_s: float) -> tuple[CardFrame, ...]:
        """What the time that has passed means."""

    @property
    @abstractmethod
    def due_s(self) -> float | None:
        """When `pass_time` has something to do although no byte comes; None: not before a byte comes."""

    def take_output(self) -> bytes:
        """What is to be sent now."""
        return b""

    @property
    def ready(self) -> bool:
        """Whether the device has shown that it is there, as far as such a device can."""
        return True

    @property
    def silent(self) -> bool:
        """Whether the device does not answer any more."""
        return False


class Listening(Conversation):
    """A device that speaks by itself."""

    def __init__(self, codec: FrameCodec) -> None:
        self._codec = codec
        self._byte_seen_s: float | None = None

    @override
    def begin(self, now_s: float) -> None:
        self._codec.timeout()
        self._byte_seen_s = None

    @override
    def feed(self, data: bytes, now_s: float) -> tuple[CardFrame, ...]:
        self._byte_seen_s = now_s
        return told(self._codec.feed(data))

    @override
    def pass_time(self, now_s: float) -> tuple[CardFrame, ...]:
        if self._byte_seen_s is None or now_s - self._byte_seen_s < self._codec.silence_s:
            return ()
        self._byte_seen_s = None
        return told(self._codec.timeout())

    @property
    @override
    def due_s(self) -> float | None:
        return None if self._byte_seen_s is None else self._byte_seen_s + self._codec.silence_s


def told(frames: tuple[Frame, ...]) -> tuple[CardFrame, ...]:
    """The frames that concern the cashier."""
    return tuple(frame for frame in frames if isinstance(frame, CardFrame))
