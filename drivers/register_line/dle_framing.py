"""ZVT-style frames: DLE STX, body with each DLE doubled, DLE ETX, CRC low byte first. 06 acknowledges, 15 refuses.

CRC-16/KERMIT (polynomial 8408 reflected, from 0) over the body without doubling, and ETX (ZVT protocol, part
"serial transport"). The body is kind, acknowledged id, own id, one byte each, and the data.
"""

from __future__ import annotations

from typing import Literal

from typing_extensions import override

from drivers.register_line.packets import (
    MESSAGE_BYTES_MAX,
    Acknowledged,
    Broken,
    Framing,
    LineEvent,
    Packet,
    Refused,
)

STX, ETX, ACK, DLE, NAK = 0x02, 0x03, 0x06, 0x10, 0x15
POLYNOMIAL = 0x8408
CRC_BYTES = 2
HEAD_BYTES = 3  # kind, acknowledged id, own id


def _table() -> tuple[int, ...]:
    values = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = (value >> 1) ^ (POLYNOMIAL if value & 1 else 0)
        values.append(value)
    return tuple(values)


_CRC_OF = _table()

State = Literal["outside", "outside_dle", "inside", "inside_dle", "crc"]


def crc16_kermit(data: bytes) -> int:
    """CRC-16/KERMIT; of "123456789" it is 2189 (hex)."""
    crc = 0
    for byte in data:
        crc = (crc >> 8) ^ _CRC_OF[(crc ^ byte) & 0xFF]
    return crc


def frame_body(body: bytes) -> bytes:
    """The bytes of one frame."""
    doubled = body.replace(bytes((DLE,)), bytes((DLE, DLE)))
    check = crc16_kermit(body + bytes((ETX,))).to_bytes(CRC_BYTES, "little")
    return bytes((DLE, STX)) + doubled + bytes((DLE, ETX)) + check


class DleFraming(Framing):
    """One end of a line with these frames."""

    def __init__(self) -> None:
        self._state: State = "outside"
        self._body = bytearray()
        self._crc = bytearray()

    @property
    @override
    def begun(self) -> bool:
        return self._state != "outside"

    @override
    def feed(self, data: bytes) -> tuple[LineEvent, ...]:
        events: list[LineEvent] = []
        for byte in data:
            event = self._step(byte)
            if event is not None:
                events.append(event)
        return tuple(events)

    @override
    def timeout(self) -> tuple[LineEvent, ...]:
        begun = self._state not in ("outside", "outside_dle")
        self._reset()
        return (Broken("the frame stopped in the middle"),) if begun else ()

    @override
    def encode(self, packet: Packet) -> bytes:
        return frame_body(bytes((packet.kind, packet.ack_id, packet.message_id)) + packet.data)

    @override
    def acknowledge(self, packet: Packet) -> bytes:
        return bytes((ACK,))

    @override
    def refuse(self) -> bytes:
        return bytes((NAK,))

    def _step(self, byte: int) -> LineEvent | None:
        match self._state:
            case "outside":
                return self._outside(byte)
            case "outside_dle":
                self._state = "inside" if byte == STX else "outside_dle" if byte == DLE else "outside"
            case "inside":
                if byte == DLE:
                    self._state = "inside_dle"
                else:
                    return self._grow(byte)
            case "inside_dle":
                return self._after_dle(byte)
            case "crc":
                self._crc.append(byte)
                return self._finish() if len(self._crc) == CRC_BYTES else None
        return None

    def _outside(self, byte: int) -> LineEvent | None:
        if byte == ACK:
            return Acknowledged()
        if byte == NAK:
            return Refused()
        if byte == DLE:
            self._state = "outside_dle"
        return None

    def _after_dle(self, byte: int) -> LineEvent | None:
        if byte == ETX:
            self._state = "crc"
            return None
        self._state = "inside"
        if byte == DLE:
            return self._grow(byte)
        self._reset()
        if byte == STX:  # the rest of a frame was lost, and the next one begins
            self._state = "inside"
        return Broken("a control character inside a frame")

    def _grow(self, byte: int) -> LineEvent | None:
        self._body.append(byte)
        if len(self._body) <= HEAD_BYTES + MESSAGE_BYTES_MAX:
            return None
        self._reset()
        return Broken(f"more than {MESSAGE_BYTES_MAX} bytes")

    def _finish(self) -> LineEvent:
        body = bytes(self._body)
        good = crc16_kermit(body + bytes((ETX,))) == int.from_bytes(self._crc, "little")
        self._reset()
        if not good:
            return Broken("the checksum is wrong")
        if len(body) < HEAD_BYTES:
            return Broken("the frame is too short")
        return Packet(body[0], body[1], body[2], body[HEAD_BYTES:])

    def _reset(self) -> None:
        self._state = "outside"
        self._body.clear()
        self._crc.clear()
