"""A daemon whose devices all fail at random, for minutes: nothing sticks, nothing leaks, every receipt is right.

A minute in `make verify`; `make soak` runs half an hour (SOAK_SECONDS). The seed is printed and SOAK_SEED repeats it.
"""

from __future__ import annotations

import contextlib
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from typing_extensions import override

from firmware_sim.line.null_modem import NullModem
from firmware_sim.printer.device import SimulatedPrinter
from firmware_sim.printer.output import ReceiptFolder
from firmware_sim.readers.chip_reader import ChipReader
from firmware_sim.readers.serial_reader import SerialReader
from firmware_sim.register.basket import RungBasket, RungLine
from firmware_sim.register.simulated_register import Sale, SimulatedRegister
from firmware_sim.register.transports import NoAnswerError
from pos_engine.journal.journal import Journal
from tests.evidence import used
from tests.support.daemon import CARD, TAG, DaemonProcess, fill
from tests.support.programs import free_port
from tests.support.till import HandClock, OrderedIds
from tests.support.waiting import wait_for

SECONDS = float(os.environ.get("SOAK_SECONDS", "60"))
SEED = int(os.environ.get("SOAK_SEED", str(random.SystemRandom().randrange(1_000_000))))
CHAOS_EVERY_S = 0.5
WARM_UP_SHARE = 0.3
"""Memory is compared from then on: caches and the answer book have filled."""
GROWTH_KB_MAX = 24_000
"""For a minute; the answer book may take 4 MB, the allocator's arenas the rest. Half an hour may take no more."""
RARE_MAX = 20
PRINTS_WAITING_MAX = 40
NUMBERS_OF_A_REGISTER = 100_000_000
BASKETS = (
    RungBasket((RungLine("2001", 320),)),
    RungBasket((RungLine("2001", 320), RungLine("4001", 900))),
    RungBasket((RungLine("4001", 450), RungLine("9999", 1999), RungLine("2001", 320))),
)


@dataclass
class Bench:
    """Everything on the counter."""

    daemon: DaemonProcess
    tag: SerialReader
    chip: ChipReader
    stripe: SerialReader
    scanner: SerialReader
    printer: SimulatedPrinter
    cable: NullModem

    def misfortunes(self, chance: random.Random) -> list[Callable[[], object]]:
        kind = chance.choice(["drop", "repeat", "delay", "corrupt", "half"])
        readers = (self.tag, self.chip, self.stripe, self.scanner)
        reader = chance.choice(readers)
        return [
            lambda: reader.order(["fault", kind, str(chance.randint(1, 3))]),
            lambda: reader.order(["raw", chance.randbytes(chance.randint(1, 30)).hex()]),
            reader.port.unplug,
            lambda: self.chip.order(["fault", "silent"]),
            lambda: self.chip.order(["restart"]),
            lambda: self.printer.order(["fault", kind, "2"]),
            lambda: self.printer.order(["cover", "open"]),
            lambda: self.printer.order(["paper", str(chance.randint(1, 30))]),
            lambda: self.printer.order(["power", "off"]),
            self.printer.port.unplug,
            lambda: setattr(self.cable, "lose", True),
            self.cable.left.unplug,
        ]

    def mend(self) -> None:
        """Everything is well again."""
        self.cable.left.plug()
        self.cable.lose = False
        for reader in (self.tag, self.chip, self.stripe, self.scanner):
            reader.order(["plug"])
            reader.order(["fault", "none"])
        for order in ("plug", "fault none", "power on", "cover close", "cutter free", "paper new"):
            self.printer.order(order.split())

    def touch(self, chance: random.Random) -> None:
        """A customer holds something to a reader."""
        touches: list[Callable[[], object]] = [
            lambda: self.tag.tap(TAG.partition(":")[2]),
            lambda: self.chip.insert(CARD.partition(":")[2]),
            lambda: self.chip.insert("08112233"),
            self.chip.insert,
            lambda: self.stripe.swipe("9280001234=1"),
            lambda: self.scanner.scan("4006381333931"),
        ]
        chance.choice(touches)()


class Cashier(threading.Thread):
    """Sells at one register until the end; what was not answered is finished when all is well."""

    def __init__(
        self, address: str, number: int, stop: threading.Event, paper_comes: threading.Event, seed: int
    ) -> None:
        super().__init__(name=f"cashier {number}", daemon=True)
        # Registers at one till number their sales apart (I6): two that count from the same clock meet now and then.
        self.register = SimulatedRegister(
            address,
            f"register-{number}",
            now=lambda: datetime(2026, 11, 20, 10, 15, tzinfo=UTC),
            first_number=(number + 1) * NUMBERS_OF_A_REGISTER,
            patience=0.5,
        )
        self._stop_selling = stop
        self._paper_comes = paper_comes
        self._chance = random.Random(seed)
        self.closed: dict[str, int] = {}

    @override
    def run(self) -> None:
        while not self._stop_selling.wait(self._chance.random() * 0.4):
            if not self._paper_comes.wait(1.0):
                continue
            sale = self.register.new_sale(self._chance.choice(BASKETS))
            with contextlib.suppress(NoAnswerError):  # it goes on at the register's own prices (T2)
                self.register.quote(sale)
            try:
                self._commit(sale)
            except NoAnswerError:
                continue  # kept, and sent before the next commit (T4)

    def _commit(self, sale: Sale) -> None:
        if self.register.commit(sale).code == "amount_differs":
            self.register.commit(sale)
        if sale.receipt_id:
            self.closed[sale.receipt_id] = sale.to_pay_minor

    def finish(self) -> None:
        """What was kept is sent."""
        kept = [known.sale for known in self.register.kept]
        wait_for(f"the kept sales of {self.name}", self._all_sent, 60)
        for sale in kept:
            if sale.receipt_id:
                self.closed[sale.receipt_id] = sale.to_pay_minor
        self.register.close()

    def _all_sent(self) -> bool:
        self.register.send_kept()
        return not self.register.kept


class Gauge(threading.Thread):
    """Looks at the daemon's memory, threads and files as it runs; its figures are printed at the end."""

    def __init__(self, pid: int, stop: threading.Event, seconds: float) -> None:
        super().__init__(name="gauge", daemon=True)
        self._pid, self._stop_looking, self._every_s = pid, stop, max(1.0, seconds / 30)
        self.seen: list[tuple[int, int, int]] = []

    @override
    def run(self) -> None:
        while not self._stop_looking.wait(self._every_s):
            self.seen.append((memory_kb(self._pid), *size(self._pid)))

    def told(self) -> str:
        """Thirty looks at most, each as megabytes/threads/files."""
        return " ".join(f"{memory / 1000:.1f}/{threads}/{files}" for memory, threads, files in self.seen)


def memory_kb(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def size(pid: int) -> tuple[int, int]:
    """Threads and open files."""
    return len(list(Path(f"/proc/{pid}/task").iterdir())), len(list(Path(f"/proc/{pid}/fd").iterdir()))


@pytest.mark.slow
def test_a_till_whose_devices_fail_at_random(tmp_path: Path) -> None:
    daemon = DaemonProcess(tmp_path)
    try:
        _soak(tmp_path, daemon)
    finally:
        daemon.kill()


def _soak(tmp_path: Path, daemon: DaemonProcess) -> None:
    print(f"SOAK_SEED={SEED} SOAK_SECONDS={SECONDS:g}")  # noqa: T201 - whoever looks into a failure needs it
    chance = random.Random(SEED)
    tcp_port = free_port()
    paper = ReceiptFolder(tmp_path / "receipts", 42, pictures=False)
    sim = tmp_path / "sim"
    cable = NullModem(sim / "cable-till", sim / "cable-register")
    bench = Bench(
        daemon,
        SerialReader("rdm6300", sim / "tag", SEED),
        ChipReader("pn532", sim / "chip", SEED),
        SerialReader("magtek", sim / "stripe", SEED),
        SerialReader("scanner", sim / "scanner", SEED),
        SimulatedPrinter(paper, 42, sim / "printer"),
        cable,
    )
    bench.daemon.settings = "".join(
        f'[[reader]]\nname = "{name}"\naddress = "serial://{sim / name}?protocol={protocol}"\n'
        for name, protocol in (("tag", "rdm6300"), ("chip", "pn532"), ("stripe", "magtek"), ("scanner", "scanner"))
    ) + (
        f'[[register_line]]\nname = "cable"\naddress = "nexo-serial://{sim / "cable-till"}"\n'
        f'[[register_line]]\nname = "tcp"\naddress = "nexo-tcp://127.0.0.1:{tcp_port}"\n'
        f'[printer]\naddress = "escpos-serial://{sim / "printer"}?width=42"\n'
    )
    fill(bench.daemon.data)
    bench.daemon.start()
    used("pseudo-terminal", "soak")
    stop, paper_comes = threading.Event(), threading.Event()
    addresses = (
        f"http://127.0.0.1:{bench.daemon.port}",
        f"tcp://127.0.0.1:{tcp_port}",
        f"serial://{sim / 'cable-register'}",
    )
    cashiers = [Cashier(address, number, stop, paper_comes, SEED + number) for number, address in enumerate(addresses)]
    for cashier in cashiers:
        cashier.start()
    pid = bench.daemon.pid
    gauge = Gauge(pid, stop, SECONDS)
    gauge.start()
    begin, warm_kb, misfortunes = time.monotonic(), 0, 0
    while (passed := time.monotonic() - begin) < SECONDS:
        if not warm_kb and passed > SECONDS * WARM_UP_SHARE:
            warm_kb = memory_kb(pid)
        chance.choice(bench.misfortunes(chance))()
        misfortunes += 1
        _look_at_the_printer(bench, paper_comes)
        bench.touch(chance)
        stop.wait(CHAOS_EVERY_S * chance.random())
        if chance.random() < 0.6:
            bench.mend()
    bench.mend()
    stop.set()
    print(f"{misfortunes} misfortunes; MB/threads/files: {gauge.told()}")  # noqa: T201
    for cashier in cashiers:
        cashier.join(60)
        assert not cashier.is_alive(), cashier.name
        cashier.finish()
    _all_is_well(bench)
    threads, files = size(pid)
    print(f"warm {warm_kb} kB, at the end {memory_kb(pid)} kB, {threads} threads, {files} files")  # noqa: T201
    assert memory_kb(pid) - warm_kb < GROWTH_KB_MAX
    assert threads < 60
    assert files < 120
    assert bench.daemon.stop() == 0
    for device in (bench.tag, bench.chip, bench.stripe, bench.scanner, bench.printer, bench.cable):
        device.close()
    _print_log(bench)
    _every_receipt_is_right(bench, cashiers)


def _look_at_the_printer(bench: Bench, paper_comes: threading.Event) -> None:
    """No cashier sells on and on while no receipt comes out; three registers would outrun one printer for ever."""
    if bench.daemon.status()["prints_waiting"] < PRINTS_WAITING_MAX:
        paper_comes.set()
    else:
        paper_comes.clear()


def _print_log(bench: Bench) -> None:
    """How often what was logged, and what is rare in full: where to begin when something was not right."""
    counts = Counter((str(entry.get("event"))[:60], str(entry.get("code", ""))) for entry in bench.daemon.log)
    print(f"log: {dict(counts)}")  # noqa: T201
    for entry in bench.daemon.log:
        if counts[str(entry.get("event"))[:60], str(entry.get("code", ""))] <= RARE_MAX:
            print(entry)  # noqa: T201


def _all_is_well(bench: Bench) -> None:
    def well() -> bool:
        bench.cable.right.write(b"")
        status = bench.daemon.status()
        ill = [device for device in status["devices"] if device["state"] != "ok" and device["name"] != "cable"]
        return not ill and not status["failing"] and not status["prints_waiting"]

    try:
        wait_for("devices, threads and paper", well, 120)
    except (AssertionError, httpx.HTTPError):
        pytest.fail(f"not well: {bench.daemon.status()}")


def _every_receipt_is_right(bench: Bench, cashiers: list[Cashier]) -> None:
    journal = Journal.open(bench.daemon.data / "journal.db", HandClock(), OrderedIds(9), reserve_bytes=4096)
    try:
        booked = {receipt.receipt_id: receipt.due_minor for receipt in journal.recent_receipts(1_000_000)}
    finally:
        journal.close()
    told = {receipt_id: paid for cashier in cashiers for receipt_id, paid in cashier.closed.items()}
    refused = [
        (cashier.name, sale.name.transaction_id, sale.own_prices, sale.to_pay_minor, answer.notices)
        for cashier in cashiers
        for sale, answer in cashier.register.refused_later
    ]
    print(f"{len(booked)} receipts, {len(told)} told, refused later: {refused}")  # noqa: T201
    assert len(told) > SECONDS / 4
    assert told.items() <= booked.items()
    assert not refused
    sequence = sorted(int(receipt_id.rpartition(":")[2]) for receipt_id in booked)
    assert sequence == list(range(1, len(sequence) + 1))
