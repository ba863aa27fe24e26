"""What a pass-through adds to a byte on its way, and whether it keeps up with a fast line.

The real daemon holds the cable, first with nothing else to do, then while a register asks it for prices. Each
question's time has two parts: what the cable's process and this one take, and how long the kernel lets them wait for
a processor that somebody else has (`schedstat`). A pseudo-terminal hands bytes over in a kernel thread, whose waits are
in no clock of ours: the first row is one with nobody behind it, a way has two of them.
"""

from __future__ import annotations

import os
import select
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from statistics import median

import httpx

from firmware_sim.line.pty_port import PtyPort
from tests.benchmarks.timing import figure, table
from tests.support import nexo
from tests.support.daemon import DaemonProcess, fill
from tests.support.programs import child_of
from tests.support.waiting import wait_for

ROUNDS = 500
LINE_BYTES_S = 11_520  # 115,200 baud
SECONDS = 2
RECEIPT = b"\x1b@\x1ba\x01Shop\n" + b"2 x Cappuccino                      6,40 A\n" * 20 + b"no total\n\x1dVB\x00"
QUESTION, ANSWER = b"\x10\x04\x01", b"\x12"
ANSWER_WAIT_S = 5.0


class Cable:
    """Both ends of the daemon's cable, and the kernel's clock of its process."""

    def __init__(self, register: PtyPort, printer: PtyPort, daemon_pid: int) -> None:
        self.register, self.printer = register, printer
        self._clocks = (Path(f"/proc/{child_of(daemon_pid)}/schedstat"), Path("/proc/thread-self/schedstat"))

    def there(self) -> tuple[float, float]:
        """A status question to the printer: seconds on its way, and those of them without a processor."""
        return self._way(self.register, self.printer, QUESTION)

    def back(self) -> tuple[float, float]:
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

    def _way(self, source: PtyPort, sink: PtyPort, data: bytes) -> tuple[float, float]:
        before_s = self._waited_s()
        begin_s = time.perf_counter()
        source.write(data)
        got = b""
        while len(got) < len(data):
            got += _received(sink)
        took_s = time.perf_counter() - begin_s
        return took_s, self._waited_s() - before_s

    def _waited_s(self) -> float:
        return sum(int(clock.read_text().split()[1]) for clock in self._clocks) / 1e9


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
            cable = Cable(register, printer, daemon.pid)
            rows.append(_bare())
            rows += _rows(cable, "quiet")
            with _asking(daemon.port):
                rows += _rows(cable, "while a register asks for prices without a pause")
            rate = cable.pour()
        finally:
            daemon.stop()
            register.close()
            printer.close()
    load = ", ".join(f"{part:.1f}" for part in os.getloadavg())
    table(
        f"Pass-through, ms a direction; load {load} (goal: 2)",
        ("", "direction", "p50 / p99", "without the waits for a processor: p50 / p99"),
        rows,
    )
    print(f"receipts without a pause: {rate:,.0f} bytes/s, {rate / LINE_BYTES_S:.1f} times a line of 115,200 baud")


def _rows(cable: Cable, when: str) -> Iterator[tuple[str, ...]]:
    for name, way in (("register → printer", cable.there), ("printer → register", cable.back)):
        seen = [way() for _ in range(ROUNDS)]
        whole = sorted(took_s * 1000 for took_s, _ in seen)
        own = sorted(max(0.0, took_s - waited_s) * 1000 for took_s, waited_s in seen)
        yield (when, name, _told(whole), _told(own))


def _bare() -> tuple[str, ...]:
    """A byte through one pseudo-terminal, written and read by this thread."""
    port = PtyPort()
    device = os.open(port.address, os.O_RDWR | os.O_NOCTTY)
    seen = []
    try:
        for _ in range(ROUNDS):
            begin_s = time.perf_counter()
            os.write(device, QUESTION)
            _received(port)
            seen.append((time.perf_counter() - begin_s) * 1000)
    finally:
        os.close(device)
        port.close()
    return ("one pseudo-terminal, no daemon", "", _told(sorted(seen)), "")


def _told(sorted_ms: list[float]) -> str:
    return f"{figure(median(sorted_ms))} / {figure(sorted_ms[int(len(sorted_ms) * 0.99)])}"


@contextmanager
def _asking(port: int) -> Iterator[None]:
    """A register that asks again as soon as it was answered."""
    stop = threading.Event()

    def ask() -> None:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20, trust_env=False) as client:
            for number in count():
                if stop.is_set():
                    return
                client.post("/nexo", json=nexo.loyalty("Rebate", f"q{number}", "busy", [nexo.BREAD, nexo.COFFEE]))

    worker = threading.Thread(target=ask, daemon=True)
    worker.start()
    try:
        yield
    finally:
        stop.set()
        worker.join()


def _received(port: PtyPort) -> bytes:
    if not select.select([port._master], [], [], ANSWER_WAIT_S)[0]:
        raise SystemExit("bench: nothing came through the pass-through")
    return os.read(port._master, 100)
