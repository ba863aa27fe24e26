"""Two tills whose devices all fail at random, for minutes: nothing sticks, nothing leaks, every receipt is right.

A minute in `make verify`; `make soak` runs half an hour (SOAK_SECONDS). The seed is printed and SOAK_SEED repeats it.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections import Counter as Tally
from pathlib import Path

import httpx
import pytest

from pos_engine.journal.journal import Journal
from tests.evidence import used
from tests.integration.pcsc_fixture import PrivatePcscd
from tests.soak.counter import CardReaders, Counter, PassedThrough
from tests.soak.gauge import Gauge, memory_kb, size
from tests.soak.people import CardHolders, Cashier, PrintingRegister
from tests.support.daemon import DaemonProcess
from tests.support.till import HandClock, OrderedIds
from tests.support.waiting import wait_for

SECONDS = float(os.environ.get("SOAK_SECONDS", "60"))
SEED = int(os.environ.get("SOAK_SEED", str(random.SystemRandom().randrange(1_000_000))))
CHAOS_EVERY_S = 0.5
WARM_UP_SHARE = 0.3
"""Memory is compared from then on."""
GROWTH_KB_MAX = 24_000
"""In a minute: answer book (4 MB), SQLite's page caches (2 MB each) and the allocator's arenas are still filling."""
SETTLED_S = 400.0
"""A run of 20 minutes or more has filled them when it is warm."""
SETTLED_GROWTH_KB_MAX = 12_000
"""Half an hour has some ten thousand sales, of which a leak of 1 kB each would show. What is left are arenas."""
THREADS_MAX, FILES_MAX = 60, 120
RARE_MAX = 20
PRINTS_WAITING_MAX = 40


@pytest.mark.slow
def test_tills_whose_devices_fail_at_random(tmp_path: Path, pcscd: PrivatePcscd) -> None:
    print(f"SOAK_SEED={SEED} SOAK_SECONDS={SECONDS:g}")  # noqa: T201 - whoever looks into a failure needs it
    counter = Counter.built(tmp_path / "counter", pcscd.reader_names[0], SEED)
    passed = PassedThrough.built(tmp_path / "passed", pcscd.reader_names[1])
    try:
        counter.daemon.start()
        passed.daemon.start()
        _soak(counter, passed, CardReaders(pcscd))
    finally:
        counter.daemon.kill()
        passed.daemon.kill()


def _soak(counter: Counter, passed: PassedThrough, readers: CardReaders) -> None:
    used("pseudo-terminal", "soak")
    stop, paper_comes = threading.Event(), threading.Event()
    cashiers = [
        Cashier(address, number, stop, paper_comes, SEED + number) for number, address in enumerate(counter.addresses)
    ]
    printing = PrintingRegister(passed, stop, SEED)
    holders = CardHolders(readers, stop, SEED)
    tills = (counter.daemon, passed.daemon)
    gauges = [Gauge(till.pid, stop, SECONDS) for till in tills]
    for thread in (*cashiers, printing, holders, *gauges):
        thread.start()
    misfortunes, warm_kb = _fail_at_random(counter, passed, readers, (stop, paper_comes))
    stop.set()
    for name, gauge in zip(("counter", "passed"), gauges, strict=True):
        print(f"{name}: MB/threads/files: {gauge.told()}")  # noqa: T201
    for thread in (*cashiers, printing, holders):
        thread.join(90)
        assert not thread.is_alive(), thread.name
    for cashier in cashiers:
        cashier.finish()
    readers.close()
    print(f"{misfortunes} misfortunes, {readers.deaths} ends of pcscd, {holders.read} cards read")  # noqa: T201
    _all_is_well(counter, passed)
    wait_for("a coupon on a register's own paper", lambda: printing.print_one() and printing.coupons, 120)
    for till, before_kb in zip(tills, warm_kb, strict=True):
        _has_not_grown(till, before_kb)
    assert counter.daemon.stop() == 0
    assert passed.daemon.stop() == 0
    printing.close()
    counter.close()
    passed.close()
    _print_log(tills)
    _every_receipt_is_right(counter.daemon, cashiers)
    _every_paper_is_a_sale(passed.daemon, printing)


def _fail_at_random(
    counter: Counter, passed: PassedThrough, readers: CardReaders, told: tuple[threading.Event, threading.Event]
) -> tuple[int, list[int]]:
    """Misfortunes until the time is over, then all is mended: how many there were, and each till's memory when warm."""
    chance, (stop, paper_comes) = random.Random(SEED), told
    begin_s, warm_kb, misfortunes = time.monotonic(), list[int](), 0
    while (passed_s := time.monotonic() - begin_s) < SECONDS:
        if not warm_kb and passed_s > SECONDS * WARM_UP_SHARE:
            warm_kb = [memory_kb(till.pid) for till in (counter.daemon, passed.daemon)]
        chance.choice([m for place in (counter, passed, readers) for m in place.misfortunes(chance)])()
        misfortunes += 1
        _look_at_the_printer(counter.daemon, paper_comes)
        counter.touch(chance)
        stop.wait(CHAOS_EVERY_S * chance.random())
        if chance.random() < 0.6:
            for place in (counter, passed, readers):
                place.mend()
    for place in (counter, passed, readers):
        place.mend()
    return misfortunes, warm_kb


def _look_at_the_printer(till: DaemonProcess, paper_comes: threading.Event) -> None:
    """No cashier sells on and on while no receipt comes out; three registers would outrun one printer for ever."""
    if till.status()["prints_waiting"] < PRINTS_WAITING_MAX:
        paper_comes.set()
    else:
        paper_comes.clear()


def _has_not_grown(till: DaemonProcess, warm_kb: int) -> None:
    now_kb, (threads, files) = memory_kb(till.pid), size(till.pid)
    print(f"{till.folder.name}: warm {warm_kb} kB, at the end {now_kb} kB, {threads} threads, {files} files")  # noqa: T201
    settled = WARM_UP_SHARE * SECONDS >= SETTLED_S
    assert now_kb - warm_kb < (SETTLED_GROWTH_KB_MAX if settled else GROWTH_KB_MAX)
    assert threads < THREADS_MAX
    assert files < FILES_MAX


def _print_log(tills: tuple[DaemonProcess, ...]) -> None:
    """How often what was logged, and what is rare in full: where to begin when something was not right."""
    for till in tills:
        counts = Tally((str(entry.get("event"))[:60], str(entry.get("code", ""))) for entry in till.log)
        print(f"log of {till.folder.name}: {dict(counts)}")  # noqa: T201
        for entry in till.log:
            if counts[str(entry.get("event"))[:60], str(entry.get("code", ""))] <= RARE_MAX:
                print(entry)  # noqa: T201


def _all_is_well(counter: Counter, passed: PassedThrough) -> None:
    def ill(till: DaemonProcess) -> list[object]:
        status = till.status()
        devices = [device for device in status["devices"] if device["state"] != "ok" and device["name"] != "cable"]
        return [*devices, *status["failing"], *([status["prints_waiting"]] if status["prints_waiting"] else [])]

    def well() -> bool:
        counter.cable.right.write(b"")
        return not ill(counter.daemon) and not ill(passed.daemon)

    try:
        wait_for("devices, threads and paper", well, 120)
    except (AssertionError, httpx.HTTPError):
        pytest.fail(f"not well: {[ill(till) for till in (counter.daemon, passed.daemon)]}")


def _booked(till: DaemonProcess) -> list[tuple[str, int]]:
    """Receipts of a till that is stopped, each with what was paid."""
    journal = Journal.open(till.data / "journal.db", HandClock(), OrderedIds(9), reserve_bytes=4096)
    try:
        return [(receipt.receipt_id, receipt.due_minor) for receipt in journal.recent_receipts(1_000_000)]
    finally:
        journal.close()


def _every_receipt_is_right(till: DaemonProcess, cashiers: list[Cashier]) -> None:
    booked = dict(_booked(till))
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


def _every_paper_is_a_sale(till: DaemonProcess, printing: PrintingRegister) -> None:
    """What came out undisturbed was booked; nothing was booked twice, and nothing that no register printed."""
    booked = [due_minor for _, due_minor in _booked(till)]
    undisturbed = len(printing.undisturbed)
    print(f"{len(printing.sent)} papers, {undisturbed} undisturbed, {len(booked)} sales, {printing.coupons} coupons")  # noqa: T201
    assert not printing.lost
    assert len(booked) == len(set(booked))
    assert printing.undisturbed <= set(booked) <= printing.sent
