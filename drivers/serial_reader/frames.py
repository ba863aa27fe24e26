"""What a serial device can say, one frozen value per kind of frame, and the contract of every codec. No I/O.

Laws of a codec: it is fed bytes as they come, in pieces of any size, and gives the frames they complete; it never
raises; it keeps at most `FRAME_BYTES_MAX` bytes; noise before a frame is skipped; `timeout` says that the line has been
silent for the codec's `silence_s` and ends what was begun.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from pos_engine.ports.devices import CardTrouble

FRAME_BYTES_MAX = 4096  # the longest code a scanner can read is a QR code of 2,953 bytes


@dataclass(frozen=True)
class TagFrame:
    """A 125 kHz tag: the ten hex digits of its 40 bits, upper-case."""

    tag_hex: str


@dataclass(frozen=True)
class ScanFrame:
    """A scanned code and the kind of code, as the port names it. `elements`: GS1 application identifier and value."""

    symbology: str
    text: str
    elements: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class SwipeFrame:
    """A magnetic stripe: the card number of the track that is read."""

    number: str


@dataclass(frozen=True)
class ChipFrame:
    """An ISO 14443 A card in the field of a reader that was asked. The UID in the order of the air interface."""

    uid_hex: str
    family: str = ""


@dataclass(frozen=True)
class TroubleFrame:
    """Something that is well understood and cannot be used as a card."""

    trouble: CardTrouble


@dataclass(frozen=True)
class AnswerFrame:
    """What a reader that is asked answered: the code of its command, and the data."""

    code: int
    data: bytes


@dataclass(frozen=True)
class AckFrame:
    """The device has taken a command; the answer comes later."""


@dataclass(frozen=True)
class BrokenFrame:
    """Something that began as a frame and is none: a card or code was there and could not be read."""

    reason: str


CardFrame = TagFrame | ScanFrame | SwipeFrame | ChipFrame | TroubleFrame | BrokenFrame
"""What concerns the cashier."""

Frame = CardFrame | AnswerFrame | AckFrame


class FrameCodec(ABC):
    """Bytes to frames for one kind of device."""

    silence_s: float
    """A pause this long inside a frame means that the rest will not come."""

    @abstractmethod
    def feed(self, data: bytes) -> tuple[Frame, ...]:
        """The frames that these bytes complete, in order."""

    @abstractmethod
    def timeout(self) -> tuple[Frame, ...]:
        """The line was silent: what was begun ends here."""
