"""Every frame codec, fed whole, byte by byte, split, among noise, late, and fuzzed: one body for all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.serial_reader.frames import (
    FRAME_BYTES_MAX,
    AnswerFrame,
    BrokenFrame,
    Frame,
    FrameCodec,
    ScanFrame,
    SwipeFrame,
    TagFrame,
)
from drivers.serial_reader.id12 import Id12Codec
from drivers.serial_reader.jmy import JmyCodec
from drivers.serial_reader.magtek import MagtekCodec
from drivers.serial_reader.pn532 import Pn532Codec
from drivers.serial_reader.rdm6300 import Rdm6300Codec
from drivers.serial_reader.scanner import ScannerCodec
from drivers.serial_reader.sm130 import Sm130Codec
from tests.unit.drivers.vectors import vectors

REAL_READ = bytes.fromhex(vectors("EM4100 serial frame")[0]["inputs"]["frame"])
ID12_READ = REAL_READ[:-1] + b"\r\n\x03"


def published(name: str) -> bytes:
    return bytes.fromhex(vectors(name)[0]["inputs"]["frame"])


INCREMENT = AnswerFrame(0x8D, bytes.fromhex("08E8030000"))
NEW_VALUE = AnswerFrame(0x8D, bytes.fromhex("08F82A0000"))
PN532_SELECT = bytes.fromhex(vectors("PN532 frame SelectApplication")[0]["expected"])
GSRN = ScanFrame("gs1_128", "\x1d8018401234567890123452", (("8018", "401234567890123452"),))


@dataclass(frozen=True)
class Case:
    """A codec, two good messages with what they mean, and noise that cannot be the start of one."""

    make: Callable[[], FrameCodec]
    messages: tuple[tuple[bytes, Frame], ...]
    noise: bytes
    ends_by_silence: bool = False


CASES = {
    "id12": Case(
        Id12Codec,
        ((ID12_READ, TagFrame("3C00CE754C")), (b"\x020000000001" + b"01" + b"\r\n\x03", TagFrame("0000000001"))),
        b"\xff\x00\x02\x02garbage\r\n\x03",
    ),
    "rdm6300": Case(
        Rdm6300Codec,
        ((REAL_READ, TagFrame("3C00CE754C")), (b"\x0201ABcdef05" + b"8d" + b"\x03", TagFrame("01ABCDEF05"))),
        b"\x03\x03\xfe\x02\x020xx",
    ),
    "scanner": Case(
        lambda: ScannerCodec(prefix=b"\x02", suffix=b"\r\n"),
        (
            (b"\x02]E04006381333931\r\n", ScanFrame("ean", "4006381333931")),
            (b"\x02]Q1" + "Gutschein-ü".encode() + b"\r\n", ScanFrame("qr", "Gutschein-ü")),
        ),
        b"\xff\x00\x91noise",
    ),
    "scanner without suffix": Case(
        lambda: ScannerCodec(suffix=b""),
        (
            (b"]C1\x1d8018401234567890123452", GSRN),
            (b"A]Q1", ScanFrame("unknown", "A]Q1")),
        ),
        b"",
        ends_by_silence=True,
    ),
    "magtek": Case(
        MagtekCodec,
        (
            (b"\x02%B123^SHOP?;9280001234=99?+77?\r\x03", SwipeFrame("9280001234")),
            (b"\x02%E?;00012345?\x03", SwipeFrame("00012345")),
        ),
        b"\r\xff ?\x03\x03x?",
    ),
    "magtek without end": Case(
        lambda: MagtekCodec(track=1),
        ((b"%CARD-1?", SwipeFrame("CARD-1")), (b"%B77^A?;E?", SwipeFrame("77"))),
        b"",
        ends_by_silence=True,
    ),
    "magtek without sentinels": Case(
        lambda: MagtekCodec(sentinels=b""),
        ((b"\x029280001234=99\r\x03", SwipeFrame("9280001234")), (b"\x0217\x03", SwipeFrame("17"))),
        b"",
    ),
    "magtek with check characters": Case(
        lambda: MagtekCodec(track=1, lrc=True),
        ((b"\x02%AT3?<\r\x03", SwipeFrame("AT3")), (b"\x02%AT3?<;E?\x03", SwipeFrame("AT3"))),
        b"\r\n",
    ),
    "sm130": Case(
        Sm130Codec,
        ((published("frame Increment"), INCREMENT), (published("reply new value"), NEW_VALUE)),
        b"\xff\x01\xff\xff\x00\x00garbage",
    ),
    "jmy": Case(
        JmyCodec,
        (
            (published("FAST_READ"), AnswerFrame(0x47, b"\x00\x05")),
            (published("READ_CNT reply"), AnswerFrame(0x48, b"\x06\x00\x00")),
        ),
        b"\x05\x00\x01\x00\x02\xffx",
    ),
    "pn532": Case(
        Pn532Codec,
        (
            (PN532_SELECT, AnswerFrame(0x40, bytes.fromhex("015A000000"))),
            (bytes.fromhex("0000ff03fdd54b00e000"), AnswerFrame(0x4B, b"\x00")),
        ),
        b"\x00\xff\x05\x05\x00\x00\x00\xfe",
    ),
}
every_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
every_case_with_an_end = pytest.mark.parametrize("case", [case for case in CASES.values() if not case.ends_by_silence])


def feed_pieces(case: Case, codec: FrameCodec, pieces: list[bytes]) -> list[Frame]:
    found: list[Frame] = []
    for piece in pieces:
        found.extend(codec.feed(piece))
    if case.ends_by_silence:
        found.extend(codec.timeout())
    return found


@every_case
def test_whole_and_byte_by_byte(case: Case) -> None:
    codec = case.make()
    for message, meaning in case.messages:
        assert feed_pieces(case, codec, [message]) == [meaning]
        assert feed_pieces(case, codec, [bytes([byte]) for byte in message]) == [meaning]
        assert codec.timeout() == ()


@every_case
def test_split_anywhere(case: Case) -> None:
    codec = case.make()
    for message, meaning in case.messages:
        for at in range(1, len(message)):
            assert feed_pieces(case, codec, [message[:at], message[at:]]) == [meaning]


@every_case
def test_among_noise(case: Case) -> None:
    for message, meaning in case.messages:
        assert feed_pieces(case, case.make(), [case.noise, message])[-1] == meaning
        if not case.ends_by_silence:
            assert feed_pieces(case, case.make(), [case.noise + message, case.noise + message]).count(meaning) == 2


@every_case_with_an_end
def test_half_a_message_ends_with_silence(case: Case) -> None:
    (first, whole), (second, meaning) = case.messages
    for at in range(1, len(first)):
        codec = case.make()
        assert set(codec.feed(first[:at])) <= {whole}
        # a stripe's last track or end mark may be missing, and its number is whole all the same
        assert all(isinstance(frame, BrokenFrame) or frame == whole for frame in codec.timeout())
        assert codec.feed(second) == (meaning,)


@every_case
@given(data=st.lists(st.binary(max_size=40), max_size=20))
def test_never_fails_and_always_recovers(case: Case, data: list[bytes]) -> None:
    codec = case.make()
    for piece in data:
        codec.feed(piece)
    codec.timeout()
    message, meaning = case.messages[0]
    assert feed_pieces(case, codec, [message]) == [meaning]


@every_case
@given(data=st.binary(max_size=200))
def test_pieces_make_no_difference(case: Case, data: bytes) -> None:
    whole, by_byte = case.make(), case.make()
    assert list(whole.feed(data)) == [frame for byte in data for frame in by_byte.feed(bytes([byte]))]
    assert whole.timeout() == by_byte.timeout()


@pytest.mark.parametrize("name", ["id12", "rdm6300"])
@given(position=st.integers(0, 12), flip=st.integers(1, 255))
def test_a_changed_byte_is_never_another_tag(name: str, position: int, flip: int) -> None:
    case = CASES[name]
    message, meaning = case.messages[0]
    broken = bytearray(message)
    broken[position] ^= flip
    assert {frame for frame in case.make().feed(bytes(broken)) if isinstance(frame, TagFrame)} <= {meaning}


@every_case
def test_a_flood_is_bounded_and_ends(case: Case) -> None:
    codec = case.make()
    for _ in range(10):
        codec.feed(b"7" * FRAME_BYTES_MAX)
        kept = len(codec._buffer)  # type: ignore[attr-defined]
        assert kept <= FRAME_BYTES_MAX
    codec.timeout()
    message, meaning = case.messages[0]
    assert feed_pieces(case, codec, [message]) == [meaning]


@pytest.mark.parametrize("name", ["sm130", "jmy", "pn532"])
@given(position=st.integers(0, 100), flip=st.integers(1, 255))
def test_a_changed_byte_is_never_another_answer(name: str, position: int, flip: int) -> None:
    message, meaning = CASES[name].messages[0]
    broken = bytearray(message)
    broken[position % len(message)] ^= flip
    found = {frame for frame in CASES[name].make().feed(bytes(broken)) if isinstance(frame, AnswerFrame)}
    assert found <= {meaning}


def test_a_track_of_impossible_characters_is_not_read() -> None:
    codec = MagtekCodec(track=2, lrc=True)
    assert codec.feed(b";p\x00?\x00\x03") == (BrokenFrame("track 2 could not be read"),)
