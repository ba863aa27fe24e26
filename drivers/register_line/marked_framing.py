"""Frames between marks, as payment terminals for registers use them: 55 AA … CC 33 (CodePay ECR, serial protocol).

    55 AA | kind | acknowledged id | own id (1 to 255) | length (2, big-endian) | data | XOR from kind on | CC 33

An acknowledgement is a packet without data that names the acknowledged id; there is no word for "send it again".
"""

from __future__ import annotations

from functools import reduce
from operator import xor

from typing_extensions import override

from drivers.register_line.packets import MESSAGE_BYTES_MAX, Acknowledged, Broken, Framing, Kind, LineEvent, Packet

BEGIN, END = b"\x55\xaa", b"\xcc\x33"
HEAD_BYTES = 7  # mark, kind, two ids, length
TAIL_BYTES = 3  # check, mark
DATA_BYTES_MAX = min(MESSAGE_BYTES_MAX, 0xFFFF)  # two bytes of length


class MarkedFraming(Framing):
    """One end of a line with these frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    @property
    @override
    def begun(self) -> bool:
        return bool(self._buffer)

    @override
    def feed(self, data: bytes) -> tuple[LineEvent, ...]:
        events: list[LineEvent] = []
        self._buffer += data
        while (event := self._next()) is not None:
            events.append(event)
        return tuple(events)

    @override
    def timeout(self) -> tuple[LineEvent, ...]:
        begun = len(self._buffer) > 1
        self._buffer.clear()
        return (Broken("the frame stopped in the middle"),) if begun else ()

    @override
    def encode(self, packet: Packet) -> bytes:
        head = bytes((packet.kind, packet.ack_id, packet.message_id)) + len(packet.data).to_bytes(2, "big")
        checked = head + packet.data
        return BEGIN + checked + bytes((reduce(xor, checked),)) + END

    @override
    def acknowledge(self, packet: Packet) -> bytes:
        return self.encode(Packet(Kind.HEARTBEAT, ack_id=packet.message_id)) if packet.message_id else b""

    @override
    def refuse(self) -> bytes:
        return b""

    def _next(self) -> LineEvent | None:
        begin = self._buffer.find(BEGIN)
        if begin < 0:
            keep = 1 if self._buffer.endswith(BEGIN[:1]) else 0
            del self._buffer[: len(self._buffer) - keep]
            return None
        del self._buffer[:begin]
        if len(self._buffer) < HEAD_BYTES:
            return None
        length = HEAD_BYTES + int.from_bytes(self._buffer[5:7], "big") + TAIL_BYTES
        if len(self._buffer) < length:
            return None
        frame = bytes(self._buffer[:length])
        if not frame.endswith(END) or reduce(xor, frame[2:-2]):
            del self._buffer[:1]  # what was lost may hold the next frame
            return Broken("the checksum is wrong")
        del self._buffer[:length]
        packet = Packet(frame[2], frame[3], frame[4], frame[HEAD_BYTES:-TAIL_BYTES])
        if packet.kind == Kind.HEARTBEAT and packet.ack_id:
            return Acknowledged(packet.ack_id)
        return packet
