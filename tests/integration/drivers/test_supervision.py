"""The daemon's device threads with real drivers: devices that go, come back, and run out of paper."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typing_extensions import override

from drivers import make_printer, open_reader
from firmware_sim.printer.device import SimulatedPrinter
from firmware_sim.printer.output import ReceiptFolder
from firmware_sim.readers.serial_reader import SerialReader as SimulatedReader
from pos_engine.daemon.device_health import STUCK_MS
from pos_engine.daemon.devices import Devices, ReaderSupervisor
from pos_engine.daemon.print_queue import WAITING_MAX, PrintQueue, PrintQueueFullError
from pos_engine.ports.clock import Clock
from pos_engine.ports.devices import CardIdentity, CardPresented, DeviceHealth, Reader, ReaderEvent
from pos_engine.ports.document import Barcode, Cut, Document, Text
from tests.evidence import used
from tests.integration.drivers.vpcd_card import ULTRALIGHT_ATR, VpcdCard
from tests.integration.pcsc_fixture import PrivatePcscd

WAIT_S = 20.0
NAMES_MAX = 200  # the kernel gives a new pseudo-terminal the lowest number that is free
TAG = "3C00CE754C"
Seen = queue.Queue[tuple[str, ReaderEvent]]


class TestClock(Clock):
    """Fixed wall time; the monotonic time moves only when told."""

    __test__ = False

    def __init__(self) -> None:
        self.ms = 0

    @override
    def now(self) -> datetime:
        return datetime(2026, 1, 5, 8, 0, tzinfo=UTC)

    @override
    def monotonic_ms(self) -> int:
        return self.ms


def wait_until(holds: Callable[[], bool], what: Callable[[], object]) -> None:
    pause = threading.Event()
    for _ in range(int(WAIT_S / 0.02)):
        if holds():
            return
        pause.wait(0.02)
    pytest.fail(f"it never came to that: {what()}")


def supervised(name: str, reader: Reader, seen: Seen, clock: Clock | None = None) -> ReaderSupervisor:
    return ReaderSupervisor(name, reader, lambda who, event: seen.put((who, event)), clock or TestClock())


def receipt(text: str) -> Document:
    return Document((Text(text), Cut()))


@pytest.fixture
def simulated_printer(tmp_path: Path) -> Iterator[SimulatedPrinter]:
    printer = SimulatedPrinter(ReceiptFolder(tmp_path / "receipts", 42, pictures=False), 42, tmp_path / "printer")
    used("pseudo-terminal", "receipt printer")
    yield printer
    printer.close()


@pytest.fixture
def printing(simulated_printer: SimulatedPrinter) -> Iterator[tuple[PrintQueue, list[str]]]:
    done: list[str] = []
    address = f"escpos-serial://{simulated_printer.port.address}"
    prints = PrintQueue("printer", make_printer(address), TestClock(), done.append)
    prints.start()
    yield prints, done
    prints.ask_to_stop()
    assert prints.join()


def test_a_reader_that_is_unplugged_is_told_missing_and_comes_back(tmp_path: Path) -> None:
    simulated = SimulatedReader("id12", tmp_path / "reader")
    seen: Seen = queue.Queue()
    reader = supervised("till", open_reader(f"serial://{tmp_path}/reader?protocol=id12"), seen)
    devices = Devices([reader])
    devices.start()
    wait_until(lambda: reader.health().state == "ok", reader.health)
    simulated.order(["unplug"])
    wait_until(lambda: reader.health().state == "missing", reader.health)
    assert "reader" in reader.health().text
    assert reader.health().last_good_at is not None
    simulated.order(["plug"])
    wait_until(lambda: reader.health().state == "ok", reader.health)
    assert reader.health() == DeviceHealth("till", "reader", "ok", last_good_at=TestClock().now())
    wait_until(simulated.port.listened_to, reader.health)
    simulated.tap(TAG)
    assert seen.get(timeout=WAIT_S) == ("till", CardPresented(CardIdentity("em4100", TAG)))
    devices.stop()
    assert reader.join(0.0)
    simulated.port.close()


def test_a_reader_that_comes_back_under_another_name_is_found_by_its_link(tmp_path: Path) -> None:
    """As with /dev/ttyUSB0, which is /dev/ttyUSB1 after a pull, and somebody else's reader has the old name then."""
    simulated = SimulatedReader("id12", tmp_path / "by-id")
    old_name = simulated.port.device
    seen: Seen = queue.Queue()
    reader = supervised("till", open_reader(f"serial://{tmp_path}/by-id?protocol=id12"), seen)
    others: list[SimulatedReader] = []
    reader.start()
    try:
        wait_until(lambda: reader.health().state == "ok", reader.health)
        simulated.order(["unplug"])
        wait_until(lambda: reader.health().state == "missing", reader.health)
        while not old_name.exists() and len(others) < NAMES_MAX:
            others.append(SimulatedReader("id12"))
        assert old_name.exists()
        simulated.order(["plug"])
        assert simulated.port.device != old_name
        wait_until(lambda: reader.health().state == "ok", reader.health)
        wait_until(simulated.port.listened_to, reader.health)
        for other in others:
            other.tap("0000000001")
        simulated.tap(TAG)
        assert seen.get(timeout=WAIT_S) == ("till", CardPresented(CardIdentity("em4100", TAG)))
    finally:
        reader.ask_to_stop()
        assert reader.join()
        for device in (simulated, *others):
            device.port.close()


def test_a_reader_that_was_never_there_stops_nothing(tmp_path: Path) -> None:
    simulated = SimulatedReader("id12")
    seen: Seen = queue.Queue()
    absent = supervised("absent", open_reader(f"serial://{tmp_path}/nothing?protocol=id12"), seen)
    present = supervised("present", open_reader(f"serial://{simulated.port.address}?protocol=id12"), seen)
    devices = Devices([absent, present])
    devices.start()
    wait_until(lambda: present.health().state == "ok", devices.health)
    wait_until(lambda: absent.health().state == "missing", devices.health)
    simulated.tap(TAG)
    assert seen.get(timeout=WAIT_S)[0] == "present"
    assert [health.code for health in devices.health()] == ["reader_missing", None]
    devices.stop()
    simulated.port.close()


def test_who_takes_events_badly_does_not_end_the_reader() -> None:
    simulated = SimulatedReader("scanner")
    seen: Seen = queue.Queue()

    def take(who: str, event: ReaderEvent) -> None:
        seen.put((who, event))
        raise LookupError("a fault of the one who takes events")

    address = f"serial://{simulated.port.address}?protocol=scanner"
    reader = ReaderSupervisor("scanner", open_reader(address), take, TestClock())
    reader.start()
    wait_until(lambda: reader.health().state == "ok", reader.health)
    for text in ("one", "two"):
        simulated.scan(text, "code128")
        seen.get(timeout=WAIT_S)
    assert reader.health().state == "ok"
    reader.ask_to_stop()
    assert reader.join()
    simulated.port.close()


@pytest.mark.pcscd
def test_a_killed_pcscd_is_survived_without_a_hand(pcscd: PrivatePcscd) -> None:
    seen: Seen = queue.Queue()
    reader = supervised("nfc", open_reader("pcsc://"), seen)
    reader.start()
    wait_until(lambda: reader.health().state == "ok", reader.health)
    pcscd.kill()
    wait_until(lambda: reader.health().code == "pcscd_missing", reader.health)
    pcscd.start()
    wait_until(lambda: reader.health().state == "ok", reader.health)
    card = VpcdCard(pcscd.ports[0], ULTRALIGHT_ATR, bytes.fromhex("04A1B2C3D4E5F6"))
    _who, event = seen.get(timeout=WAIT_S)
    assert isinstance(event, CardPresented)
    reader.ask_to_stop()
    assert reader.join()
    card.remove()


def test_a_thread_that_does_not_come_back_is_trouble() -> None:
    clock = TestClock()
    simulated = SimulatedReader("id12")
    reader = supervised("till", open_reader(f"serial://{simulated.port.address}?protocol=id12"), queue.Queue(), clock)
    clock.ms = STUCK_MS + 1  # the thread was never started: the same as one that hangs in its driver
    assert reader.health().code == "device_stuck"
    simulated.port.close()


def test_documents_are_printed_in_order_and_once(
    simulated_printer: SimulatedPrinter, printing: tuple[PrintQueue, list[str]]
) -> None:
    prints, done = printing
    for number in range(5):
        assert prints.submit(f"r{number}", receipt(f"receipt {number}"))
    wait_until(lambda: len(done) == 5, prints.health)
    assert simulated_printer.folder.wait_printed(5, WAIT_S)
    assert [printed.text.strip() for printed in simulated_printer.folder.printed()] == [
        f"receipt {number}" for number in range(5)
    ]
    assert done == [f"r{number}" for number in range(5)]
    assert prints.waiting() == ()


def test_without_paper_documents_wait_unmarked_until_there_is_some(
    simulated_printer: SimulatedPrinter, printing: tuple[PrintQueue, list[str]]
) -> None:
    prints, done = printing
    simulated_printer.order(["paper", "0"])
    assert prints.submit("r1", receipt("receipt 1"))
    assert not prints.submit("r1", receipt("receipt 1"))
    wait_until(lambda: prints.health().code == "printer_paper_out", prints.health)
    assert prints.health().waiting == 1
    simulated_printer.order(["paper", "new"])
    wait_until(lambda: done == ["r1"], prints.health)
    assert simulated_printer.folder.wait_printed(1, WAIT_S)
    assert simulated_printer.folder.printed()[-1].text == "receipt 1\n"
    wait_until(lambda: prints.health().state == "ok", prints.health)


def test_a_printer_that_is_switched_off_comes_back(
    simulated_printer: SimulatedPrinter, printing: tuple[PrintQueue, list[str]]
) -> None:
    prints, done = printing
    wait_until(lambda: prints.health().state == "ok", prints.health)
    simulated_printer.order(["power", "off"])
    prints.submit("r1", receipt("receipt 1"))
    wait_until(lambda: prints.health().code == "printer_offline", prints.health)
    simulated_printer.order(["power", "on"])
    wait_until(lambda: done == ["r1"], prints.health)


def test_a_document_that_can_never_be_printed_stands_in_nobodys_way(
    printing: tuple[PrintQueue, list[str]],
) -> None:
    prints, done = printing
    prints.submit("bad", Document((Barcode("ean13", "4006381333932"), Cut())))
    prints.submit("good", receipt("good"))
    wait_until(lambda: done == ["good"], prints.health)


def test_the_queue_is_bounded(tmp_path: Path) -> None:
    prints = PrintQueue("printer", make_printer(f"escpos-serial://{tmp_path}/none"), TestClock())
    for number in range(WAITING_MAX):
        prints.submit(str(number), receipt("x"))
    with pytest.raises(PrintQueueFullError, match="50 printouts wait"):
        prints.submit("one more", receipt("x"))
