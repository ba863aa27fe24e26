"""The cable between two programs: what enters one end leaves the other, as far as orders let it."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware_sim.line.null_modem import NullModem
from firmware_sim.line.orders import OrderError, send_order
from tests.support.programs import environment
from tests.support.waiting import wait_for

WAIT_S = 10.0


@pytest.fixture
def cable(tmp_path: Path) -> Iterator[NullModem]:
    made = NullModem(tmp_path / "left", tmp_path / "right", seed=3)
    yield made
    made.close()


def opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_NOCTTY)


def read(end: int, wait_s: float = WAIT_S) -> bytes:
    return os.read(end, 100) if select.select([end], [], [], wait_s)[0] else b""


def test_bytes_pass_both_ways_and_orders_change_them(cable: NullModem) -> None:
    left, right = opened(cable.left.address), opened(cable.right.address)
    try:
        os.write(left, b"there")
        assert read(right) == b"there"
        os.write(right, b"back")
        assert read(left) == b"back"
        assert "loses everything" in cable.order(["lose", "on"])
        os.write(left, b"lost")
        assert read(right, 0.3) == b""
        assert cable.order(["lose", "off"]) == "left open, right open, passes, no faults"
        cable.order(["fault", "corrupt", "1"])
        os.write(left, b"abcdef")
        damaged = read(right)
        assert sum((one ^ other).bit_count() for one, other in zip(damaged, b"abcdef", strict=True)) == 1
        assert "left unplugged" in cable.order(["unplug", "left"])
        assert "left nobody listens" in cable.order(["plug"])
        with pytest.raises(OrderError, match="orders of a cable"):
            cable.order(["dance"])
    finally:
        os.close(left)
        os.close(right)


def test_the_command_makes_a_cable_that_takes_orders(tmp_path: Path) -> None:
    left, right, control = (tmp_path / name for name in ("left", "right", "ctl"))
    command = ["cable", "--left", str(left), "--right", str(right), "--control", str(control)]
    program = subprocess.Popen(
        [sys.executable, "-m", "firmware_sim", *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(),
    )
    try:
        wait_for("the cable", control.exists)
        assert "nobody listens" in send_order(control, ["status"])
        ends = opened(left), opened(right)
        os.write(ends[0], b"hello")
        assert read(ends[1]) == b"hello"
        for end in ends:
            os.close(end)
        program.send_signal(signal.SIGTERM)
        assert program.wait(WAIT_S) == 0
        assert not left.exists()
    finally:
        program.kill()
        program.communicate()
