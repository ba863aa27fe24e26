"""The simulated serial readers as pyserial sees them, over real pseudo-terminals."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial

from firmware_sim.line.orders import OrderError, send_order
from firmware_sim.readers.serial_reader import SerialReader
from tests.evidence import used

FRAME = b"\x020030CE754CC7\r\n\x03"


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[SerialReader]:
    reader = SerialReader("id12", tmp_path / "reader", seed=1)
    used("pseudo-terminal", "simulated serial reader")
    yield reader
    reader.close()


def opened(path: Path) -> serial.Serial:
    return serial.Serial(str(path), 9600, timeout=3, exclusive=True)


def test_a_tap_arrives_as_one_frame(reader: SerialReader) -> None:
    with opened(reader.port.address) as port:
        assert reader.tap("0030CE754C")
        assert port.read(len(FRAME)) == FRAME


def test_what_is_sent_while_nobody_listens_is_lost(reader: SerialReader) -> None:
    assert not reader.tap("0030CE754C")
    with opened(reader.port.address) as port:
        reader.tap("FFFFFFFFFF")
        assert port.read(11) == b"\x02FFFFFFFFFF"
    assert not reader.tap("0030CE754C")


def test_an_unplugged_reader_breaks_the_handle_and_comes_back_under_its_name(reader: SerialReader) -> None:
    with opened(reader.port.address) as port:
        reader.order(["unplug"])
        assert not reader.port.address.exists()
        with pytest.raises((serial.SerialException, OSError)):
            port.read(1)
    assert reader.order(["status"]) == "id12 unplugged"
    reader.order(["plug"])
    with opened(reader.port.address) as port:
        assert reader.tap("0030CE754C")
        assert port.read(len(FRAME)) == FRAME


def test_half_a_frame_and_noise_arrive_as_ordered(reader: SerialReader) -> None:
    with opened(reader.port.address) as port:
        reader.order(["fault", "half"])
        reader.order(["tap", "0030CE754C"])
        reader.order(["raw", "00FF1B"])
        reader.order(["tap", "0030CE754C"])
        assert port.read(8 + 3 + len(FRAME)) == FRAME[: len(FRAME) // 2] + b"\x00\xff\x1b" + FRAME


def test_a_scanner_takes_scans_and_refuses_taps(tmp_path: Path) -> None:
    scanner = SerialReader("scanner", tmp_path / "scanner")
    try:
        with opened(scanner.port.address) as port:
            assert scanner.order(["scan", "4006381333931"]) == "sent"
            assert port.read_until(b"\r") == b"]E04006381333931\r"
            scanner.order(["scan", "COUP-1", "code128"])
            assert port.read_until(b"\r") == b"]C0COUP-1\r"
        for words in (["tap", "0030CE754C"], ["scan", "x", "runes"], ["raw", "xyz"], ["dance"]):
            with pytest.raises(OrderError):
                scanner.order(words)
    finally:
        scanner.close()


def test_the_program_runs_takes_orders_and_ends_cleanly(tmp_path: Path) -> None:
    link, control = tmp_path / "reader", tmp_path / "reader.ctl"
    command = [sys.executable, "-m", "firmware_sim", "reader", "--link", str(link), "--control", str(control)]
    program = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"}
    )
    try:
        assert program.stdout is not None
        assert str(link) in program.stdout.readline()
        with opened(link) as port:
            assert send_order(control, ["tap", "0030CE754C"]) == "sent"
            assert port.read(len(FRAME)) == FRAME
        program.terminate()
        assert program.wait(10) == 0
    finally:
        program.kill()
        program.wait(10)
        for pipe in (program.stdin, program.stdout):
            if pipe is not None:
                pipe.close()
    assert not link.exists()
    assert not control.exists()
