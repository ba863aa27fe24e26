"""A real daemon between simulated reader, printer and register on pseudo-terminals and HTTP; no back-office answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from firmware_sim.printer.device import SimulatedPrinter
from firmware_sim.printer.output import ReceiptFolder
from firmware_sim.readers.serial_reader import SerialReader
from firmware_sim.register.basket import RungBasket, RungLine
from firmware_sim.register.simulated_register import SimulatedRegister
from tests.evidence import used
from tests.support.daemon import TAG, DaemonProcess, fill
from tests.support.waiting import wait_for

WAIT_S = 30.0
BASKET = RungBasket((RungLine("2001", 320), RungLine("4001", 900)))


@dataclass
class Counter:
    """What stands on the counter of the shop."""

    daemon: DaemonProcess
    reader: SerialReader
    printer: SimulatedPrinter
    paper: ReceiptFolder

    def register(self) -> SimulatedRegister:
        return SimulatedRegister(
            f"http://127.0.0.1:{self.daemon.port}", now=lambda: datetime(2026, 11, 20, 10, 15, tzinfo=UTC)
        )

    def tap(self) -> None:
        """Hold the tag to the reader until the cashier screen has it."""
        wait_for("the reader", lambda: self.device("counter")["state"] == "ok")
        # a tag that stays is not a new tap
        wait_for("the tag to go", lambda: self.seen("CardPresented") == self.seen("CardRemoved"))
        assert self.reader.tap(TAG.partition(":")[2])
        wait_for("the member on the screen", lambda: "Ada" in self.daemon.client.get("/").text)

    def seen(self, kind: str) -> int:
        """How often the daemon's log tells of such an event."""
        return sum(1 for event in self.daemon.log if event.get("kind") == kind)

    def device(self, name: str) -> dict[str, str]:
        return next(device for device in self.daemon.status()["devices"] if device["name"] == name)


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    reader = SerialReader("id12", tmp_path / "reader")
    paper = ReceiptFolder(tmp_path / "receipts", 42, pictures=False)
    printer = SimulatedPrinter(paper, 42, tmp_path / "printer")
    settings = (
        f'[[reader]]\nname = "counter"\naddress = "serial://{reader.port.address}?baud=9600&protocol=id12"\n'
        f'[printer]\naddress = "escpos-serial://{printer.port.address}?width=42"\n'
    )
    daemon = DaemonProcess(tmp_path, settings)
    fill(daemon.data)
    daemon.start()
    used("pseudo-terminal", "reader and printer of the daemon")
    yield Counter(daemon, reader, printer, paper)
    daemon.stop()
    reader.close()
    printer.close()


def test_card_first_or_goods_first_gives_the_same_receipt(counter: Counter) -> None:
    register = counter.register()
    counter.tap()
    first = register.new_sale(BASKET)
    assert register.quote(first).total_rebate_minor == 90
    assert register.commit(first).done
    second = register.new_sale(BASKET)
    register.quote(second)
    counter.tap()
    assert register.quote(second).total_rebate_minor == 90
    assert register.commit(second).done
    assert counter.paper.wait_printed(2, WAIT_S)
    texts = [receipt.text for receipt in counter.paper.printed()]
    for text in texts:
        assert "Farmhouse bread" in text
        assert "11.30" in text
        assert "Ada" in text


def test_without_paper_the_sale_goes_on_and_the_receipt_comes_later_once(counter: Counter) -> None:
    wait_for("the printer", lambda: counter.device("printer")["state"] == "ok")
    counter.printer.order(["cover", "open"])
    wait_for("the open cover", lambda: counter.device("printer")["code"] == "printer_cover_open")
    register = counter.register()
    sale = register.new_sale(BASKET)
    register.quote(sale)
    assert register.commit(sale).done
    assert counter.daemon.status()["prints_waiting"] == 1
    counter.printer.order(["cover", "close"])
    assert counter.paper.wait_printed(1, WAIT_S)
    wait_for("the paper", lambda: counter.daemon.status()["prints_waiting"] == 0)
    assert len(counter.paper.printed()) == 1


def test_paper_that_is_owed_survives_a_kill_and_devices_come_back(counter: Counter) -> None:
    wait_for("the printer", lambda: counter.device("printer")["state"] == "ok")
    counter.printer.order(["cover", "open"])
    wait_for("the open cover", lambda: counter.device("printer")["code"] == "printer_cover_open")
    register = counter.register()
    sale = register.new_sale(BASKET)
    register.quote(sale)
    register.commit(sale)
    counter.daemon.kill()
    counter.printer.order(["cover", "close"])
    counter.daemon.start()
    assert counter.paper.wait_printed(1, WAIT_S)
    wait_for("the paper", lambda: counter.daemon.status()["prints_waiting"] == 0)
    counter.tap()
    again = counter.register()
    next_sale = again.new_sale(BASKET)
    assert again.quote(next_sale).total_rebate_minor == 90


def test_a_reader_that_is_unplugged_stops_no_sale_and_comes_back(counter: Counter) -> None:
    wait_for("the reader", lambda: counter.device("counter")["state"] == "ok")
    counter.reader.port.unplug()
    wait_for("the loss of the reader", lambda: counter.device("counter")["state"] in {"trouble", "missing"})
    register = counter.register()
    sale = register.new_sale(BASKET)
    register.quote(sale)
    assert register.commit(sale).done
    counter.reader.port.plug()
    counter.tap()
