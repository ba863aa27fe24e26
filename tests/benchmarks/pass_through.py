"""What a pass-through adds to a byte on its way, and whether it keeps up with a fast line.

The real daemon holds the cable: first with nothing else to do, then while a register asks it for prices, then on a
machine with two busy programs to each processor, at each priority that the cable's process may have. What is not ours
is measured beside it: a program that does nothing but copy, at the same priority, between two pseudo-terminals (they
hand bytes over in a kernel thread of ordinary priority). The thread that asks is in real time where it may be: a
register and a printer are no programs on this machine.
"""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from statistics import median

import httpx

from drivers.pass_through.precedence import NICE, PRIORITY
from firmware_sim.line.pty_port import PtyPort
from tests.benchmarks.timing import figure, table
from tests.support import nexo
from tests.support.daemon import DaemonProcess, fill
from tests.support.programs import child_of, environment
from tests.support.waiting import wait_for

ROUNDS = 500
LINE_BYTES_S = 11_520  # 115,200 baud
SECONDS = 2
RECEIPT = b"\x1b@\x1ba\x01Shop\n" + b"2 x Cappuccino                      6,40 A\n" * 20 + b"no total\n\x1dVB\x00"
QUESTION, ANSWER = b"\x10\x04\x01", b"\x12"
ANSWER_WAIT_S = 5.0
PAUSE_S = 0.002
COPIER = """
import os, select, sys
source, sink = (os.open(path, os.O_RDWR | os.O_NOCTTY) for path in sys.argv[1:])
while True:
    select.select([source], [], [])
    os.write(sink, os.read(source, 100))
"""
PRIORITIES = {
    "ordinary priority": (os.SCHED_OTHER, 0, 0),
    f"nice {NICE}": (os.SCHED_OTHER, 0, NICE),
    "real time": (os.SCHED_RR, PRIORITY, 0),
}


class Cable:
    """Both ends of a cable, and the process that serves it."""

    def __init__(self, register: PtyPort, printer: PtyPort, pid: int) -> None:
        self.register = register
        self.printer = printer
        self.pid = pid

    def there(self) -> float:
        """A status question to the printer: seconds on its way."""
        return self._way(self.register, self.printer, QUESTION)

    def back(self) -> float:
        """Its answer to the register."""
        return self._way(self.printer, self.register, ANSWER)

    def pour(self) -> float:
        """Receipts without a pause, bytes per second."""
        wanted = LINE_BYTES_S * SECONDS // len(RECEIPT) * len(RECEIPT)
        sender = threading.Thread(
            target=lambda: [self.register.write(RECEIPT) for _ in range(wanted // len(RECEIPT))], daemon=True
        )
        begin_s = time.perf_counter()
        sender.start()
        passed = 0
        while passed < wanted:
            passed += len(self.printer.read(ANSWER_WAIT_S))
        sender.join()
        return passed / (time.perf_counter() - begin_s)

    def _way(self, source: PtyPort, sink: PtyPort, data: bytes) -> float:
        begin_s = time.perf_counter()
        source.write(data)
        got = b""
        while len(got) < len(data):
            got += _received(sink)
        return time.perf_counter() - begin_s


def report() -> None:
    """Print the table."""
    rows: list[tuple[str, ...]] = []
    with tempfile.TemporaryDirectory() as folder:
        register, printer = PtyPort(), PtyPort()
        daemon = DaemonProcess(
            Path(folder),
            settings=f'[pass_through]\nregister = "{register.address}"\nnot_a_fiscal_printer = true\n'
            f'printer = "escpos-serial://{printer.address}?baud=115200"\ntemplate = "one_line"\n',
        )
        fill(daemon.data)
        daemon.start()
        try:
            wait_for("the cable", lambda: daemon.status()["devices"][0]["state"] == "ok")
            with contextlib.suppress(OSError):
                os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(PRIORITY))
            with _copier() as floor:
                cable = Cable(register, printer, child_of(daemon.pid))
                rows += _rows(cable, floor, "quiet, as started")
                with _asking(daemon.port):
                    rows += _rows(cable, floor, "a register asks without a pause, as started")
                rate = cable.pour()
                with _crowd():
                    for priority in PRIORITIES:
                        rows += _at_priority(cable, floor, priority)
        finally:
            daemon.stop()
            register.close()
            printer.close()
    load = ", ".join(f"{part:.1f}" for part in os.getloadavg())
    table(
        f"Pass-through, p50 / p99 in ms a direction; load {load} (goal: adds 2 at most)",
        ("", "bare copier", "register → printer", "printer → register"),
        rows,
    )
    print(f"receipts without a pause: {rate:,.0f} bytes/s, {rate / LINE_BYTES_S:.1f} times a line of 115,200 baud")


def _at_priority(cable: Cable, floor: Cable, priority: str) -> Iterator[tuple[str, ...]]:
    """With the cable's process and the copier at that priority, whatever they were granted at their start."""
    policy, level, nice = PRIORITIES[priority]
    try:
        for pid in (cable.pid, floor.pid):
            os.sched_setscheduler(pid, policy, os.sched_param(level))
            os.setpriority(os.PRIO_PROCESS, pid, nice)
    except OSError:
        yield (f"crowded, {priority}", "not allowed here", "", "")
    else:
        yield from _rows(cable, floor, f"crowded, {priority}")


@contextmanager
def _crowd() -> Iterator[None]:
    """Two programs that never wait, for each processor."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2 * (os.cpu_count() or 1))]
    try:
        yield
    finally:
        for program in busy:
            program.kill()
            program.wait()


@contextmanager
def _copier() -> Iterator[Cable]:
    """Two pseudo-terminals, and between them a program that does nothing but copy."""
    source, sink = PtyPort(), PtyPort()
    program = subprocess.Popen([sys.executable, "-c", COPIER, source.address, sink.address])
    try:
        wait_for("the copier", lambda: source.listened_to() and sink.listened_to())
        with contextlib.suppress(OSError):
            os.sched_setscheduler(program.pid, os.SCHED_RR, os.sched_param(PRIORITY))
        yield Cable(source, sink, program.pid)
    finally:
        program.kill()
        program.wait()
        source.close()
        sink.close()


def _rows(cable: Cable, floor: Cable, when: str) -> Iterator[tuple[str, ...]]:
    pause = threading.Event()
    ways: list[list[float]] = []
    for way in (floor.there, cable.there, cable.back):
        seen = []
        for _ in range(ROUNDS):
            pause.wait(PAUSE_S)
            seen.append(way() * 1000)
        ways.append(sorted(seen))
    yield (when, *(f"{figure(median(way))} / {figure(way[int(ROUNDS * 0.99)])}" for way in ways))


@contextmanager
def _asking(port: int) -> Iterator[None]:
    """A register that asks again as soon as it was answered, in a program of its own."""
    script = f"from tests.benchmarks.pass_through import ask; ask({port})"
    program = subprocess.Popen([sys.executable, "-c", script], env=environment())
    try:
        yield
    finally:
        program.kill()
        program.wait()


def ask(port: int) -> None:
    """Ask for prices until killed."""
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20, trust_env=False) as client:
        for number in count():
            client.post("/nexo", json=nexo.loyalty("Rebate", f"q{number}", "busy", [nexo.BREAD, nexo.COFFEE]))


def _received(port: PtyPort) -> bytes:
    if not select.select([port._master], [], [], ANSWER_WAIT_S)[0]:
        raise SystemExit("bench: nothing came through the pass-through")
    return os.read(port._master, 100)
