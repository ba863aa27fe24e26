"""The simulated register's serial frames against published ones, whole, byte by byte and cut."""

from __future__ import annotations

import json

import pytest

from firmware_sim.register.serial_frames import FRAMINGS, MESSAGE, Frame, dle_bytes, kermit, marked_frame, take_dle
from tests.unit.firmware_sim.published import PATH, published

CODEPAY = [
    vector["name"] for vector in json.loads(PATH.read_text(encoding="utf-8")) if vector["name"].startswith("CodePay")
]
FRAME = Frame(MESSAGE, 3, 7, b'{"a": "\x10\x03\x55\xaa"}')


def test_the_published_zvt_frame_checksum_and_doubling() -> None:
    frame = bytes.fromhex(published("ZVT serial frame Registration 06 00")["inputs"]["frame"])
    body = frame[2:-4].replace(b"\x10\x10", b"\x10")
    assert dle_bytes(body) == frame
    found, rest = take_dle(frame)
    assert (found, rest) == (Frame(body[0], body[1], body[2], body[3:]), b"")
    check = published("CRC-16/KERMIT check")
    assert kermit(bytes.fromhex(check["inputs"]["msg"])) == check["expected"]
    doubling = published("DLE/STX/ETX stuffing")
    assert dle_bytes(bytes.fromhex(doubling["inputs"]["data"]))[:-2].hex() == doubling["expected"]


@pytest.mark.parametrize("name", CODEPAY)
def test_the_published_marked_frames(name: str) -> None:
    frame = bytes.fromhex(published(name)["inputs"]["frame"])
    assert marked_frame(Frame(frame[2], frame[3], frame[4])) == frame


@pytest.mark.parametrize("framing", FRAMINGS)
def test_a_frame_is_found_whole_and_not_before(framing: str) -> None:
    encode, take = FRAMINGS[framing]
    frame = encode(FRAME)
    for at in range(len(frame)):
        found, rest = take(frame[:at])
        assert found is None
        assert take(rest + frame[at:]) == (FRAME, b"")
    assert take(b"\x00\x01" + frame + b"\x06") == (FRAME, b"\x06")


@pytest.mark.parametrize("framing", FRAMINGS)
def test_a_broken_frame_is_told(framing: str) -> None:
    encode, take = FRAMINGS[framing]
    frame = bytearray(encode(FRAME))
    frame[8] ^= 1
    assert take(bytes(frame))[0] == "broken"
