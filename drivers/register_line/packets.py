"""What two ends of a serial line tell each other, whatever the framing: kind, acknowledged id, own id, data. No I/O."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import IntEnum

MESSAGE_BYTES_MAX = 256 * 1024  # 500 lines with every field filled are about 200 kB; at 115,200 baud that is 18 s
MESSAGE_ID_MAX = 255  # 0 means none


class Kind(IntEnum):
    """What a packet is for."""

    HEARTBEAT = 0
    HELLO = 1
    HELLO_ANSWER = 2
    MESSAGE = 3


@dataclass(frozen=True)
class Packet:
    """`ack_id`: the id of the other end's packet that this one answers; 0 for none. `message_id`: this one's own."""

    kind: int
    ack_id: int = 0
    message_id: int = 0
    data: bytes = b""


@dataclass(frozen=True)
class Acknowledged:
    """The other end has received the last packet whole. `message_id` 0: the framing does not say which."""

    message_id: int = 0


@dataclass(frozen=True)
class Refused:
    """The other end received something broken and asks for it again."""


@dataclass(frozen=True)
class Broken:
    """Something came that is no whole packet."""

    reason: str


LineEvent = Packet | Acknowledged | Refused | Broken


class Framing(ABC):
    """Packets ⇄ bytes. Fed as bytes come, in pieces of any size; never raises; bounded by `MESSAGE_BYTES_MAX`."""

    @abstractmethod
    def feed(self, data: bytes) -> tuple[LineEvent, ...]:
        """What these bytes complete, in order."""

    @abstractmethod
    def timeout(self) -> tuple[LineEvent, ...]:
        """The line was silent inside a packet: what was begun ends here."""

    @property
    @abstractmethod
    def begun(self) -> bool:
        """Whether a packet has begun and is not whole."""

    @abstractmethod
    def encode(self, packet: Packet) -> bytes:
        """The packet as bytes for the line."""

    @abstractmethod
    def acknowledge(self, packet: Packet) -> bytes:
        """That a packet came whole."""

    @abstractmethod
    def refuse(self) -> bytes:
        """That something broken came; empty where the framing has no such word."""
