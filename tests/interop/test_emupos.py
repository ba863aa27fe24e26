"""Our coupons and receipts on emupos, a receipt printer that is not ours: its paper, its status, its lack of paper.

emupos needs Python 3.13. Where the machine has none the tests are skipped and say so; there the bytes are judged by
python-escpos (`tests/unit/drivers/escpos`), and zbarimg reads the codes off the simulated printer's pictures
(`tests/integration/drivers/test_escpos_printer.py`).
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest
from PIL import Image
from typing_extensions import override

from deploy.interop import PLACE, RECIPES, STAMP, NoPythonError, python_of
from drivers import make_printer
from drivers.address import Paper
from drivers.escpos.printer import EscposPrinter
from drivers.escpos.transport import TcpTransport
from pos_engine.daemon import print_queue
from pos_engine.daemon.print_queue import PrintQueue
from pos_engine.ports.devices import DeviceError, PrinterStatus
from pos_engine.ports.document import Barcode, Columns, Cut, Document, Logo, OpenDrawer, QrCode, Text
from pos_engine.receipts.plain import text_of
from tests.evidence import used
from tests.support.papers import papers_in
from tests.support.programs import Program, free_port
from tests.support.scanning import codes_on
from tests.support.till import HandClock
from tests.support.waiting import wait_for

pytestmark = pytest.mark.interop
COLUMNS = 48
PRINTER = "front"
LATIN = ("en", "de", "fr", "it", "cs")
"""emupos knows no GB 18030: Chinese is judged by the simulated printer alone."""


@dataclass
class Emupos:
    """The running simulator: its API, and where its printer listens."""

    api: httpx.Client
    printer_port: int
    before: frozenset[str] = frozenset()
    """Receipts of the tests before."""

    @property
    def address(self) -> str:
        return f"escpos-tcp://127.0.0.1:{self.printer_port}?width={COLUMNS}"

    def receipts(self) -> list[str]:
        """Ids in the order they were completed."""
        found = self.api.get(f"/devices/{PRINTER}/receipts").json()
        ordered = sorted(found, key=lambda each: (each["completed_at"], each["id"]))
        return [each["id"] for each in ordered if each["id"] not in self.before]

    def text(self, receipt_id: str) -> str:
        return self.api.get(f"/devices/{PRINTER}/receipts/{receipt_id}/text").text

    def picture(self, receipt_id: str) -> Image.Image:
        return Image.open(io.BytesIO(self.api.get(f"/devices/{PRINTER}/receipts/{receipt_id}/image").content))

    def fault(self, name: str, *, active: bool) -> None:
        method = "PUT" if active else "DELETE"
        assert self.api.request(method, f"/devices/{PRINTER}/faults/{name}").status_code == httpx.codes.NO_CONTENT


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emupos]:
    folder = tmp_path_factory.mktemp("emupos")
    try:
        python_of(RECIPES / "emupos")
    except NoPythonError as missing:
        pytest.skip(str(missing))
    api_port, printer_port = free_port(), free_port()
    config = {
        "schema": 1,
        "api": {"host": "127.0.0.1", "port": api_port},
        "devices": [
            {
                "id": PRINTER,
                "type": "printer",
                "profile": "epson-tm-t20iii",
                "connections": [{"tcp": {"port": printer_port}}],
                "receipts_dir": str(folder / "receipts"),
            }
        ],
    }
    (folder / "emupos.yaml").write_text(json.dumps(config))  # JSON is YAML
    if not (PLACE / "emupos" / STAMP).exists():
        pytest.fail("var/interop/emupos is missing: run make interop")
    command = [str(PLACE / "emupos" / "bin" / "emupos"), "run", "--config", str(folder / "emupos.yaml")]
    program = Program("emupos", command, folder / "log")
    program.start()
    with httpx.Client(base_url=f"http://127.0.0.1:{api_port}/api/v1", trust_env=False) as api:

        def answers() -> bool:
            assert program.running, program.tail()
            try:
                return api.get("/health").status_code == httpx.codes.OK
            except httpx.TransportError:
                return False

        wait_for("emupos", answers)
        yield Emupos(api, printer_port)
    program.stop()


@pytest.fixture
def emupos(running: Emupos) -> Emupos:
    used("emupos", "a receipt printer")
    return replace(running, before=frozenset(running.receipts()))


@pytest.mark.parametrize("language", LATIN)
def test_every_paper_comes_out_letter_for_letter(tmp_path: Path, emupos: Emupos, language: str) -> None:
    papers = papers_in(tmp_path, language)
    with closing(make_printer(emupos.address)) as printer:
        printer.open()
        for document in papers.values():
            printer.print_document(document)
    ids = emupos.receipts()
    assert len(ids) == len(papers)
    for receipt_id, (name, document) in zip(ids, papers.items(), strict=True):
        assert words_of(emupos.text(receipt_id)) == words_of(expected(document)), name
        codes = {f"QR-Code:{block.data}" for block in document.blocks if isinstance(block, QrCode)}
        codes |= {f"CODE-128:{block.data}" for block in document.blocks if isinstance(block, Barcode)}
        assert codes_on(emupos.picture(receipt_id), tmp_path) == codes, name


def words_of(text: str) -> list[str]:
    """The words of a paper, in order; emupos names codes in brackets."""
    lines = (line for line in text.splitlines() if not line.startswith(("[barcode", "[qr")))
    return [word for line in lines for word in line.split() if any(character.isalnum() for character in word)]


def expected(document: Document) -> str:
    """The text of the blocks, a code as nothing."""
    blocks = tuple(block for block in document.blocks if not isinstance(block, Barcode | QrCode))
    return text_of(Document(blocks, document.language), COLUMNS).replace("- - - 8< - - -", "")


def test_an_ean_the_logo_and_the_drawer(tmp_path: Path, emupos: Emupos) -> None:
    Image.new("1", (200, 60), 0).save(tmp_path / "logo.png")
    with closing(make_printer(f"{emupos.address}&logo={tmp_path}/logo.png")) as printer:
        printer.open()
        printer.print_document(Document((Logo(), Barcode("ean13", "4006381333931"), OpenDrawer(), Cut())))
    (receipt_id,) = emupos.receipts()
    picture = emupos.picture(receipt_id).convert("L")
    assert codes_on(picture, tmp_path) == {"EAN-13:4006381333931"}
    black = [x for x in range(picture.width) if picture.getpixel((x, 30)) == 0]
    assert len(black) == 200, "the logo is as wide as it was drawn"
    assert abs((black[0] + black[-1]) / 2 - picture.width / 2) <= 4, "and in the middle"
    (device,) = emupos.api.get("/devices").json()
    assert device["state"]["drawer"] == "open"


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ("paper-near-end", PrinterStatus(online=True, paper_near_end=True)),
        ("paper-out", PrinterStatus(online=True, paper_out=True, paper_near_end=True)),
        ("cover-open", PrinterStatus(online=True, cover_open=True)),
        ("offline", PrinterStatus(online=True, error=True)),
    ],
)
def test_its_status_is_understood(emupos: Emupos, fault: str, status: PrinterStatus) -> None:
    with closing(make_printer(emupos.address)) as printer:
        printer.open()
        assert printer.status() == PrinterStatus(online=True)
        emupos.fault(fault, active=True)
        assert printer.status() == status
        if not status.can_print:
            with pytest.raises(DeviceError) as refused:
                printer.print_document(Document((Text("nothing"), Cut())))
            assert not refused.value.paper_used
        emupos.fault(fault, active=False)
        assert printer.status() == PrinterStatus(online=True)
    assert emupos.receipts() == []


class TroubledTransport(TcpTransport):
    """Makes something happen to the printer once, before so many bytes are sent."""

    def __init__(self, port: int, after_bytes: int, trouble: Callable[[], None]) -> None:
        super().__init__("127.0.0.1", port)
        self._left = after_bytes
        self._trouble = trouble

    @override
    def write(self, data: bytes) -> None:
        if self._left >= 0:
            self._left -= len(data)
            if self._left < 0:
                self._trouble()
        super().write(data)


@pytest.mark.parametrize("fault", ["paper-out", "cover-open", "offline"])
@pytest.mark.parametrize("after_bytes", [150, 420, 700])
def test_a_coupon_interrupted_in_the_middle_is_finished_and_printed_once(
    tmp_path: Path, emupos: Emupos, monkeypatch: pytest.MonkeyPatch, fault: str, after_bytes: int
) -> None:
    monkeypatch.setattr(print_queue, "IDLE_LOOK_S", 0.05)
    code = "CW0DY3V1ZC7SCK"
    lines = tuple(Columns(f"line {number}", f"{number}.00") for number in range(20))
    coupon = Document((Text("Corner Bakery"), *lines, Barcode("code128", code), QrCode(code), Text("End"), Cut()))
    trouble = TroubledTransport(emupos.printer_port, after_bytes, lambda: emupos.fault(fault, active=True))
    prints = PrintQueue("printer", EscposPrinter(trouble, Paper(COLUMNS)), HandClock())
    prints.start()
    try:
        prints.submit("coupon", coupon)
        wait_for("the trouble", lambda: prints.health().code is not None)
        assert prints.waiting() == ("coupon",)
        emupos.fault(fault, active=False)
        wait_for("the rest", lambda: not prints.waiting())
    finally:
        prints.ask_to_stop()
        assert prints.join()
    papers = [emupos.text(receipt_id) for receipt_id in emupos.receipts()]
    printed = [line for paper in papers for line in paper.splitlines()]
    for text in ("Corner Bakery", *(f"line {number} " for number in range(20)), "End"):
        assert sum(text in line for line in printed) == 1, f"{text}: {papers}"
    seen = [codes_on(emupos.picture(receipt_id), tmp_path) for receipt_id in emupos.receipts()]
    assert sorted(each for codes in seen for each in codes) == [f"CODE-128:{code}", f"QR-Code:{code}"]
