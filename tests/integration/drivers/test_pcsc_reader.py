"""The PC/SC driver against the real pcscd and its virtual reader."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from drivers import open_reader
from pos_engine.ports.devices import (
    CardPresented,
    CardRefused,
    CardRemoved,
    CardTrouble,
    DeviceError,
    Reader,
    ReaderEvent,
)
from tests.integration.drivers.vpcd_card import (
    CLASSIC_1K_ATR,
    DESFIRE_ATR,
    GET_UID,
    ULTRALIGHT_ATR,
    VpcdCard,
)
from tests.integration.pcsc_fixture import PrivatePcscd

pytestmark = pytest.mark.pcscd

WAIT_S = 10.0
UID = bytes.fromhex("04A1B2C3D4E5F6")
OTHER_UID = bytes.fromhex("04112233445566")


@contextmanager
def opened(address: str = "pcsc://") -> Iterator[Reader]:
    reader = open_reader(address)
    reader.open()
    try:
        yield reader
    finally:
        reader.close()


@contextmanager
def inserted(port: int, atr: bytes, answer: bytes | Callable[[bytes], bytes]) -> Iterator[VpcdCard]:
    card = VpcdCard(port, atr, answer)
    try:
        yield card
    finally:
        card.remove()


def next_event(reader: Reader) -> ReaderEvent:
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        event = reader.next_event(0.5)
        if event is not None:
            return event
    pytest.fail("the reader saw nothing")


@pytest.mark.parametrize(
    ("atr", "uid", "family"),
    [
        (CLASSIC_1K_ATR, bytes.fromhex("DEADBEEF"), "mifare_classic_1k"),
        (ULTRALIGHT_ATR, UID, "ultralight_ntag"),
        (DESFIRE_ATR, UID, "desfire"),
    ],
)
def test_names_a_card_and_sees_it_leave(pcscd: PrivatePcscd, atr: bytes, uid: bytes, family: str) -> None:
    with opened() as reader:
        with inserted(pcscd.ports[0], atr, uid):
            event = next_event(reader)
            assert isinstance(event, CardPresented)
            assert event.card.card_id == f"iso14443a:{uid.hex().upper()}"
            assert event.card.family == family
        assert next_event(reader) == CardRemoved()
        assert reader.next_event(0.1) is None


@pytest.mark.parametrize(
    ("atr", "answer", "trouble"),
    [
        (DESFIRE_ATR, bytes.fromhex("08A1B2C3"), CardTrouble.PHONE),
        (ULTRALIGHT_ATR, lambda _: b"\x63\x00", CardTrouble.TWO_CARDS),
        (bytes.fromhex("3B00"), lambda _: b"\x6e\x00", CardTrouble.FOREIGN),
        (ULTRALIGHT_ATR, lambda _: b"\x6a\x81", CardTrouble.FOREIGN),
        (ULTRALIGHT_ATR, lambda _: b"\x67\x00", CardTrouble.UNREADABLE),
        (ULTRALIGHT_ATR, lambda _: b"\x90\x00", CardTrouble.UNREADABLE),
    ],
)
def test_refuses_what_is_no_card_of_ours(
    pcscd: PrivatePcscd, atr: bytes, answer: bytes | Callable[[bytes], bytes], trouble: CardTrouble
) -> None:
    with opened() as reader, inserted(pcscd.ports[0], atr, answer):
        assert next_event(reader) == CardRefused(trouble)


def test_asks_again_with_the_length_the_card_wants(pcscd: PrivatePcscd) -> None:
    def answer(command: bytes) -> bytes:
        return UID + b"\x90\x00" if command[-1] == len(UID) else b"\x6c\x07"

    with opened() as reader, inserted(pcscd.ports[0], ULTRALIGHT_ATR, answer) as card:
        event = next_event(reader)
        assert isinstance(event, CardPresented)
        assert event.card.uid_hex == UID.hex().upper()
        assert card.commands[:2] == [GET_UID, GET_UID[:-1] + b"\x07"]


def test_two_cards_that_answer_in_turn_are_two_cards(pcscd: PrivatePcscd) -> None:
    turns = iter([UID, OTHER_UID] * 50)

    with (
        opened() as reader,
        inserted(pcscd.ports[0], ULTRALIGHT_ATR, lambda _: next(turns) + b"\x90\x00"),
    ):
        assert next_event(reader) == CardRefused(CardTrouble.TWO_CARDS)


def test_a_swap_that_the_service_did_not_see_is_seen(pcscd: PrivatePcscd) -> None:
    with opened() as reader, inserted(pcscd.ports[0], ULTRALIGHT_ATR, UID) as card:
        first = next_event(reader)
        assert isinstance(first, CardPresented)
        card.answer = lambda _: OTHER_UID + b"\x90\x00"
        assert next_event(reader) == CardRemoved()
        second = next_event(reader)
        assert isinstance(second, CardPresented)
        assert second.card.uid_hex == OTHER_UID.hex().upper()


def test_a_card_that_lies_there_is_told_once(pcscd: PrivatePcscd) -> None:
    with opened() as reader, inserted(pcscd.ports[0], ULTRALIGHT_ATR, UID) as card:
        assert isinstance(next_event(reader), CardPresented)
        readings = len(card.commands)
        assert reader.next_event(1.0) is None
        assert reader.next_event(1.0) is None
        assert len(card.commands) > readings  # it was looked at again meanwhile


def test_each_address_sees_its_own_reader(pcscd: PrivatePcscd) -> None:
    with (
        opened("pcsc://virtual pcd 00 00") as first,
        opened("pcsc://Virtual%20PCD%2000%2001") as second,
        inserted(pcscd.ports[1], ULTRALIGHT_ATR, UID),
    ):
        assert isinstance(next_event(second), CardPresented)
        assert first.next_event(0.2) is None


def test_one_address_may_stand_for_two_readers(pcscd: PrivatePcscd) -> None:
    with opened() as reader, inserted(pcscd.ports[0], ULTRALIGHT_ATR, UID):
        assert isinstance(next_event(reader), CardPresented)
        with inserted(pcscd.ports[1], ULTRALIGHT_ATR, OTHER_UID):
            event = next_event(reader)
            assert isinstance(event, CardPresented)
            assert event.card.uid_hex == OTHER_UID.hex().upper()
        assert next_event(reader) == CardRemoved()


@pytest.mark.parametrize("with_signal", [signal.SIGTERM, signal.SIGKILL])
def test_survives_the_end_of_pcscd(pcscd: PrivatePcscd, with_signal: signal.Signals) -> None:
    with opened() as reader:
        with inserted(pcscd.ports[0], ULTRALIGHT_ATR, UID):
            assert isinstance(next_event(reader), CardPresented)
        assert next_event(reader) == CardRemoved()
        pcscd.stop(with_signal)
        with pytest.raises(DeviceError) as ended:
            reader.next_event(5.0)
        # one that ends in good order takes its readers away first
        assert ended.value.code in ("pcscd_missing", *(["reader_gone"] if with_signal is signal.SIGTERM else []))
        reader.close()
        with pytest.raises(DeviceError) as refused:
            reader.open()
        assert refused.value.code == "pcscd_missing"
        pcscd.start()
        reader.open()
        with inserted(pcscd.ports[0], ULTRALIGHT_ATR, UID):
            event = next_event(reader)
            assert isinstance(event, CardPresented)
            assert event.card.uid_hex == UID.hex().upper()


def test_names_a_reader_that_is_not_there(pcscd: PrivatePcscd) -> None:
    assert pcscd.reader_names
    reader = open_reader("pcsc://ACR1252")
    with pytest.raises(DeviceError, match=r"No reader at pcsc://ACR1252.*pcsc_scan"):
        reader.open()
    with pytest.raises(DeviceError, match="not open"):
        reader.next_event(0.1)
