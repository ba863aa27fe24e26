"""A coupon whose paper ends, whose printer is opened or loses power in the middle: finished, nothing printed twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from drivers import make_printer
from firmware_sim.line.pty_port import PtyPort
from firmware_sim.line.tcp_port import TcpPort
from firmware_sim.printer.device import SimulatedPrinter
from firmware_sim.printer.output import ReceiptFolder
from pos_engine.daemon import print_queue
from pos_engine.daemon.print_queue import PrintQueue
from pos_engine.ports.document import Barcode, Columns, Cut, Document, QrCode, Rule, Text
from tests.evidence import used
from tests.support.till import HandClock
from tests.support.waiting import wait_for

WAIT_S = 20.0
CODE = "CW0DY3V1ZC7SCK"
COUPON = Document(
    (
        Text("Corner Bakery", align="center"),
        Text("2 euros off next time", bold=True),
        *(Columns(f"line {number}", f"{number}.00") for number in range(9)),
        Rule(),
        Barcode("code128", CODE),
        QrCode(CODE),
        Text("Thank you"),
        Cut(),
    )
)
WAYS = {
    "serial": lambda port: f"escpos-serial://{port.address}?baud=115200",
    "usb": lambda port: f"escpos-usb://{port.address}?width=42",
    "tcp": lambda port: f"escpos-tcp://{port.address}?width=42",
}


@contextmanager
def printing(
    folder: Path, way: str, confirm: str = "gs-r", *, clears: bool = True
) -> Iterator[tuple[SimulatedPrinter, PrintQueue]]:
    with ExitStack() as undo:
        port = TcpPort() if way == "tcp" else PtyPort()
        device = undo.enter_context(
            closing(SimulatedPrinter(ReceiptFolder(folder, 42, pictures=False), 42, port, clears=clears))
        )
        queue = PrintQueue("printer", make_printer(f"{WAYS[way](port)}&confirm={confirm}"), HandClock())
        queue.start()
        undo.callback(queue.join, WAIT_S)
        undo.callback(queue.ask_to_stop)
        wait_for("the printer", lambda: queue.health().state == "ok")
        if way != "tcp":
            used("pseudo-terminal", f"receipt printer by {way}")
        yield device, queue


def pieces(device: SimulatedPrinter) -> list[str]:
    assert device.folder.wait_all_written(WAIT_S)
    return [printed.text for printed in device.folder.printed()]


def rows(device: SimulatedPrinter) -> list[str]:
    """Everything that is on any piece of paper, in order, without the marks."""
    lines = [line.strip() for piece in pieces(device) for line in piece.splitlines()]
    return [line for line in lines if line and "Continued" not in line]


@pytest.fixture(autouse=True)
def looked_at_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """People take seconds to change paper; here nobody waits for them."""
    monkeypatch.setattr(print_queue, "IDLE_LOOK_S", 0.05)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    with printing(tmp_path_factory.mktemp("whole"), "serial") as (device, queue):
        queue.submit("coupon", COUPON)
        wait_for("the coupon", lambda: not queue.waiting())
        return rows(device)


def interrupted(device: SimulatedPrinter, queue: PrintQueue, order: str, code: str) -> None:
    device.order(order.split())
    queue.submit("coupon", COUPON)
    wait_for("the trouble", lambda: queue.health().code == code or not queue.waiting())


LINES_IN_ALL = 21


@pytest.mark.parametrize("clears", [True, False])
@pytest.mark.parametrize("confirm", ["gs-r", "process-id"])
def test_paper_that_ends_at_any_line_is_finished_on_the_new_roll_and_nothing_is_printed_twice(
    tmp_path: Path, whole: list[str], confirm: str, clears: bool
) -> None:
    for line in range(1, LINES_IN_ALL, 3 if clears else 5):
        with printing(tmp_path / str(line), "serial", confirm, clears=clears) as (device, queue):
            interrupted(device, queue, f"paper {line}", "printer_paper_out")
            assert queue.waiting() == ("coupon",)
            device.order(["paper", "new"])
            wait_for("the rest", lambda: not queue.waiting())
            assert rows(device) == whole, line
            assert len(pieces(device)) == 2


@pytest.mark.parametrize("way", ["usb", "tcp"])
def test_the_same_by_usb_and_network(tmp_path: Path, whole: list[str], way: str) -> None:
    with printing(tmp_path, way) as (device, queue):
        interrupted(device, queue, "paper 6", "printer_paper_out")
        device.order(["paper", "new"])
        wait_for("the rest", lambda: not queue.waiting())
        assert rows(device) == whole


@pytest.mark.parametrize("confirm", ["gs-r", "process-id"])
@pytest.mark.parametrize("line", [4, 12, 13, 18])
def test_a_cover_that_is_opened_in_the_middle_spoils_one_block_at_most(
    tmp_path: Path, whole: list[str], line: int, confirm: str
) -> None:
    with printing(tmp_path, "serial", confirm) as (device, queue):
        interrupted(device, queue, f"cover open after {line}", "printer_cover_open")
        device.order(["cover", "close"])
        wait_for("the rest", lambda: not queue.waiting())
        printed = rows(device)
        assert "*** Continued ***" in "".join(pieces(device))
        assert list(dict.fromkeys(printed)) == list(dict.fromkeys(whole))
        assert len(printed) <= len(whole) + 1


@pytest.mark.parametrize("confirm", ["gs-r", "process-id"])
def test_a_printer_that_was_switched_off_for_new_paper_goes_on_behind_what_it_confirmed(
    tmp_path: Path, whole: list[str], confirm: str
) -> None:
    with printing(tmp_path, "serial", confirm) as (device, queue):
        interrupted(device, queue, "paper 7", "printer_paper_out")
        for order in ("power off", "paper new", "power on"):
            device.order(order.split())
        wait_for("the rest", lambda: not queue.waiting())
        printed = rows(device)
        torn, rest = pieces(device)
        assert rest.strip().startswith("*** Continued ***")
        assert list(dict.fromkeys(printed)) == list(dict.fromkeys(whole))
        assert len(printed) <= len(whole) + 1
        assert "Corner Bakery" in torn
        assert "Corner Bakery" not in rest


def test_a_printer_that_confirms_nothing_repeats_the_whole_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("firmware_sim.printer.interpreter.Interpreter._tell_status", lambda *_: None)
    with printing(tmp_path, "serial") as (device, queue):
        interrupted(device, queue, "paper 7", "printer_paper_out")
        device.order(["paper", "new"])
        wait_for("the repeat", lambda: not queue.waiting())
        repeat = pieces(device)[-1]
        assert repeat.strip().startswith("Printed again after a fault")
        assert repeat.count(CODE) == 2
