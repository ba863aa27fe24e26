"""Jinmuyu JMY6xx and QUIO QM modules: 19200 baud; length (2, big-endian), address, command, data, XOR of all before.

The length counts everything but the check. `20` asks for ISO 14443 A cards: UID, ATQA (2), SAK (1);
a command that failed is answered with its code inverted (makers' manuals). There is no mark at the beginning: what was
sent is the only thing to hold on to, so noise is forgotten before each question.
"""

from __future__ import annotations

from functools import reduce
from operator import xor

from typing_extensions import override

from drivers.serial_reader.binary import MORE, NO_FRAME, BinaryCodec
from drivers.serial_reader.chip_card import FAMILY_OF_SAK, chip_frame
from drivers.serial_reader.frames import AnswerFrame, BrokenFrame, CardFrame, Frame
from drivers.serial_reader.polling import Dialect, Request

OVERHEAD = 4  # length (2), address, command: what the length counts beside the data
LENGTH_MAX = 64  # what a till asks is answered in 17 bytes at most
HOST_ADDRESS = 0x00  # any module listens
REQUEST_A = 0x20
REQUEST_ALL = b"\x00"  # halted cards too
FAILED = REQUEST_A ^ 0xFF
TAIL_BYTES = 3  # ATQA and SAK after the UID


def jmy_frame(command: int, data: bytes = b"", address: int = HOST_ADDRESS) -> bytes:
    """A frame to the module, or from it: both directions look the same but for the address."""
    body = (OVERHEAD + len(data)).to_bytes(2, "big") + bytes((address, command)) + data
    return body + bytes((reduce(xor, body),))


class JmyCodec(BinaryCodec):
    """Answers of the module."""

    @override
    def _measure(self, head: bytes) -> int:
        if head[0] != 0:  # no answer is longer than 255
            return NO_FRAME
        if len(head) == 1:
            return MORE
        return head[1] + 1 if OVERHEAD <= head[1] <= LENGTH_MAX else NO_FRAME

    @override
    def _decode(self, frame: bytes) -> Frame | None:
        if reduce(xor, frame[:-1]) != frame[-1]:
            return None
        return AnswerFrame(frame[3], frame[4:-1])


class Jmy(Dialect):
    """What is asked of a JMY or QUIO module."""

    setup = ()
    poll = Request(jmy_frame(REQUEST_A, REQUEST_ALL), (REQUEST_A, FAILED))

    @override
    def codec(self) -> JmyCodec:
        return JmyCodec()

    @override
    def read(self, answer: AnswerFrame, *, uid_reversed: bool) -> CardFrame | None:
        if answer.code == FAILED:
            return None
        if len(answer.data) <= TAIL_BYTES:
            return BrokenFrame("the answer has no UID")
        uid, sak = answer.data[:-TAIL_BYTES], answer.data[-1]
        return chip_frame(uid, FAMILY_OF_SAK.get(sak, ""), uid_reversed=uid_reversed)
