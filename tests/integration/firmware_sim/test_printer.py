"""The simulated printer over a real pseudo-terminal; its codes are read back by zbarimg, which is not ours."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial
from PIL import Image

from firmware_sim.line.orders import OrderError
from firmware_sim.printer.barcodes import code128
from firmware_sim.printer.device import SimulatedPrinter
from firmware_sim.printer.output import ReceiptFolder
from firmware_sim.printer.paper import BarcodeRow, Receipt
from firmware_sim.printer.picture import draw_receipt
from tests.evidence import used

WAIT_S = 15.0
CUT = b"\x1dV\x00"
QR_TEXT = "https://example.org/c?n=4711&m=Cafe"


@pytest.fixture
def printer(tmp_path: Path) -> Iterator[SimulatedPrinter]:
    printer = SimulatedPrinter(ReceiptFolder(tmp_path / "out", 42), 42, tmp_path / "printer")
    used("pseudo-terminal", "simulated printer")
    yield printer
    printer.close()


@pytest.fixture
def line(printer: SimulatedPrinter) -> Iterator[serial.Serial]:
    with serial.Serial(str(printer.port.address), 38400, timeout=3, exclusive=True) as port:
        yield port


def status(line: serial.Serial) -> str:
    answers = b""
    for number in (1, 2, 3, 4):
        line.write(bytes([0x10, 0x04, number]))
        answers += line.read(1)
    return answers.hex(" ").upper()


def wait_status(line: serial.Serial, wanted: str) -> bool:
    """A status may be answered before the data sent with it were worked on, as in a real printer."""
    return any(status(line) == wanted for _ in range(20))


def qr(text: str) -> bytes:
    data = text.encode()
    return (
        b"\x1d(k\x03\x001C\x06\x1d(k\x03\x001E1\x1d(k" + (len(data) + 3).to_bytes(2, "little") + b"1P0" + data
    ) + b"\x1d(k\x03\x001Q0"


def test_codes_are_read_back_by_a_scanner(printer: SimulatedPrinter, line: serial.Serial) -> None:
    if shutil.which("zbarimg") is None:
        pytest.fail("zbarimg is missing: apt-get install zbar-tools")
    line.write(
        b"\x1b@\x1ba\x01\x1dh\x50\x1dH\x02\x1dw\x03"
        b"\x1dk\x02400638133393\x00\n\x1dw\x02\x1dk\x49\x0a{BCOUP-42x\n\x1dk\x49\x08{C\x0c\x22\x38{Bz\n"
        + qr(QR_TEXT)
        + CUT
    )
    assert printer.folder.wait_printed(1, WAIT_S)
    (printed,) = printer.folder.printed()
    read = subprocess.run(
        ["zbarimg", "-q", str(printed.picture_path)], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert sorted(read) == sorted(
        ["EAN-13:4006381333931", "CODE-128:COUP-42x", "CODE-128:123456z", f"QR-Code:{QR_TEXT}"]
    )
    sidecar = json.loads(printed.sidecar_path.read_text(encoding="utf-8"))
    assert [code["data"] for code in sidecar["codes"]] == ["4006381333931", "COUP-42x", "123456z", QR_TEXT]
    assert sidecar["problems"] == []
    assert "[ean13 4006381333931]" in printed.text_path.read_text(encoding="utf-8")


def test_every_sheet_of_paper_can_be_scanned(tmp_path: Path) -> None:
    """The grain of the paper is drawn anew for each; it must not hide a code."""
    human, bars = code128("{BCOUPON-0042")
    paper = Receipt(rows=[BarcodeRow("code128", human, bars, 3, 80, "below", "center")], cut="partial")
    pictures = [tmp_path / f"{seed}.png" for seed in range(6)]
    for seed, picture in enumerate(pictures):
        draw_receipt(paper, 42, picture, seed)
    done = subprocess.run(["zbarimg", "-q", "--raw", *map(str, pictures)], capture_output=True, text=True, check=False)
    assert done.stdout.split() == [human] * len(pictures)


def test_status_is_answered_in_the_middle_of_data(line: serial.Serial) -> None:
    line.write(b"\x1b@half a line \x10\x04")
    line.write(b"\x01and a picture \x1dv0\x00\x40\x00\x40\x00" + b"\x55" * 100 + b"\x10\x04\x04")
    assert line.read(2).hex() == "1212"


def test_paper_ends_in_the_middle_and_the_rest_comes_on_the_new_roll(
    printer: SimulatedPrinter, line: serial.Serial
) -> None:
    printer.order(["paper", "70"])
    assert status(line) == "12 12 12 12"
    printer.order(["paper", "2"])
    assert status(line) == "12 12 12 1E"
    line.write(b"\x1b@one\ntwo\nthree\nfour\n" + CUT)
    assert wait_status(line, "1A 32 12 7E")
    assert printer.folder.printed() == ()
    printer.order(["paper", "new"])
    assert printer.folder.wait_printed(2, WAIT_S)
    assert [printed.text for printed in printer.folder.printed()] == ["one\ntwo\n", "three\nfour\n"]
    cuts = [json.loads(printed.sidecar_path.read_text())["cut"] for printed in printer.folder.printed()]
    assert cuts == ["paper_end", "full"]
    assert status(line) == "12 12 12 12"


def test_an_open_cover_stops_the_print_and_closing_it_goes_on(printer: SimulatedPrinter, line: serial.Serial) -> None:
    printer.order(["cover", "open"])
    assert status(line) == "1A 16 12 12"
    line.write(b"waits\n" + CUT)
    assert status(line) == "1A 16 12 12"
    printer.order(["cover", "close"])
    assert printer.folder.wait_printed(1, WAIT_S)


def test_without_power_nothing_is_answered_and_what_waited_is_lost(
    printer: SimulatedPrinter, line: serial.Serial
) -> None:
    line.write(b"half a receipt\nan unfinished line")
    assert status(line) == "12 12 12 12"
    printer.order(["power", "off"])
    line.timeout = 0.3
    line.write(b"lost\n" + CUT + b"\x10\x04\x01")
    assert line.read(1) == b""
    printer.order(["power", "on"])
    line.timeout = 3
    line.write(b"kept\n" + CUT)
    assert printer.folder.wait_printed(2, WAIT_S)
    assert [printed.text for printed in printer.folder.printed()] == ["half a receipt\n", "kept\n"]


@pytest.mark.parametrize("pieces", [1, 2, 5])
def test_a_cleared_buffer_forgets_what_waited_and_says_so(
    printer: SimulatedPrinter, line: serial.Serial, pieces: int
) -> None:
    clear = bytes.fromhex("10140801031401060208")
    printer.order(["cover", "open"])
    line.write(b"forgotten\n")
    for start in range(0, len(clear), len(clear) // pieces):
        line.write(clear[start : start + len(clear) // pieces])
        line.flush()
    assert line.read(3).hex() == "372500"
    printer.order(["cover", "close"])
    line.write(b"printed\n" + CUT)
    assert printer.folder.wait_printed(1, WAIT_S)
    assert printer.folder.printed()[0].text == "printed\n"


def test_automatic_status_tells_of_an_open_cover_by_itself(printer: SimulatedPrinter, line: serial.Serial) -> None:
    line.write(b"\x1da\xff")
    assert line.read(4).hex() == "10000000"
    printer.order(["cover", "open"])
    assert line.read(4).hex() == "38000000"


def test_a_silent_printer_prints_and_does_not_answer(printer: SimulatedPrinter, line: serial.Serial) -> None:
    printer.order(["fault", "silent"])
    line.timeout = 0.3
    line.write(b"x\n" + CUT + b"\x10\x04\x01")
    assert line.read(1) == b""
    assert printer.folder.wait_printed(1, WAIT_S)


def test_receipts_are_numbered_on_after_a_restart(tmp_path: Path) -> None:
    for expected in (1, 2):
        printer = SimulatedPrinter(ReceiptFolder(tmp_path / "out", 42), 42, tmp_path / "printer")
        try:
            with serial.Serial(str(printer.port.address), timeout=3) as line:
                line.write(b"r\n" + CUT)
                assert printer.folder.wait_printed(1, WAIT_S)
        finally:
            printer.close()
        assert printer.folder.printed()[0].sequence == expected
    with Image.open(tmp_path / "out" / "000002.png") as picture:
        assert picture.width == 42 * 12 + 2 * 36 + 48


def test_an_unknown_order_names_the_known_ones(printer: SimulatedPrinter) -> None:
    with pytest.raises(OrderError, match="paper LINES"):
        printer.order(["explode"])
    assert "paper good" in printer.order(["status"])
