"""Simulated cards seen through the real PC/SC daemon by a client that knows nothing of the simulator."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from smartcard import scard

from firmware_sim.cards import private_pcscd
from firmware_sim.cards.card import make_card
from firmware_sim.cards.slot import CardSlot
from tests.evidence import used
from tests.integration.pcsc_fixture import PrivatePcscd
from tests.support.programs import free_ports

pytestmark = pytest.mark.pcscd
UID = "04A1B2C3D4E5F6"
WAIT_S = 10.0
GET_UID, GET_ATS = "FFCA000000", "FFCA010000"


class Client:
    """Plain PC/SC calls on one of the two readers."""

    def __init__(self, reader: str) -> None:
        code, self._context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
        assert code == scard.SCARD_S_SUCCESS, scard.SCardGetErrorMessage(code)
        self._reader = reader

    def wait(self, flag: int) -> bytes:
        """Until the reader's state has this flag; the answer to reset then."""
        known = scard.SCARD_STATE_UNAWARE
        for _ in range(20):
            code, states = scard.SCardGetStatusChange(self._context, 1000, [(self._reader, known)])
            if code == scard.SCARD_S_SUCCESS:
                known = states[0][1]
            if known & flag:
                return bytes(states[0][2])
        raise AssertionError(f"the reader never came to state {flag:#x}, it is {known:#x}")

    def exchange(self, *commands: str) -> list[str]:
        code, card, protocol = scard.SCardConnect(
            self._context, self._reader, scard.SCARD_SHARE_SHARED, scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
        )
        if code != scard.SCARD_S_SUCCESS:
            return [scard.SCardGetErrorMessage(code)]
        answers = []
        for command in commands:
            code, answer = scard.SCardTransmit(card, protocol, list(bytes.fromhex(command)))
            answers.append(bytes(answer).hex().upper() if code == scard.SCARD_S_SUCCESS else "no answer")
        scard.SCardDisconnect(card, scard.SCARD_LEAVE_CARD)
        return answers

    def close(self) -> None:
        scard.SCardReleaseContext(self._context)


@pytest.fixture
def client(pcscd: PrivatePcscd) -> Iterator[Client]:
    used("pcscd", "simulated cards")
    client = Client(pcscd.reader_names[0])
    yield client
    client.close()


@pytest.fixture
def slot(pcscd: PrivatePcscd) -> Iterator[CardSlot]:
    slot = CardSlot(pcscd.ports[0], seed=11)
    yield slot
    slot.close()


@pytest.mark.parametrize(
    ("kind", "atr", "answers"),
    [
        ("ntag", "3B8F8001804F0CA0000003060300030000000068", [UID + "9000", "6A81"]),
        ("classic1k", "3B8F8001804F0CA000000306030001000000006A", [UID + "9000", "6A81"]),
        ("desfire", "3B8180018080", [UID + "9000", "0675778102809000"]),
        ("two", "3B8F8001804F0CA0000003060300030000000068", ["6300", "6300"]),
        ("unreadable", "3B8F8001804F0CA0000003060300030000000068", ["6F00", "6F00"]),
    ],
)
def test_each_kind_as_pcsc_shows_it(client: Client, slot: CardSlot, kind: str, atr: str, answers: list[str]) -> None:
    slot.insert_kind(kind, UID)
    assert client.wait(scard.SCARD_STATE_PRESENT).hex().upper() == atr
    assert client.exchange(GET_UID, GET_ATS) == answers
    assert slot.remove()
    client.wait(scard.SCARD_STATE_EMPTY)


def test_a_mute_card_is_seen_and_cannot_be_connected_to(client: Client, slot: CardSlot) -> None:
    slot.insert_kind("mute", "")
    client.wait(scard.SCARD_STATE_PRESENT)
    (problem,) = client.exchange(GET_UID)
    assert "mismatch" in problem


def test_a_phone_changes_its_uid_with_each_tap(client: Client, slot: CardSlot) -> None:
    uids = set()
    for _ in range(3):
        slot.insert_kind("phone", "")
        client.wait(scard.SCARD_STATE_PRESENT)
        uids.update(client.exchange(GET_UID))
        slot.remove()
        client.wait(scard.SCARD_STATE_EMPTY)
    assert len(uids) == 3
    assert all(uid.startswith("08") and len(uid) == 12 for uid in uids)


def test_two_slots_hold_a_card_each(client: Client, slot: CardSlot, pcscd: PrivatePcscd) -> None:
    second_slot, second = CardSlot(pcscd.ports[1]), Client(pcscd.reader_names[1])
    try:
        slot.insert_kind("ntag", UID)
        second_slot.insert_kind("classic4k", "04FFEEDD")
        client.wait(scard.SCARD_STATE_PRESENT)
        second.wait(scard.SCARD_STATE_PRESENT)
        assert client.exchange(GET_UID) == [UID + "9000"]
        assert second.exchange(GET_UID) == ["04FFEEDD9000"]
    finally:
        second_slot.close()
        second.close()


def test_a_card_torn_away_never_hangs_the_service(client: Client, slot: CardSlot) -> None:
    field = slot.insert_kind("ntag", UID)
    client.wait(scard.SCARD_STATE_PRESENT)
    slot.order(["fault", "tear", "1"])
    assert client.exchange(GET_UID)[0] in {"", "no answer"}
    client.wait(scard.SCARD_STATE_EMPTY)
    assert not field.on_reader
    slot.order(["insert", UID])
    client.wait(scard.SCARD_STATE_PRESENT)
    assert client.exchange(GET_UID) == [UID + "9000"]


def test_an_error_strikes_once(client: Client, slot: CardSlot) -> None:
    slot.insert_kind("ntag", UID)
    client.wait(scard.SCARD_STATE_PRESENT)
    slot.order(["fault", "error", "1"])
    assert client.exchange(GET_UID, GET_UID) == ["6300", UID + "9000"]


def test_a_card_lies_on_the_reader_through_a_restart_of_the_service(slot: CardSlot, pcscd: PrivatePcscd) -> None:
    field = slot.insert(make_card("ntag", UID, slot._random))
    assert field.wait_connected(WAIT_S)
    pcscd.kill()
    pcscd.start()
    client = Client(pcscd.reader_names[0])
    try:
        client.wait(scard.SCARD_STATE_PRESENT)
        assert client.exchange(GET_UID) == [UID + "9000"]
        assert field.wait_uid_read(WAIT_S)
    finally:
        client.close()


def test_a_tap_that_nobody_reads_says_so(slot: CardSlot) -> None:
    assert not slot.tap("ntag", UID, wait_s=0.2)


def test_a_private_service_of_its_own_is_found_by_its_clients() -> None:

    with tempfile.TemporaryDirectory(prefix="sim-") as folder:
        service = private_pcscd.PrivatePcscd(Path(folder), free_ports(2)[0])
        service.start()
        slot = CardSlot(service.port)
        try:
            assert slot.insert_kind("ntag", UID).wait_connected(WAIT_S)
            program = (
                "from smartcard.System import readers\n"
                "from smartcard.CardRequest import CardRequest\n"
                "from smartcard.CardType import AnyCardType\n"
                "service = CardRequest(timeout=10, cardType=AnyCardType(), readers=readers()).waitforcard()\n"
                "service.connection.connect()\n"
                "print(bytes(service.connection.transmit([0xFF, 0xCA, 0, 0, 0])[0]).hex().upper())\n"
            )
            seen = subprocess.run(
                [sys.executable, "-c", program], env=service.environment, capture_output=True, text=True, check=True
            )
            assert seen.stdout.strip() == UID
        finally:
            slot.close()
            service.stop()
        assert not private_pcscd.port_is_served(service.port)
