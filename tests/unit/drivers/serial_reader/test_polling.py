"""Readers that are asked, as a state machine: time and bytes go in by hand."""

from __future__ import annotations

import pytest

from drivers.serial_reader.frames import BrokenFrame, CardFrame, ChipFrame, TroubleFrame
from drivers.serial_reader.jmy import Jmy, JmyCodec, jmy_frame
from drivers.serial_reader.pn532 import ACK, NACK, WAKE_UP, Pn532, Pn532Codec, pn532_frame
from drivers.serial_reader.polling import ANSWER_WAIT_S, MISSES_MAX, POLL_EVERY_S, Dialect, Polling
from drivers.serial_reader.sm130 import Sm130, Sm130Codec, sm130_frame
from pos_engine.ports.devices import CardTrouble
from tests.unit.drivers.vectors import vectors

UID = "04A1B2C3D4E5F6"
FOUND: dict[type[Dialect], bytes] = {
    Sm130: sm130_frame(0x83, b"\x01" + bytes.fromhex(UID)),
    Jmy: jmy_frame(0x20, bytes.fromhex(UID) + b"\x44\x00\x00", address=1),
    Pn532: ACK + pn532_frame(bytes.fromhex("D54B0101004400") + b"\x07" + bytes.fromhex(UID)),
}
EMPTY: dict[type[Dialect], bytes] = {
    Sm130: sm130_frame(0x83, b"N"),
    Jmy: jmy_frame(0xDF, address=1),
    Pn532: ACK + pn532_frame(bytes.fromhex("D54B00")),
}
SET_UP: dict[type[Dialect], tuple[bytes, ...]] = {
    Sm130: (sm130_frame(0x90, b"\x01"),),
    Jmy: (),
    Pn532: (ACK + pn532_frame(b"\xd5\x15"), ACK + pn532_frame(b"\xd5\x33")),
}
every_dialect = pytest.mark.parametrize("dialect", list(FOUND), ids=lambda kind: kind.__name__)


def begun(dialect: type[Dialect], *, uid_reversed: bool = False) -> Polling:
    """Set up; the first question for a card is out."""
    polling = Polling(dialect(), uid_reversed=uid_reversed)
    polling.begin(0.0)
    for answer in SET_UP[dialect]:
        assert not polling.ready
        assert polling.take_output()
        polling.feed(answer, 0.0)
    assert polling.take_output().endswith(dialect.poll.frame)
    return polling


@every_dialect
def test_a_card_comes_and_is_looked_for_again(dialect: type[Dialect]) -> None:
    polling = begun(dialect)
    assert polling.feed(EMPTY[dialect], 0.1) == ()
    assert polling.ready
    assert polling.take_output() == b""
    assert polling.due_s == pytest.approx(0.1 + POLL_EVERY_S)
    polling.pass_time(0.1 + POLL_EVERY_S)
    assert polling.take_output() == dialect.poll.frame
    (frame,) = polling.feed(FOUND[dialect], 0.3)
    assert isinstance(frame, ChipFrame)
    assert frame.uid_hex == UID


@every_dialect
def test_byte_by_byte_and_among_noise(dialect: type[Dialect]) -> None:
    polling = begun(dialect)
    found: list[CardFrame] = []
    for byte in b"\xff" + FOUND[dialect]:
        found.extend(polling.feed(bytes((byte,)), 0.1))
    assert [frame.uid_hex for frame in found if isinstance(frame, ChipFrame)] == [UID]


@every_dialect
def test_silence_sets_it_up_again_and_three_are_too_many(dialect: type[Dialect]) -> None:
    polling = begun(dialect)
    now_s = 0.0
    for miss in range(1, MISSES_MAX + 1):
        now_s += ANSWER_WAIT_S
        assert polling.pass_time(now_s) == ()
        assert polling.silent == (miss == MISSES_MAX)
        sent = polling.take_output()
        assert sent == dialect.wake_up + (dialect.setup[0] if dialect.setup else dialect.poll).frame
    for answer in SET_UP[dialect] or (EMPTY[dialect],):
        polling.feed(answer, now_s)
    assert not polling.silent


@every_dialect
def test_half_an_answer_is_a_card_that_could_not_be_read(dialect: type[Dialect]) -> None:
    polling = begun(dialect)
    polling.feed(EMPTY[dialect], 0.0)
    polling.pass_time(POLL_EVERY_S)
    half = FOUND[dialect][len(ACK) :] if dialect is Pn532 else FOUND[dialect]
    assert polling.feed(half[: len(half) // 2], 0.2) == ()
    assert polling.pass_time(POLL_EVERY_S + ANSWER_WAIT_S) == (BrokenFrame("the answer stopped in the middle"),)


@every_dialect
def test_a_late_answer_to_an_earlier_question_does_no_harm(dialect: type[Dialect]) -> None:
    polling = begun(dialect)
    polling.pass_time(ANSWER_WAIT_S)
    polling.feed(FOUND[dialect], ANSWER_WAIT_S + 0.01)
    for answer in SET_UP[dialect]:
        polling.feed(answer, ANSWER_WAIT_S + 0.02)
    polling.feed(EMPTY[dialect], ANSWER_WAIT_S + 0.03)
    assert polling.ready
    assert not polling.silent


@every_dialect
def test_a_module_that_sends_the_last_byte_first_can_be_told(dialect: type[Dialect]) -> None:
    polling = begun(dialect, uid_reversed=True)
    (frame,) = polling.feed(FOUND[dialect], 0.1)
    assert isinstance(frame, ChipFrame)
    assert bytes.fromhex(frame.uid_hex)[::-1].hex().upper() == UID


@pytest.mark.parametrize(
    ("dialect", "answer", "meaning"),
    [
        (Sm130, sm130_frame(0x83, b"\x02\x08\x01\x02\x03"), TroubleFrame(CardTrouble.PHONE)),
        (Jmy, jmy_frame(0x20, bytes.fromhex("08010203040020")), TroubleFrame(CardTrouble.PHONE)),
        (Pn532, pn532_frame(bytes.fromhex("D54B0101000420040801AABB")), TroubleFrame(CardTrouble.PHONE)),
        (
            Pn532,
            pn532_frame(bytes.fromhex("D54B0201000408040102030402000408040A0B0C0D")),
            TroubleFrame(CardTrouble.TWO_CARDS),
        ),
        (Pn532, pn532_frame(bytes.fromhex("D54B010100040807")), BrokenFrame("the answer has no UID")),
        (Jmy, jmy_frame(0x20, b"\x04\x00"), BrokenFrame("the answer has no UID")),
        (Sm130, sm130_frame(0x83, b"\x02\x01\x02"), BrokenFrame("a UID of 2 bytes")),
        (Sm130, sm130_frame(0x83, b"\x02\x88\x04\xa1\xb2"), BrokenFrame("half a UID")),
        (Sm130, sm130_frame(0x83, b"\x02\x01\x02\x03\x04"), ChipFrame("01020304", "mifare_classic_1k")),
    ],
)
def test_what_lies_on_the_reader(dialect: type[Dialect], answer: bytes, meaning: CardFrame) -> None:
    assert begun(dialect).feed(answer, 0.1) == (meaning,)


def test_a_field_that_is_off_is_switched_on_again_but_not_in_a_circle() -> None:
    polling = begun(Sm130)
    assert polling.feed(sm130_frame(0x83, b"U"), 1.0) == ()
    assert polling.take_output() == b""
    polling.pass_time(1.0 + POLL_EVERY_S)
    assert polling.take_output() == sm130_frame(0x90, b"\x01")


@pytest.mark.parametrize("vector", vectors("SM130/SM132 frame"), ids=lambda vector: vector["name"])
def test_published_frames_of_the_sm130(vector: dict[str, dict[str, str]]) -> None:
    frame = bytes.fromhex(vector["inputs"]["frame"])
    assert sm130_frame(frame[3], frame[4:-1]) == frame
    assert len(Sm130Codec().feed(frame)) == 1


def test_the_misprint_of_the_data_sheet_is_refused() -> None:
    assert Sm130Codec().feed(bytes.fromhex(vectors("SM132 datasheet misprint")[0]["inputs"]["frame"])) == ()


@pytest.mark.parametrize("vector", vectors("JMY/QUIO"), ids=lambda vector: vector["name"])
def test_published_frames_of_the_jmy(vector: dict[str, dict[str, str]]) -> None:
    frame = bytes.fromhex(vector["inputs"]["frame"])
    assert jmy_frame(frame[3], frame[4:-1], frame[2]) == frame
    assert len(JmyCodec().feed(frame)) == 1


def test_published_frames_of_the_pn532() -> None:
    select = vectors("PN532 frame SelectApplication")[0]
    assert pn532_frame(bytes.fromhex(select["inputs"]["pd"])).hex() == select["expected"]
    expected = vectors("PN532 ACK")[0]["expected"]
    assert (ACK.hex(), NACK.hex(), WAKE_UP.hex()) == (expected["ack"], expected["nack"], expected["wakeup"])
    codec = Pn532Codec()
    assert [type(frame).__name__ for frame in codec.feed(ACK + NACK)] == ["AckFrame", "BrokenFrame"]
