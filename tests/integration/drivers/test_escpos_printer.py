"""The ESC/POS driver against the simulated printer on a pseudo-terminal: its paper, and what it says of itself."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from drivers import make_printer
from firmware_sim.printer.device import SimulatedPrinter
from firmware_sim.printer.output import ReceiptFolder
from pos_engine import words
from pos_engine.daemon.commands.testprint import command
from pos_engine.ports.devices import DeviceError, Printer, PrinterStatus
from pos_engine.ports.document import Barcode, Columns, Cut, Document, QrCode, Rule, Space, Text
from pos_engine.receipts.sample_page import LETTERS as SAMPLE
from tests.evidence import used

WAIT_S = 20.0
RECEIPT = Document(
    blocks=(
        Text("Bäckerei Müller", align="center", bold=True, large=True),
        Rule(),
        Columns("Roggenbrot mit Walnüssen aus dem Holzofen, geschnitten", "1.234,50 €"),
        Columns("Summe", "1.234,50 €", bold=True),
        Space(2),
        Barcode("ean13", "4006381333931"),
        Barcode("code128", "C{7}-AB"),
        Barcode("code128", "2911202300017"[:12]),
        QrCode("https://example.org/bon?nr=17&x=1"),
        Cut(),
    ),
    language="de",
)
SHORT = Document(blocks=(Text("Hello"), Cut()))


@pytest.fixture
def simulated(tmp_path: Path) -> Iterator[SimulatedPrinter]:
    folder = ReceiptFolder(tmp_path / "receipts", 42, pictures=False)
    printer = SimulatedPrinter(folder, 42, tmp_path / "printer")
    yield printer
    printer.close()


@pytest.fixture
def printer(simulated: SimulatedPrinter) -> Iterator[Printer]:
    printer = make_printer(f"escpos-serial://{simulated.port.address}?width=42")
    printer.open()
    used("pseudo-terminal", "receipt printer")
    yield printer
    printer.close()


def paper(simulated: SimulatedPrinter, count: int) -> list[str]:
    assert simulated.folder.wait_printed(count, WAIT_S)
    return [receipt.text for receipt in simulated.folder.printed()]


def sidecar(simulated: SimulatedPrinter, index: int) -> str:
    return simulated.folder.printed()[index].sidecar_path.read_text()


def test_what_is_on_the_paper(simulated: SimulatedPrinter, printer: Printer) -> None:
    printer.print_document(RECEIPT)
    (text,) = paper(simulated, 1)
    assert "Bäckerei Müller" in text
    assert [line for line in text.splitlines() if "€" in line] == [
        "dem Holzofen, geschnitten       1.234,50 €",
        "Summe                           1.234,50 €",
    ]
    assert '"problems": []' in sidecar(simulated, 0)
    for code in ("4006381333931", "C{7}-AB", "291120230001", "https://example.org/bon?nr=17&x=1"):
        assert code in sidecar(simulated, 0)


def test_the_codes_on_the_paper_can_be_scanned(tmp_path: Path) -> None:
    simulated = SimulatedPrinter(ReceiptFolder(tmp_path / "receipts", 42), 42)
    printer = make_printer(f"escpos-serial://{simulated.port.address}?width=42")
    printer.open()
    printer.print_document(RECEIPT)
    printer.close()
    assert simulated.folder.wait_printed(1, WAIT_S)
    picture = tmp_path / "black-and-white.png"
    # the picture shows the grain of paper, which a scanner's light does not see
    with Image.open(simulated.folder.printed()[0].picture_path) as coloured:
        coloured.convert("L").point(lambda grey: 255 * (grey > 128)).save(picture)
    simulated.close()
    command = ["zbarimg", "--quiet", "--raw", str(picture)]
    scanned = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    assert set(scanned.split("\n")) >= {"4006381333931", "C{7}-AB", "291120230001", "https://example.org/bon?nr=17&x=1"}


@pytest.mark.parametrize(
    ("language", "text", "encoding"),
    [("cs", "Příliš žluťoučký kůň 25,00 Kč", "cp852"), ("fr", "Crème brûlée 1\u202f250,00 €", "cp858")],
)
def test_each_language_prints_in_its_own_letters(
    simulated: SimulatedPrinter, printer: Printer, language: str, text: str, encoding: str
) -> None:
    printer.print_document(Document((Text(text), Cut()), language))
    assert text.replace("\u202f", " ") in paper(simulated, 1)[0]
    assert encoding in sidecar(simulated, 0)


def test_chinese_on_a_printer_that_can(tmp_path: Path) -> None:
    folder = ReceiptFolder(tmp_path / "receipts", 42, pictures=False)
    simulated = SimulatedPrinter(folder, 42)
    printer = make_printer(f"escpos-serial://{simulated.port.address}?width=42")
    printer.open()
    printer.print_document(Document((Columns("全麦面包", "¥12.00"), Cut()), "zh"))
    text = paper(simulated, 1)[0]
    assert "全麦面包" in text
    assert "gb18030" in sidecar(simulated, 0)
    printer.close()
    simulated.close()


@pytest.mark.parametrize(
    ("order", "undo", "expected", "code"),
    [
        (["paper", "0"], ["paper", "new"], PrinterStatus(True, paper_out=True, paper_near_end=True), "paper_out"),
        (["cover", "open"], ["cover", "close"], PrinterStatus(True, cover_open=True), "cover_open"),
        (["cutter", "jam"], ["cutter", "free"], PrinterStatus(True, error=True), "error"),
        (["power", "off"], ["power", "on"], PrinterStatus(False), "offline"),
        (["fault", "silent"], ["fault", "none"], PrinterStatus(False), "offline"),
    ],
)
def test_a_printer_that_cannot_says_why_and_prints_nothing(
    simulated: SimulatedPrinter, printer: Printer, order: list[str], undo: list[str], expected: PrinterStatus, code: str
) -> None:
    simulated.order(order)
    assert printer.status() == expected
    with pytest.raises(DeviceError) as refused:
        printer.print_document(SHORT)
    assert refused.value.code == f"printer_{code}"
    assert not refused.value.paper_used
    simulated.order(undo)
    assert printer.status() == PrinterStatus(online=True)
    printer.print_document(SHORT)
    assert paper(simulated, 1)[0].strip() == "Hello"


def test_paper_that_ends_soon_is_told_and_printed_on(simulated: SimulatedPrinter, printer: Printer) -> None:
    simulated.order(["paper", "20"])
    assert printer.status() == PrinterStatus(online=True, paper_near_end=True)
    printer.print_document(SHORT)
    assert paper(simulated, 1)


def test_paper_that_ends_in_the_middle_is_not_taken_for_printed(simulated: SimulatedPrinter, printer: Printer) -> None:
    simulated.order(["paper", "5"])
    with pytest.raises(DeviceError) as refused:
        printer.print_document(RECEIPT)
    assert refused.value.code == "printer_paper_out"
    assert refused.value.paper_used


def test_a_printer_that_is_unplugged_in_use_is_offline(simulated: SimulatedPrinter, printer: Printer) -> None:
    simulated.order(["unplug"])
    with pytest.raises(DeviceError) as gone:
        printer.status()
    assert gone.value.code == "printer_offline"
    with pytest.raises(DeviceError):
        printer.print_document(SHORT)
    with pytest.raises(DeviceError) as closed:
        printer.open()
    assert closed.value.code == "printer_offline"


def test_nobody_at_the_other_end_is_offline_and_not_fine(simulated: SimulatedPrinter) -> None:
    simulated.order(["fault", "silent"])
    printer = make_printer(f"escpos-serial://{simulated.port.address}")
    with pytest.raises(DeviceError, match="does not answer") as refused:
        printer.open()
    assert refused.value.code == "printer_offline"


def test_a_printer_that_was_opened_forgets_what_it_still_holds(simulated: SimulatedPrinter, printer: Printer) -> None:
    simulated.order(["cover", "open", "after", "5"])
    with pytest.raises(DeviceError):
        printer.print_document(RECEIPT)
    simulated.order(["cover", "close"])
    printer.print_document(SHORT)
    (text,) = paper(simulated, 1)
    assert "Roggenbrot" in text
    assert "Summe" not in text
    assert text.splitlines()[-1].strip() == "Hello"


def test_the_page_of_the_installer(tmp_path: Path, simulated: SimulatedPrinter) -> None:
    Image.radial_gradient("L").resize((300, 80)).save(tmp_path / "logo.png")
    address = f"escpos-serial://{simulated.port.address}?width=42&logo={tmp_path}/logo.png"
    asked = [each for language in words.LANGUAGES for each in ("--language", language)]
    done = CliRunner().invoke(command, ["--address", address, "--drawer", *asked])
    assert done.exit_code == 0, done.output
    pages = paper(simulated, len(words.LANGUAGES))
    for page, language, number in zip(pages, words.LANGUAGES, range(6), strict=True):
        assert "[image 304x64]" in page
        assert "123456789012345678901234567890123456789012\n" in page
        assert sidecar(simulated, number).count('"problems": []') == 1
        assert SAMPLE[language].replace("œ", "oe").split()[0] in page
    assert '"drawer_pulses": 1' in sidecar(simulated, 0)
    assert '"drawer_pulses": 0' in sidecar(simulated, 1)


def test_the_page_of_the_installer_says_what_is_wrong(tmp_path: Path) -> None:
    nobody = CliRunner().invoke(command, ["--address", f"escpos-usb://{tmp_path}/lp0"])
    assert nobody.exit_code == 1
    assert "does not answer" in nobody.output
    (tmp_path / "till.toml").write_text("")
    nothing = CliRunner().invoke(command, ["--config", str(tmp_path / "till.toml")])
    assert nothing.exit_code == 1
    assert "names no printer" in nothing.output
