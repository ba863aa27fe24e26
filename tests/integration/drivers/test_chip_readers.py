"""Readers that are asked, on real pseudo-terminals: our driver against modules that are simulated from the manuals."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from drivers import open_reader
from firmware_sim.readers.chip_reader import ChipReader
from firmware_sim.readers.serial_reader import SerialReader as SimulatedReader
from pos_engine.ports.devices import (
    CardIdentity,
    CardPresented,
    CardRefused,
    CardRemoved,
    CardTrouble,
    DeviceError,
    Reader,
    ReaderEvent,
)
from tests.evidence import used
from tests.integration.drivers.test_serial_reader import next_event

UID = "04A1B2C3D4E5F6"
OTHER = "01020304"
PROTOCOLS = ("sm130", "jmy", "pn532")
every_protocol = pytest.mark.parametrize("protocol", PROTOCOLS)


@contextmanager
def pair(protocol: str, settings: str = "") -> Iterator[tuple[ChipReader, Reader]]:
    module = ChipReader(protocol, seed=11)
    reader = open_reader(f"serial://{module.port.address}?protocol={protocol}{settings}")
    try:
        reader.open()
        used("pseudo-terminal", f"{protocol} module")
        yield module, reader
    finally:
        reader.close()
        module.close()


def seen(uid: str) -> CardPresented:
    return CardPresented(CardIdentity("iso14443a", uid, "ultralight_ntag" if len(uid) == 14 else "mifare_classic_1k"))


@every_protocol
def test_a_card_comes_and_goes(protocol: str) -> None:
    with pair(protocol) as (module, reader):
        assert reader.next_event(0.0) is None
        module.insert(UID)
        assert next_event(reader) == seen(UID)
        module.insert(OTHER)
        assert [next_event(reader), next_event(reader)] == [CardRemoved(), seen(OTHER)]
        module.insert()
        assert next_event(reader) == CardRemoved()


def test_readers_that_see_the_same_card_agree() -> None:
    named = set()
    for protocol in PROTOCOLS:
        with pair(protocol) as (module, reader):
            module.insert(UID)
            event = next_event(reader)
            assert isinstance(event, CardPresented)
            named.add(event.card.card_id)
    assert named == {f"iso14443a:{UID}"}  # what a PC/SC reader says: tests/unit/drivers/pcsc_reader


@every_protocol
@pytest.mark.parametrize(
    ("cards", "trouble"), [(("08AABBCC",), CardTrouble.PHONE), ((UID, OTHER), CardTrouble.TWO_CARDS)]
)
def test_a_phone_or_two_cards_are_told_once(protocol: str, cards: tuple[str, ...], trouble: CardTrouble) -> None:
    with pair(protocol) as (module, reader):
        module.insert(*cards)
        events = [next_event(reader)]
        while not isinstance(events[-1], CardRefused):
            events.append(next_event(reader))
        assert events[-1] == CardRefused(trouble)
        assert reader.next_event(0.4) is None


@every_protocol
@pytest.mark.parametrize("fault", ["drop", "repeat", "delay", "corrupt", "half"])
def test_a_fault_in_an_answer_is_got_over(protocol: str, fault: str) -> None:
    with pair(protocol) as (module, reader):
        module.order(["fault", fault, "2"])
        module.insert(UID)
        event = next_event_of_reopened(reader)
        while event != seen(UID):
            assert event in {CardRefused(CardTrouble.UNREADABLE), CardRemoved()}
            event = next_event_of_reopened(reader)


def next_event_of_reopened(reader: Reader) -> ReaderEvent:
    """As the daemon does it: a module that was silent for too long is opened again."""
    for _ in range(5):
        try:
            return next_event(reader)
        except DeviceError as error:
            if error.code != "reader_silent":
                raise
        with contextlib.suppress(DeviceError):
            reader.open()
    pytest.fail("the module stays silent")


@every_protocol
def test_a_module_that_lost_its_power_is_set_up_again(protocol: str) -> None:
    with pair(protocol) as (module, reader):
        module.order(["restart"])
        module.insert(UID)
        assert next_event(reader) == seen(UID)


@every_protocol
def test_a_module_that_is_silent_is_told_and_opens_again(protocol: str) -> None:
    with pair(protocol) as (module, reader):
        module.order(["fault", "silent"])
        with pytest.raises(DeviceError) as gone:
            reader.next_event(10.0)
        assert gone.value.code == "reader_silent"
        with pytest.raises(DeviceError, match="does not answer") as refused:
            reader.open()
        assert refused.value.code == "reader_silent"
        module.order(["fault", "none"])
        reader.open()
        module.insert(UID)
        assert next_event(reader) == seen(UID)


@every_protocol
def test_noise_never_makes_another_card(protocol: str) -> None:
    chance = random.Random(f"noise on {protocol}")
    with pair(protocol) as (module, reader):
        module.insert(UID)
        for _ in range(30):
            module.port.write(chance.randbytes(chance.randint(1, 40)))
            event = reader.next_event(0.02)
            assert event in {None, seen(UID), CardRemoved(), CardRefused(CardTrouble.UNREADABLE)}


def test_a_stripe_is_read_and_a_bad_one_told() -> None:
    simulated = SimulatedReader("magtek")
    reader = open_reader(f"serial://{simulated.port.address}?protocol=magtek")
    reader.open()
    try:
        simulated.order(["swipe", "9280001234=9912", "B9280001234^LOVELACE"])
        assert next_event(reader) == CardPresented(CardIdentity("magstripe", "9280001234"))
        assert next_event(reader) == CardRemoved()
        simulated.order(["swipe", "E"])
        assert next_event(reader) == CardRefused(CardTrouble.UNREADABLE)
    finally:
        reader.close()
        simulated.port.close()
