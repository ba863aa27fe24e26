"""Both serial framings and the TCP length, fed whole, byte by byte, split, among noise, cut, and fuzzed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.register_line.dle_framing import DleFraming, crc16_kermit, frame_body
from drivers.register_line.length_framing import MESSAGE_BYTES_MAX, LengthFraming, TooLongError, encode
from drivers.register_line.marked_framing import MarkedFraming
from drivers.register_line.packets import Acknowledged, Broken, Framing, Kind, LineEvent, Packet, Refused
from tests.unit.drivers.vectors import vectors

MESSAGE = Packet(Kind.MESSAGE, 3, 7, b'{"a": "\x10\x03\x55\xaa\xcc\x33"}')
OTHER = Packet(Kind.MESSAGE, 0, 8, b"{}")
every_framing = pytest.mark.parametrize("kind", [DleFraming, MarkedFraming])


def fed(framing: Framing, *pieces: bytes) -> list[LineEvent]:
    return [event for piece in pieces for event in framing.feed(piece)]


@every_framing
def test_whole_byte_by_byte_and_split_anywhere(kind: type[Framing]) -> None:
    framing = kind()
    frame = framing.encode(MESSAGE)
    assert fed(framing, frame) == [MESSAGE]
    assert fed(framing, *(bytes((byte,)) for byte in frame)) == [MESSAGE]
    for at in range(1, len(frame)):
        assert fed(framing, frame[:at], frame[at:]) == [MESSAGE]
    assert not framing.begun


@every_framing
def test_two_in_one_go_and_noise_before_each(kind: type[Framing]) -> None:
    framing = kind()
    both = b"\xff\x00x" + framing.encode(MESSAGE) + b"\x01\x7f" + framing.encode(OTHER)
    assert [event for event in fed(framing, both) if isinstance(event, Packet)] == [MESSAGE, OTHER]


@every_framing
def test_cut_anywhere_it_ends_by_silence_and_the_next_is_whole(kind: type[Framing]) -> None:
    frame = kind().encode(MESSAGE)
    for at in range(1, len(frame)):
        framing = kind()
        assert fed(framing, frame[:at]) == []
        assert all(isinstance(event, Broken) for event in framing.timeout())
        assert not framing.begun
        assert fed(framing, framing.encode(OTHER)) == [OTHER]


def test_cut_anywhere_the_next_frame_is_found_without_silence() -> None:
    frame = frame_body(b"\x03\x00\x01{}")
    for at in range(1, len(frame) - 3):  # behind its last DLE only silence can tell
        assert fed(DleFraming(), frame[:at], DleFraming().encode(OTHER))[-1:] == [OTHER]


@every_framing
@given(position=st.integers(0, 200), flip=st.integers(1, 255))
def test_a_changed_byte_is_never_another_message(kind: type[Framing], position: int, flip: int) -> None:
    frame = bytearray(kind().encode(MESSAGE))
    frame[position % len(frame)] ^= flip
    framing = kind()
    events = [*framing.feed(bytes(frame)), *framing.timeout()]
    assert {event for event in events if isinstance(event, Packet)} <= {MESSAGE}


@every_framing
@given(data=st.lists(st.binary(max_size=60), max_size=20))
def test_never_fails_and_recovers(kind: type[Framing], data: list[bytes]) -> None:
    framing = kind()
    fed(framing, *data)
    framing.timeout()
    assert fed(framing, framing.encode(MESSAGE)) == [MESSAGE]


@every_framing
@given(data=st.binary(max_size=100))
def test_every_packet_comes_back(kind: type[Framing], data: bytes) -> None:
    packet = Packet(Kind.MESSAGE, 1, 255, data)
    assert fed(kind(), kind().encode(packet)) == [packet]


@pytest.mark.parametrize("flood", [b"\x10\x02" + b"7" * 2_000_000, b"\x55\xaa\x03\x00\x01\xff\xff" + b"7" * 200_000])
@every_framing
def test_a_flood_is_bounded(kind: type[Framing], flood: bytes) -> None:
    framing = kind()
    for start in range(0, len(flood), 4096):
        framing.feed(flood[start : start + 4096])
        kept = [len(value) for value in vars(framing).values() if isinstance(value, bytearray)]
        assert max(kept) <= 300_000
    framing.timeout()
    assert fed(framing, framing.encode(OTHER)) == [OTHER]


def test_single_bytes_acknowledge_and_refuse() -> None:
    assert fed(DleFraming(), b"\x06\x15") == [Acknowledged(), Refused()]
    assert fed(MarkedFraming(), MarkedFraming().acknowledge(MESSAGE)) == [Acknowledged(7)]


def test_the_published_zvt_frame_and_checksum() -> None:
    frame = bytes.fromhex(vectors("ZVT serial frame")[0]["inputs"]["frame"])
    body = frame[2:-4].replace(b"\x10\x10", b"\x10")
    assert frame_body(body) == frame
    (packet,) = DleFraming().feed(frame)
    assert packet == Packet(body[0], body[1], body[2], body[3:])
    check = vectors("CRC-16/KERMIT check")[0]
    assert crc16_kermit(bytes.fromhex(check["inputs"]["msg"])) == check["expected"]


def test_the_published_doubling() -> None:
    vector = vectors("DLE/STX/ETX stuffing")[0]
    assert frame_body(bytes.fromhex(vector["inputs"]["data"]))[:-2].hex() == vector["expected"]


@pytest.mark.parametrize("vector", vectors("CodePay ECR"), ids=lambda vector: vector["name"])
def test_the_published_marked_frames(vector: dict[str, dict[str, str]]) -> None:
    frame = bytes.fromhex(vector["inputs"]["frame"])
    packet = Packet(frame[2], frame[3], frame[4])
    assert MarkedFraming().encode(packet) == frame
    assert MarkedFraming().feed(frame) == (packet,)


def test_lengths_on_tcp() -> None:
    both = encode(b"first") + encode(b"") + encode(b"second")
    assert LengthFraming().feed(both) == (b"first", b"", b"second")
    framing = LengthFraming()
    assert [message for byte in both for message in framing.feed(bytes((byte,)))] == [b"first", b"", b"second"]
    assert not framing.begun
    assert encode(b"four")[:4] == b"\x00\x00\x00\x04"
    with pytest.raises(TooLongError, match="at most"):
        LengthFraming().feed((MESSAGE_BYTES_MAX + 1).to_bytes(4, "big"))
