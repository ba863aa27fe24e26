"""The serial driver on real pseudo-terminals; what is on the line comes from the simulated readers or from the test."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from drivers import open_reader
from firmware_sim.line.pty_port import PtyPort
from firmware_sim.readers.serial_reader import SerialReader as SimulatedReader
from pos_engine.ports.devices import (
    CardIdentity,
    CardPresented,
    CardRefused,
    CardRemoved,
    CardTrouble,
    CodeScanned,
    DeviceError,
    Reader,
    ReaderEvent,
)
from tests.evidence import used

WAIT_S = 10.0
REAL_TAG = "3C00CE754C"
OTHER_TAG = "0000ABCDEF"


@contextmanager
def opened(address: str) -> Iterator[Reader]:
    reader = open_reader(address)
    reader.open()
    used("pseudo-terminal", "serial reader")
    try:
        yield reader
    finally:
        reader.close()


@pytest.fixture
def port(tmp_path: Path) -> Iterator[PtyPort]:
    port = PtyPort(tmp_path / "line")
    yield port
    port.close()


def next_event(reader: Reader) -> ReaderEvent:
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        event = reader.next_event(0.5)
        if event is not None:
            return event
    pytest.fail("the reader saw nothing")


def presented(tag: str) -> CardPresented:
    return CardPresented(CardIdentity("em4100", tag))


@pytest.mark.parametrize("protocol", ["id12", "rdm6300"])
def test_a_tag_comes_and_goes(protocol: str) -> None:
    simulated = SimulatedReader(protocol)
    with opened(f"serial://{simulated.port.address}?protocol={protocol}") as reader:
        simulated.tap(REAL_TAG)
        assert next_event(reader) == presented(REAL_TAG)
        assert next_event(reader) == CardRemoved()
        assert reader.next_event(0.0) is None
    simulated.port.close()


def test_a_tag_that_is_repeated_is_one_card_until_another_comes() -> None:
    simulated = SimulatedReader("rdm6300")
    with opened(f"serial://{simulated.port.address}?protocol=rdm6300") as reader:
        for _ in range(10):
            simulated.tap(REAL_TAG)
        simulated.tap(OTHER_TAG)
        assert [next_event(reader) for _ in range(4)] == [
            presented(REAL_TAG),
            CardRemoved(),
            presented(OTHER_TAG),
            CardRemoved(),
        ]
    simulated.port.close()


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("corrupt", CardRefused(CardTrouble.UNREADABLE)),
        ("half", CardRefused(CardTrouble.UNREADABLE)),
        ("delay", presented(REAL_TAG)),
        ("repeat", presented(REAL_TAG)),
    ],
)
def test_a_faulty_reading_is_refused_or_read_and_the_next_is_good(fault: str, expected: ReaderEvent) -> None:
    simulated = SimulatedReader("id12", seed=7)
    with opened(f"serial://{simulated.port.address}?protocol=id12") as reader:
        simulated.order(["fault", fault])
        simulated.tap(REAL_TAG)
        assert next_event(reader) == expected
        simulated.tap(OTHER_TAG)
        while (event := next_event(reader)) != presented(OTHER_TAG):
            assert event in {CardRemoved(), CardRefused(CardTrouble.UNREADABLE)}
    simulated.port.close()


@pytest.mark.parametrize(
    ("symbology", "text", "seen"),
    [("ean13", "4006381333931", "ean"), ("code128", "GB-0001", "code128"), ("qr", "https://example.org/é", "qr")],
)
def test_a_scanner_tells_code_and_kind(symbology: str, text: str, seen: str) -> None:
    simulated = SimulatedReader("scanner")
    with opened(f"serial://{simulated.port.address}?protocol=scanner") as reader:
        simulated.scan(text, symbology)
        assert next_event(reader) == CodeScanned(seen, text)
        simulated.scan(text, symbology)
        assert next_event(reader) == CodeScanned(seen, text)
    simulated.port.close()


def test_a_scanner_without_suffix_ends_its_code_with_silence(port: PtyPort) -> None:
    with opened(f"serial://{port.address}?protocol=scanner&suffix=") as reader:
        port.write(b"]Q1half ")
        assert reader.next_event(0.0) is None
        port.write(b"and half")
        assert next_event(reader) == CodeScanned("qr", "half and half")


def test_what_came_before_the_till_listened_is_nobodys(port: PtyPort) -> None:
    slave = os.open(port.address, os.O_RDWR | os.O_NOCTTY)
    try:
        port.write(b"\x02" + REAL_TAG.encode() + b"CB\r\n\x03")
        with opened(f"serial://{port.address}?protocol=id12") as reader:
            assert reader.next_event(0.3) is None
    finally:
        os.close(slave)


def test_a_line_has_one_owner(port: PtyPort) -> None:
    with opened(f"serial://{port.address}?protocol=id12"):
        second = open_reader(f"serial://{port.address}?protocol=id12")
        with pytest.raises(DeviceError, match="used by another program") as refused:
            second.open()
        assert refused.value.code == "reader_busy"


@pytest.mark.parametrize("use", [lambda reader: reader.next_event(5.0), lambda reader: reader.next_event(0.0)])
def test_a_reader_that_is_unplugged_comes_back(port: PtyPort, use: Callable[[Reader], object]) -> None:
    reader = open_reader(f"serial://{port.address}?protocol=id12")
    reader.open()
    port.unplug()
    with pytest.raises(DeviceError) as gone:
        use(reader)
    assert gone.value.code == "reader_gone"
    reader.close()
    with pytest.raises(DeviceError) as missing:
        reader.open()
    assert missing.value.code == "reader_missing"
    port.plug()
    with opened(f"serial://{port.address}?protocol=id12") as again:
        port.write(b"\x02" + REAL_TAG.encode() + b"CB\r\n\x03")
        assert next_event(again) == presented(REAL_TAG)


def test_a_reader_that_is_not_open_says_so(port: PtyPort) -> None:
    reader = open_reader(f"serial://{port.address}?protocol=id12")
    with pytest.raises(DeviceError, match="not open"):
        reader.next_event(0.1)
    reader.close()
