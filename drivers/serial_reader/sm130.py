"""SonMicro SM130 and SM132: 19200 baud; FF, address 00, length, command, data, sum of all but FF (data sheet).

The length counts command and data. `83` asks for a card: tag type and UID, or one letter that says why not.
"""

from __future__ import annotations

from typing_extensions import override

from drivers.serial_reader.binary import MORE, NO_FRAME, BinaryCodec
from drivers.serial_reader.chip_card import chip_frame
from drivers.serial_reader.frames import AnswerFrame, CardFrame, Frame
from drivers.serial_reader.polling import Dialect, NotReadyError, Request

HEADER = 0xFF
ADDRESS = 0x00
LENGTH_MAX = 20  # command, block number and 16 bytes of data, with some to spare
RF_FIELD = 0x90
SELECT_TAG = 0x83
NO_TAG, FIELD_OFF = b"N", b"U"
FAMILIES = {b"\x01": "ultralight_ntag", b"\x02": "mifare_classic_1k", b"\x03": "mifare_classic_4k"}


def sm130_frame(command: int, data: bytes = b"") -> bytes:
    """A frame to the module, or from it: both directions look the same."""
    body = bytes((ADDRESS, 1 + len(data), command)) + data
    return bytes((HEADER,)) + body + bytes((sum(body) & 0xFF,))


class Sm130Codec(BinaryCodec):
    """Answers of the module."""

    @override
    def _measure(self, head: bytes) -> int:
        if head[0] != HEADER or head[1:2] not in (b"", bytes((ADDRESS,))):
            return NO_FRAME
        if len(head) < len((HEADER, ADDRESS, "length")):
            return MORE
        return 4 + head[2] if 1 <= head[2] <= LENGTH_MAX else NO_FRAME

    @override
    def _decode(self, frame: bytes) -> Frame | None:
        if sum(frame[1:-1]) & 0xFF != frame[-1]:
            return None
        return AnswerFrame(frame[3], frame[4:-1])


class Sm130(Dialect):
    """What is asked of an SM130."""

    setup = (Request(sm130_frame(RF_FIELD, b"\x01"), (RF_FIELD,)),)
    poll = Request(sm130_frame(SELECT_TAG), (SELECT_TAG,))

    @override
    def codec(self) -> Sm130Codec:
        return Sm130Codec()

    @override
    def read(self, answer: AnswerFrame, *, uid_reversed: bool) -> CardFrame | None:
        if answer.data == NO_TAG:
            return None
        if answer.data == FIELD_OFF:
            raise NotReadyError
        kind, uid = answer.data[:1], answer.data[1:]
        return chip_frame(uid, FAMILIES.get(kind, ""), uid_reversed=uid_reversed)
