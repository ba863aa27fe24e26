"""The frames a register puts on its serial line. Bytes only.

Two ways: ZVT's serial transport (DLE STX … DLE ETX, CRC-16/KERMIT, low byte first) and frames between the marks 55 AA
and CC 33 (CodePay, "Serial communication protocol").
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

HEARTBEAT, HELLO, HELLO_ANSWER, MESSAGE = range(4)


@dataclass(frozen=True)
class Frame:
    """`ack`: the other side's message that is answered. `number`: this one's own, 1 to 255, or 0."""

    kind: int
    ack: int = 0
    number: int = 0
    data: bytes = b""


def kermit(data: bytes) -> int:
    """CRC-16/KERMIT, bit by bit."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0x8408 if crc & 1 else crc >> 1
    return crc


def dle_bytes(body: bytes) -> bytes:
    """DLE STX, the body with each DLE twice, DLE ETX, checksum of body and ETX."""
    return b"\x10\x02" + body.replace(b"\x10", b"\x10\x10") + b"\x10\x03" + kermit(body + b"\x03").to_bytes(2, "little")


def dle_frame(frame: Frame) -> bytes:
    """A frame in ZVT's clothes."""
    return dle_bytes(bytes([frame.kind, frame.ack, frame.number]) + frame.data)


def marked_frame(frame: Frame) -> bytes:
    """A frame between the marks."""
    inner = bytes([frame.kind, frame.ack, frame.number]) + len(frame.data).to_bytes(2, "big") + frame.data
    check = 0
    for byte in inner:
        check ^= byte
    return b"\x55\xaa" + inner + bytes([check]) + b"\xcc\x33"


def take_dle(heard: bytes) -> tuple[Frame | str | None, bytes]:
    """The first thing in what was heard ("ack", "nak", "broken" or a frame) and the rest; None: nothing whole yet."""
    for at, byte in enumerate(heard):
        if byte == 0x06:
            return "ack", heard[at + 1 :]
        if byte == 0x15:
            return "nak", heard[at + 1 :]
        if byte == 0x10:
            return _dle_at(heard, at)
    return None, b""


def _dle_at(heard: bytes, begin: int) -> tuple[Frame | str | None, bytes]:
    if heard[begin + 1 : begin + 2] not in (b"", b"\x02"):
        return take_dle(heard[begin + 1 :])
    body = bytearray()
    at = begin + 2
    while at + 1 < len(heard):
        if heard[at] != 0x10:
            body.append(heard[at])
            at += 1
        elif heard[at + 1] == 0x10:
            body.append(0x10)
            at += 2
        elif heard[at + 1] == 0x03 and len(heard) < at + 4:
            break
        elif heard[at + 1] == 0x03:
            rest = heard[at + 4 :]
            if int.from_bytes(heard[at + 2 : at + 4], "little") != kermit(bytes(body) + b"\x03") or len(body) < 3:
                return "broken", rest
            return Frame(body[0], body[1], body[2], bytes(body[3:])), rest
        else:
            return "broken", heard[at:]
    return None, heard[begin:]


def take_marked(heard: bytes) -> tuple[Frame | str | None, bytes]:
    """As `take_dle`; an acknowledgement is a heartbeat that names a number."""
    begin = heard.find(b"\x55\xaa")
    if begin < 0:
        return None, heard[-1:]
    head = heard[begin + 2 : begin + 7]
    end = begin + 7 + int.from_bytes(head[3:5], "big") + 3
    if len(head) < 5 or len(heard) < end:
        return None, heard[begin:]
    check = 0
    for byte in heard[begin + 2 : end - 2]:
        check ^= byte
    if check or heard[end - 2 : end] != b"\xcc\x33":
        return "broken", heard[begin + 2 :]
    frame = Frame(head[0], head[1], head[2], heard[begin + 7 : end - 3])
    return ("ack" if frame.kind == HEARTBEAT and frame.ack else frame), heard[end:]


Taker = Callable[[bytes], tuple[Frame | str | None, bytes]]
FRAMINGS: dict[str, tuple[Callable[[Frame], bytes], Taker]] = {
    "dle": (dle_frame, take_dle),
    "marked": (marked_frame, take_marked),
}
