"""NXP PN532 on its serial line (HSU): 115200 baud; 00 00 FF, length, its complement, D4 or D5, data, check, 00.

Length plus complement, and D5 plus data plus check, are 0 modulo 256 (UM0701-02, 6.2.1). Each command is acknowledged
by 00 00 FF 00 FF 00 and answered with its code plus one. A chip that sleeps is woken by 55 55 and a row of zeros.
"""

from __future__ import annotations

from typing_extensions import override

from drivers.serial_reader.binary import MORE, NO_FRAME, BinaryCodec
from drivers.serial_reader.chip_card import FAMILY_OF_SAK, chip_frame
from drivers.serial_reader.frames import AckFrame, AnswerFrame, BrokenFrame, CardFrame, Frame, TroubleFrame
from drivers.serial_reader.polling import Dialect, Request
from pos_engine.ports.devices import CardTrouble

WAKE_UP = bytes.fromhex("5555000000000000000000000000")
ACK = bytes.fromhex("0000ff00ff00")
NACK = bytes.fromhex("0000ffff0000")
START = b"\x00\xff"
FROM_HOST, FROM_CHIP, SYNTAX_ERROR = 0xD4, 0xD5, 0x7F
SHORT_FRAME = 5  # start, two bytes, postamble: ACK and NACK without their preamble
AROUND = 6  # start (2), length, complement, check, postamble
LENGTH_MAX = 0xFE  # normal frames; two cards with their longest answers to select are 80 bytes

SAM_CONFIGURATION = 0x14
RF_CONFIGURATION = 0x32
IN_LIST_PASSIVE_TARGET = 0x4A
NORMAL_MODE = b"\x01\x14\x01"  # no security module; 1 s
ONE_TRY = b"\x05\xff\x01\x01"  # item 5, max retries: the list command answers at once when nothing is there
TWO_TARGETS_106A = b"\x02\x00"  # two, so that two cards are seen as two
TARGET_HEAD = 5  # number, SENS_RES (2), SEL_RES, length of the UID


def pn532_frame(data: bytes) -> bytes:
    """A normal information frame around D4 or D5 and what follows."""
    length = len(data)
    head = bytes((0, 0, 0xFF, length, -length & 0xFF))
    return head + data + bytes((-sum(data) & 0xFF, 0))


def _command(code: int, data: bytes) -> bytes:
    return pn532_frame(bytes((FROM_HOST, code)) + data)


class Pn532Codec(BinaryCodec):
    """Frames of the chip. The preamble 00 is passed over: it is not always there."""

    @override
    def _measure(self, head: bytes) -> int:
        if not START.startswith(head[:2]):
            return NO_FRAME
        if len(head) < len(START) + 2:
            return MORE
        length, complement = head[2], head[3]
        if (length, complement) in ((0, 0xFF), (0xFF, 0)):
            return SHORT_FRAME
        return AROUND + length if length <= LENGTH_MAX and (length + complement) & 0xFF == 0 else NO_FRAME

    @override
    def _decode(self, frame: bytes) -> Frame | None:
        if len(frame) == SHORT_FRAME:
            return AckFrame() if frame[2] == 0 else BrokenFrame("the chip did not understand")
        data = frame[4:-2]
        if not data or sum(frame[4:-1]) & 0xFF or data[0] not in (FROM_CHIP, FROM_HOST, SYNTAX_ERROR):
            return None
        if data[0] == SYNTAX_ERROR:
            return BrokenFrame("the chip did not understand")
        return AnswerFrame(data[1], data[2:]) if len(data) > 1 else None


class Pn532(Dialect):
    """What is asked of a PN532."""

    wake_up = WAKE_UP
    setup = (
        Request(_command(SAM_CONFIGURATION, NORMAL_MODE), (SAM_CONFIGURATION + 1,)),
        Request(_command(RF_CONFIGURATION, ONE_TRY), (RF_CONFIGURATION + 1,)),
    )
    poll = Request(_command(IN_LIST_PASSIVE_TARGET, TWO_TARGETS_106A), (IN_LIST_PASSIVE_TARGET + 1,))

    @override
    def codec(self) -> Pn532Codec:
        return Pn532Codec()

    @override
    def read(self, answer: AnswerFrame, *, uid_reversed: bool) -> CardFrame | None:
        count, target = answer.data[:1], answer.data[1:]
        if count in (b"", b"\x00"):
            return None
        if count != b"\x01":
            return TroubleFrame(CardTrouble.TWO_CARDS)
        if len(target) < TARGET_HEAD or len(target) < TARGET_HEAD + target[4]:
            return BrokenFrame("the answer has no UID")
        sak = target[3]
        return chip_frame(
            target[TARGET_HEAD : TARGET_HEAD + target[4]], FAMILY_OF_SAK.get(sak, ""), uid_reversed=uid_reversed
        )
