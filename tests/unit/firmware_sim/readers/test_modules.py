"""Simulated reader modules against published frames, and as a host would use them."""

from __future__ import annotations

import json

import pytest

from firmware_sim.readers.frames import stripe_bits, stripe_lrc, swipe_frame
from firmware_sim.readers.modules import (
    PN532_ACK,
    JmyModule,
    Pn532Module,
    Sm130Module,
    jmy_packet,
    pn532_packet,
    sm130_packet,
)
from tests.unit.firmware_sim.published import PATH, published

UID = bytes.fromhex("04A1B2C3D4E5F6")
ALL = [vector["name"] for vector in json.loads(PATH.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("name", [name for name in ALL if name.startswith("SM130")])
def test_published_frames_of_the_sm130(name: str) -> None:
    frame = bytes.fromhex(published(name)["inputs"]["frame"])
    assert sm130_packet(frame[3], frame[4:-1]) == frame


def test_the_misprint_of_a_data_sheet_is_not_answered() -> None:
    wrong = bytes.fromhex(published("SM132 datasheet misprint")["inputs"]["frame"])
    assert Sm130Module().hear(wrong) == ()
    assert sm130_packet(wrong[3], wrong[4:-1]) != wrong


@pytest.mark.parametrize("name", [name for name in ALL if name.startswith("JMY")])
def test_published_frames_of_the_jmy(name: str) -> None:
    frame = bytes.fromhex(published(name)["inputs"]["frame"])
    assert jmy_packet(frame[3], frame[4:-1], frame[2]) == frame


def test_published_frames_of_the_pn532() -> None:
    select = published("PN532 frame SelectApplication 000000 in InDataExchange")
    assert pn532_packet(bytes.fromhex(select["inputs"]["pd"])).hex() == select["expected"]
    signals = published("PN532 ACK / NACK / HSU wake-up")["expected"]
    assert PN532_ACK.hex() == signals["ack"]
    chip = Pn532Module()
    ask = pn532_packet(b"\xd4\x02")
    assert chip.hear(ask) == ()
    assert chip.hear(bytes.fromhex(signals["wakeup"])) == ()
    assert chip.hear(bytes.fromhex(signals["nack"]) + ask)[0] == PN532_ACK


def test_the_published_stripe() -> None:
    track_1 = published("Track 1 LRC")
    assert stripe_lrc(1, track_1["inputs"]["track"]) == track_1["expected"]
    track_2 = published('Track 2 message "123" first bits')
    assert stripe_bits(2, ";123?")[: len(track_2["expected"])] == track_2["expected"]
    assert stripe_bits(2, "?") == "11111"


def test_a_swipe_has_its_tracks_in_order() -> None:
    assert swipe_frame({2: "77=1", 1: "B77^A"}, stx=True, end=b"\r\x03") == b"\x02%B77^A?;77=1?\r\x03"
    assert swipe_frame({1: "AT3", 2: "E"}, lrc=True, end=b"") == b"%AT3?<;E?"


def test_an_sm130_tells_of_its_field_and_of_cards() -> None:
    module = Sm130Module()
    select = sm130_packet(0x83)
    assert module.hear(select) == (sm130_packet(0x83, b"U"),)
    assert module.hear(sm130_packet(0x90, b"\x01") + select[:2]) == (sm130_packet(0x90, b"\x01"),)
    assert module.hear(select[2:]) == (sm130_packet(0x83, b"N"),)
    module.field = (UID,)
    assert module.hear(select) == (sm130_packet(0x83, b"\x01" + UID),)
    module.reset()
    assert module.hear(select) == (sm130_packet(0x83, b"U"),)


def test_a_jmy_inverts_its_command_when_nothing_is_there() -> None:
    module = JmyModule()
    ask = jmy_packet(0x20, b"\x00", address=0)
    assert module.hear(b"\xff\xff" + ask) == (jmy_packet(0xDF),)
    module.field = (b"\x01\x02\x03\x04",)
    assert module.hear(ask) == (jmy_packet(0x20, b"\x01\x02\x03\x04\x04\x00\x08"),)


def test_a_pn532_lists_two_cards() -> None:
    chip = Pn532Module()
    chip.hear(b"\x55\x55" + bytes(12))
    chip.field = (UID, b"\x01\x02\x03\x04", b"\x05\x06\x07\x08")
    _, answer = chip.hear(pn532_packet(b"\xd4\x4a\x02\x00"))
    assert answer[5:8] == bytes.fromhex("D54B02")
    assert UID in answer
    assert b"\x05\x06\x07\x08" not in answer
    assert chip.hear(pn532_packet(b"\xd4\x99"))[1] == bytes.fromhex("0000FF01FF7F8100")
