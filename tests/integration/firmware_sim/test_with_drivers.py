"""The till's drivers on the simulators: two codes that know nothing of each other meet on a real line."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers import make_printer, open_reader
from firmware_sim.cards.slot import CardSlot
from firmware_sim.printer.device import SimulatedPrinter
from firmware_sim.printer.output import PrintedReceipt, ReceiptFolder
from firmware_sim.readers.serial_reader import SerialReader
from pos_engine.ports.devices import (
    CardPresented,
    CardRefused,
    CardRemoved,
    CardTrouble,
    CodeScanned,
    DeviceError,
    Printer,
    Reader,
    ReaderEvent,
)
from pos_engine.ports.document import Barcode, Columns, Cut, Document, QrCode, Rule, Space, Text
from tests.evidence import used
from tests.integration.pcsc_fixture import PrivatePcscd

WAIT_S = 15.0
UID = "04A1B2C3D4E5F6"


def event_of(reader: Reader, wanted: type[ReaderEvent]) -> ReaderEvent:
    """The next event of this kind; others before it are stepped over."""
    for _ in range(20):
        event = reader.next_event(1.0)
        if isinstance(event, wanted):
            return event
    raise AssertionError(f"no {wanted.__name__} came")


@pytest.fixture
def printer(tmp_path: Path) -> Iterator[SimulatedPrinter]:
    printer = SimulatedPrinter(ReceiptFolder(tmp_path / "out", 42), 42, tmp_path / "printer")
    used("pseudo-terminal", "driver and simulated printer")
    yield printer
    printer.close()


@pytest.fixture
def driver(printer: SimulatedPrinter) -> Iterator[Printer]:
    driver = make_printer(f"escpos-serial://{printer.port.address}?baud=38400&width=42&codepage=cp858")
    driver.open()
    yield driver
    driver.close()


def last_printed(printer: SimulatedPrinter, count: int = 1) -> PrintedReceipt:
    assert printer.folder.wait_printed(count, WAIT_S)
    return printer.folder.printed()[-1]


RECEIPT = Document(
    (
        Text("Café Kipferl", align="center", bold=True, large=True),
        Rule(),
        Columns("Schnitzel für zwei", "25,80 €"),
        Columns("Rabatt", "-2,58 €", bold=True),
        Space(1),
        Barcode("ean13", "4006381333931"),
        Barcode("code128", "COUP-0042"),
        QrCode("https://example.org/c/42"),
        Cut(),
    ),
    language="de",
)


def test_a_receipt_is_read_back_word_for_word(printer: SimulatedPrinter, driver: Printer) -> None:
    driver.print_document(RECEIPT)
    printed = last_printed(printer)
    sidecar = json.loads(printed.sidecar_path.read_text(encoding="utf-8"))
    assert sidecar["problems"] == []
    assert sidecar["codes"] == [
        {"symbology": "ean13", "data": "4006381333931"},
        {"symbology": "code128", "data": "COUP-0042"},
        {"symbology": "qr", "data": "https://example.org/c/42"},
    ]
    lines = [line.strip() for line in printed.text.splitlines()]
    assert lines[0] == "Café Kipferl"
    assert "Schnitzel für zwei" + " " * (42 - 18 - 7) + "25,80 €" in lines
    seen = subprocess.run(["zbarimg", "-q", str(printed.picture_path)], capture_output=True, text=True, check=True)
    assert sorted(seen.stdout.splitlines()) == [
        "CODE-128:COUP-0042",
        "EAN-13:4006381333931",
        "QR-Code:https://example.org/c/42",
    ]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("cs", "Příliš žluťoučký kůň"),
        ("zh", "咖啡八折优惠"),
        ("fr", "Où dîner à Noël, François ?"),
        ("it", "perché è così €"),
    ],
)
def test_every_language_comes_out_as_it_went_in(
    printer: SimulatedPrinter, driver: Printer, language: str, text: str
) -> None:
    driver.print_document(Document((Text(text), Cut()), language=language))
    printed = last_printed(printer)
    assert printed.text == text + "\n"
    assert json.loads(printed.sidecar_path.read_text(encoding="utf-8"))["problems"] == []


@pytest.mark.parametrize(
    ("order", "code"),
    [
        (["paper", "0"], "printer_paper_out"),
        (["cover", "open"], "printer_cover_open"),
        (["power", "off"], "printer_offline"),
    ],
)
def test_trouble_is_named_and_nothing_is_taken_as_printed(
    printer: SimulatedPrinter, driver: Printer, order: list[str], code: str
) -> None:
    printer.order(order)
    with pytest.raises(DeviceError) as refused:
        driver.print_document(RECEIPT)
    assert refused.value.code == code
    assert printer.folder.printed() == ()


@pytest.mark.parametrize("protocol", ["id12", "rdm6300"])
def test_a_tag_reaches_the_till(tmp_path: Path, protocol: str) -> None:
    device = SerialReader(protocol, tmp_path / "reader", seed=5)
    reader = open_reader(f"serial://{tmp_path / 'reader'}?baud=9600&protocol={protocol}")
    try:
        reader.open()
        used("pseudo-terminal", "driver and simulated reader")
        for fault in ("half", "corrupt", "drop"):
            device.order(["fault", fault])
            device.order(["tap", "0011223344"])
        device.order(["fault", "delay"])
        device.order(["raw", "02FFFE0D"])
        for _ in range(5):
            device.tap("0030CE754C")
            event = reader.next_event(2.0)
            if isinstance(event, CardPresented):
                break
        else:
            raise AssertionError("the tag was never recognised")
        assert event.card.card_id == "em4100:0030CE754C"
    finally:
        reader.close()
        device.close()


def test_a_scan_reaches_the_till_with_its_symbology(tmp_path: Path) -> None:
    device = SerialReader("scanner", tmp_path / "scanner")
    reader = open_reader(f"serial://{tmp_path / 'scanner'}?protocol=scanner&aim=1")
    try:
        reader.open()
        device.scan("2990000000019", "ean13")
        assert event_of(reader, CodeScanned) == CodeScanned("ean", "2990000000019")
        device.scan("https://example.org/c/42", "qr")
        assert event_of(reader, CodeScanned) == CodeScanned("qr", "https://example.org/c/42")
    finally:
        reader.close()
        device.close()


@pytest.mark.pcscd
def test_cards_reach_the_till_through_the_real_service(pcscd: PrivatePcscd) -> None:
    slot = CardSlot(pcscd.ports[0], seed=2)
    reader = open_reader(f"pcsc://{pcscd.reader_names[0]}")
    reader.open()
    used("pcscd", "driver and simulated cards")
    try:
        for kind, family in (("ntag", "ultralight_ntag"), ("classic1k", "mifare_classic_1k"), ("desfire", "desfire")):
            slot.insert_kind(kind, UID)
            presented = event_of(reader, CardPresented)
            assert isinstance(presented, CardPresented)
            assert (presented.card.card_id, presented.card.family) == (f"iso14443a:{UID}", family)
            slot.remove()
            event_of(reader, CardRemoved)
        for kind, trouble in (
            ("phone", CardTrouble.PHONE),
            ("two", CardTrouble.TWO_CARDS),
            ("unreadable", CardTrouble.UNREADABLE),
            ("mute", CardTrouble.UNREADABLE),
        ):
            slot.insert_kind(kind, "")
            assert event_of(reader, CardRefused) == CardRefused(trouble), kind
            slot.remove()
    finally:
        slot.close()
        reader.close()
