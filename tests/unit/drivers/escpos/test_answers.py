"""What a printer says, whole and in pieces, between noise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.escpos.answers import Answer, AnswerReader, Automatic, BufferCleared, ProcessDone, RealTime, WorkedOff


def heard(data: str, *, automatic: bool = False) -> list[Answer]:
    reader = AnswerReader(automatic=automatic)
    return [answer for byte in bytes.fromhex(data) for answer in reader.feed(bytes([byte]))]


@pytest.mark.parametrize(
    ("data", "automatic", "answers"),
    [
        ("12 16 1A 1E 32 52 7E", False, [RealTime(byte) for byte in b"\x12\x16\x1a\x1e\x32\x52\x7e"]),
        ("00 03 0C 0F 60", False, [WorkedOff()] * 5),
        ("FF 93 11 13 90 10", False, []),  # noise, XON, XOFF, and automatic status that was never switched on
        ("37 25 00 12", False, [BufferCleared(), RealTime(0x12)]),
        ("37 22 41 42 43 44 00", True, [ProcessDone(b"ABCD")]),
        ("37 22 41 12 43 44 00", True, [ProcessDone(b"A\x12CD")]),  # nothing comes between the bytes of a block
        ("38 00 0F 00", True, [Automatic(b"\x38\x00\x0f\x00")]),
        ("38 00 12 0F 00", True, [RealTime(0x12), Automatic(b"\x38\x00\x0f\x00")]),
        ("00 0F 00 12", True, [RealTime(0x12)]),  # the first byte was lost: the rest is no answer to anything
        ("38 00 10 00 00 00", True, [Automatic(b"\x10\x00\x00\x00")]),  # a torn one, then a whole one
    ],
)
def test_each_answer_is_known_by_its_bits(data: str, automatic: bool, answers: list[Answer]) -> None:
    assert heard(data, automatic=automatic) == answers


@given(noise=st.binary(max_size=300), automatic=st.booleans())
def test_noise_never_ends_the_hearing(noise: bytes, automatic: bool) -> None:
    reader = AnswerReader(automatic=automatic)
    list(reader.feed(noise + bytes(8)))  # a block that noise began is over after so many bytes
    assert list(reader.feed(b"\x12")) == [RealTime(0x12)]
