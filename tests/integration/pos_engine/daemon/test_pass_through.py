"""A daemon on the cable between a register and its printer: the receipt passes, the coupon stands before the cut."""

from __future__ import annotations

import json
import os
import select
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from firmware_sim.line.null_modem import NullModem
from firmware_sim.printer.device import SimulatedPrinter
from firmware_sim.printer.output import ReceiptFolder
from pos_engine.core.campaign import Campaign, Offer
from pos_engine.core.conditions.minimum_spend import MinimumSpend
from pos_engine.core.rewards.coupon_later import CouponLater
from tests.evidence import used
from tests.support.daemon import FRIDAY_BREAD, DaemonProcess, fill, run_program
from tests.support.programs import child_of
from tests.support.waiting import wait_for

WAIT_S = 30.0
CUT = b"\x1dVB\x00"
RECEIPT = (
    "\x1b@\x1bt\x13\x1ba\x01Bäckerei Sommer\n\x1ba\x00".encode("cp858")
    + b"=" * 42
    + b"\n2 x 2001 Cappuccino                 6,40 A\n4001                                9,00 B\n"
    + b"-" * 42
    + b"\nSUMME EUR                          15,40\n"
)
SMALL = RECEIPT.replace(b"15,40", b" 6,40").replace(b"4001                                9,00 B\n", b"")
COUPON = Campaign(
    campaign_id="come-again",
    version=1,
    name="Come again",
    starts_on=date(2026, 1, 1),
    ends_on=date(2027, 12, 31),
    offers=(
        Offer(
            offer_id="come-again",
            name="Come again",
            condition=MinimumSpend(amount_minor=1000),
            reward=CouponLater(series_id="later-1", title="Come again: 10 % off"),
        ),
    ),
)


@dataclass
class Cable:
    """The register's end of its printer cable, the daemon between, the printer."""

    daemon: DaemonProcess
    modem: NullModem
    printer: SimulatedPrinter
    paper: ReceiptFolder
    register: int

    def send(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self.register, view) :]

    def answer(self) -> bytes:
        readable, _, _ = select.select([self.register], [], [], WAIT_S)
        assert readable
        return os.read(self.register, 100)


@pytest.fixture(scope="module")
def cable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cable]:
    folder = tmp_path_factory.mktemp("cable")
    modem = NullModem()
    paper = ReceiptFolder(folder / "receipts", 42, pictures=False)
    printer = SimulatedPrinter(paper, 42, folder / "printer")
    daemon = DaemonProcess(
        folder,
        f'[pass_through]\nregister = "{modem.left.address}"\n'
        f'printer = "escpos-serial://{printer.port.address}?baud=115200&width=42"\nnot_a_fiscal_printer = true\n',
    )
    fill(daemon.data, campaigns=(FRIDAY_BREAD, COUPON))
    daemon.start()
    used("pseudo-terminal", "pass-through")
    register = os.open(modem.right.address, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    made = Cable(daemon, modem, printer, paper, register)
    wait_for("the cable", lambda: daemon.status()["devices"][0]["state"] == "ok")
    yield made
    os.close(register)
    assert daemon.stop() == 0
    modem.close()
    printer.close()


def test_a_receipt_gets_its_coupon_before_the_cut_and_is_a_sale(cable: Cable) -> None:
    before, printed = len(cable.daemon.receipts()), len(cable.paper.printed())
    cable.send(RECEIPT + CUT)
    assert cable.paper.wait_printed(printed + 1, WAIT_S)
    receipt = cable.paper.printed()[-1]
    assert "Bäckerei Sommer" in receipt.text
    assert "Come again" in receipt.text, (receipt.text, cable.daemon.log[-5:])
    assert receipt.text.index("SUMME EUR") < receipt.text.index("Come again")
    sidecar = json.loads(receipt.sidecar_path.read_text())
    assert {code["symbology"] for code in sidecar["codes"]} == {"code128", "qr"}
    assert sidecar["problems"] == []
    sale = cable.daemon.receipts()[0]
    assert len(cable.daemon.receipts()) == before + 1
    assert (sale["total_value_minor"], sale["total_discount_minor"], sale["total_due_minor"]) == (1540, 0, 1540)
    assert cable.daemon.status()["prints_waiting"] == 0


def test_a_small_receipt_and_other_paper_pass_as_they_are(cable: Cable) -> None:
    before, printed = len(cable.daemon.receipts()), len(cable.paper.printed())
    cable.send(SMALL + CUT + b"\x1b@*** KOPIE ***\n" + RECEIPT + CUT)
    assert cable.paper.wait_printed(printed + 2, WAIT_S)
    assert "Come again" not in "".join(receipt.text for receipt in cable.paper.printed()[printed:])
    assert len(cable.daemon.receipts()) == before + 1


def test_status_questions_are_answered_while_paper_is_awaited(cable: Cable) -> None:
    cable.send(b"\x10\x04\x01")
    assert cable.answer() == b"\x12"
    printed = len(cable.paper.printed())
    cable.send(RECEIPT + CUT + b"\x10\x04\x04")
    assert cable.answer() == b"\x12"
    assert cable.paper.wait_printed(printed + 1, WAIT_S)


def test_many_receipts_without_a_pause_lose_nothing(cable: Cable) -> None:
    printed, count = len(cable.paper.printed()), 20
    image = b"\x1dv0\x00\x08\x00\x20\x00" + (CUT + b"\x1b@x") * 37 + b"12"
    assert len(image) == 8 + 256 + 5
    sender = threading.Thread(target=cable.send, args=((RECEIPT + image[:264] + CUT) * count,))
    os.set_blocking(cable.register, True)
    sender.start()
    assert cable.paper.wait_printed(printed + count, 60.0)
    sender.join()
    os.set_blocking(cable.register, False)
    for receipt in cable.paper.printed()[printed:]:
        assert receipt.text.count("SUMME EUR") == 1
        assert receipt.text.count("Bäckerei Sommer") == 1


def test_a_plug_that_was_pulled_is_told_and_comes_back(cable: Cable) -> None:
    cable.printer.order(["unplug"])
    wait_for("the loss", lambda: cable.daemon.status()["devices"][0]["code"] == "pass_through_gone")
    cable.printer.order(["plug"])
    wait_for("the cable", lambda: cable.daemon.status()["devices"][0]["state"] == "ok")
    printed = len(cable.paper.printed())
    cable.send(RECEIPT + CUT)
    assert cable.paper.wait_printed(printed + 1, WAIT_S)


def test_the_process_on_the_cable_is_started_again_when_it_dies(cable: Cable) -> None:
    first = child_of(cable.daemon.pid)
    os.kill(first, signal.SIGKILL)
    wait_for("another process", lambda: child_of(cable.daemon.pid) not in (0, first))
    wait_for("the cable", lambda: cable.daemon.status()["devices"][0]["state"] == "ok")
    printed = len(cable.paper.printed())
    cable.send(RECEIPT + CUT)
    assert cable.paper.wait_printed(printed + 1, WAIT_S)
    assert "Come again" in cable.paper.printed()[-1].text


def test_paper_comes_while_the_till_hangs_and_without_a_coupon(cable: Cable) -> None:
    before, printed = len(cable.daemon.receipts()), len(cable.paper.printed())
    os.kill(cable.daemon.pid, signal.SIGSTOP)
    try:
        cable.send(RECEIPT + CUT)
        assert cable.paper.wait_printed(printed + 1, WAIT_S)
    finally:
        os.kill(cable.daemon.pid, signal.SIGCONT)
    assert "Come again" not in cable.paper.printed()[-1].text
    wait_for("the sale, booked late", lambda: len(cable.daemon.receipts()) == before + 1)


def test_a_receipt_that_was_told_in_the_same_breath_as_a_loss_is_a_sale(cable: Cable) -> None:
    before, printed = len(cable.daemon.receipts()), len(cable.paper.printed())
    os.kill(cable.daemon.pid, signal.SIGSTOP)
    try:
        cable.send(RECEIPT + CUT)
        assert cable.paper.wait_printed(printed + 1, WAIT_S)
        process = child_of(cable.daemon.pid)
        cable.printer.order(["unplug"])
        wait_for("the end of the process on the cable", lambda: child_of(cable.daemon.pid) != process)
    finally:
        os.kill(cable.daemon.pid, signal.SIGCONT)
        cable.printer.order(["plug"])
    wait_for("the sale, booked late", lambda: len(cable.daemon.receipts()) == before + 1)
    wait_for("the cable", lambda: cable.daemon.status()["devices"][0]["state"] == "ok")


def test_the_lines_are_free_when_the_till_was_killed(cable: Cable) -> None:
    last = child_of(cable.daemon.pid)
    cable.daemon.restart()
    wait_for("the end of the process before", lambda: not Path(f"/proc/{last}").exists())
    wait_for("the cable", lambda: cable.daemon.status()["devices"][0]["state"] == "ok")


def test_a_fiscal_printer_is_refused_until_somebody_has_looked(tmp_path: Path) -> None:
    (tmp_path / "till.toml").write_text('[pass_through]\nregister = "/dev/a"\nprinter = "escpos-serial:///dev/b"\n')
    refused = run_program("run", "--config", str(tmp_path / "till.toml"))
    assert refused.returncode == 1
    assert "a fiscal printer may never be passed through" in refused.stderr


def test_a_template_is_tried_on_a_captured_file(tmp_path: Path) -> None:
    captured = tmp_path / "captured.bin"
    captured.write_bytes(RECEIPT + CUT + b"Hello\n")
    said = run_program("receipt-template", "try", str(captured))
    assert said.returncode == 0, said.stdout
    assert "paper 1: total 15.40" in said.stdout
    assert "2 x 2001 Cappuccino [2001 Cappuccino]  6.40  VAT 19 %" in said.stdout
    assert "paper 2: no receipt: no line looks like the total" in said.stdout
    captured.write_bytes(RECEIPT.replace(b"9,00", b"8,00") + CUT)
    said = run_program("receipt-template", "try", str(captured))
    assert said.returncode == 1
    assert "do not sum to the total" in said.stdout
    assert "one_line: one line for each article" in run_program("receipt-template", "list").stdout
    wrong = run_program("receipt-template", "try", str(captured), "--template", "x.toml")
    assert "there is no such file" in wrong.stderr
