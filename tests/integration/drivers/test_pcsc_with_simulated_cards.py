"""The PC/SC driver and the simulated cards, which share no code, meet behind the real pcscd."""

from __future__ import annotations

import threading

import pytest

from drivers import open_reader
from firmware_sim.cards.slot import CardSlot
from pos_engine.ports.devices import CardPresented, CardRefused, CardRemoved, CardTrouble, Reader, ReaderEvent
from tests.integration.pcsc_fixture import PrivatePcscd

pytestmark = pytest.mark.pcscd

LOOKS_MAX = 40  # of half a second each


def first_event(reader: Reader) -> ReaderEvent:
    for _ in range(LOOKS_MAX):
        event = reader.next_event(0.5)
        if event is not None:
            return event
    pytest.fail("the reader saw nothing")


@pytest.mark.parametrize(
    ("kind", "uid", "family"),
    [
        ("ntag", "04A1B2C3D4E5F6", "ultralight_ntag"),
        ("classic1k", "DEADBEEF", "mifare_classic_1k"),
        ("classic4k", "0A0B0C0D", "mifare_classic_4k"),
        ("desfire", "04112233445566", "desfire"),
    ],
)
def test_a_tap_is_one_card_that_comes_and_goes(pcscd: PrivatePcscd, kind: str, uid: str, family: str) -> None:
    reader = open_reader("pcsc://")
    reader.open()
    slot = CardSlot(pcscd.ports[0])
    tapping = threading.Thread(target=slot.tap, args=(kind, uid))
    tapping.start()
    event = first_event(reader)
    assert isinstance(event, CardPresented)
    assert (event.card.card_id, event.card.family) == (f"iso14443a:{uid}", family)
    assert first_event(reader) == CardRemoved()
    tapping.join()
    reader.close()
    slot.close()


@pytest.mark.parametrize(
    ("kind", "trouble"),
    [
        ("phone", CardTrouble.PHONE),
        ("two", CardTrouble.TWO_CARDS),
        ("unreadable", CardTrouble.UNREADABLE),
        ("mute", CardTrouble.UNREADABLE),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_reason(pcscd: PrivatePcscd, kind: str, trouble: CardTrouble) -> None:
    reader = open_reader("pcsc://")
    reader.open()
    slot = CardSlot(pcscd.ports[0])
    slot.insert_kind(kind, "")
    assert first_event(reader) == CardRefused(trouble)
    slot.close()
    reader.close()


@pytest.mark.parametrize(("kind", "trouble"), [("phone", CardTrouble.PHONE), ("two", CardTrouble.TWO_CARDS)])
def test_what_is_only_tapped_keeps_its_reason(pcscd: PrivatePcscd, kind: str, trouble: CardTrouble) -> None:
    reader = open_reader("pcsc://")
    reader.open()
    slot = CardSlot(pcscd.ports[0])
    tapping = threading.Thread(target=slot.tap, args=(kind, ""))
    tapping.start()
    assert first_event(reader) == CardRefused(trouble)
    # the look that reads the card again may come before the service has seen it go
    assert [reader.next_event(0.5) for _ in range(4)] == [None] * 4
    tapping.join()
    reader.close()
    slot.close()
