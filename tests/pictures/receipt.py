"""Pictures of paper: a real sale, printed by the real driver on the simulated printer."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser

from drivers import make_printer
from firmware_sim.printer.device import SimulatedPrinter
from firmware_sim.printer.output import ReceiptFolder
from pos_engine.ports.document import Document
from tests.support.papers import papers_in
from tests.support.shop import ANNA_CARD, BEA_CARD, COFFEE, ROLL, RYE, Shop, line

COLUMNS = 42
NARROW_COLUMNS = 32
NARROW = {"de": "german", "cs": "czech", "zh": "chinese"}
"""Languages shown on 58 mm paper, where it is hardest: long words, another code page, wide characters."""
PAPER_WAIT_S = 20.0


def take(_browser: Browser, folder: Path) -> Iterator[Path]:
    """A receipt, its coupon for the next visit, its copy, a receipt in German; and three languages on 58 mm paper."""
    with tempfile.TemporaryDirectory() as scratch:
        paper = _printed(Path(scratch), _documents(Path(scratch)))
        for name, picture in zip(("receipt", "receipt-coupon", "receipt-copy", "receipt-german"), paper, strict=True):
            target = folder / f"{name}.png"
            shutil.copyfile(picture, target)
            yield target
        for language, name in NARROW.items():
            place = Path(scratch) / language
            place.mkdir()
            (picture,) = _printed(place, [papers_in(place, language)["receipt"]], NARROW_COLUMNS)
            target = folder / f"receipt-58mm-{name}.png"
            shutil.copyfile(picture, target)
            yield target


def _documents(scratch: Path) -> list[Document]:
    """What the till wants printed after Anna's sale, its reprint, and Bea's sale."""
    shop = Shop(scratch)
    shop.hold_coupon("anna-welcome", "anna")
    shop.tap(ANNA_CARD)
    first = shop.sell("4711", line("1", RYE, 480), line("2", ROLL, 60, 6), line("3", COFFEE, 320, 4))
    wanted = list(_waiting(shop))[:2]
    shop.till.reprint(first.receipt_id, "17")
    wanted += list(_waiting(shop))[:1]
    shop.tap(BEA_CARD)
    shop.sell("4712", line("1", RYE, 480), line("2", COFFEE, 320))
    wanted += list(_waiting(shop))[:1]
    shop.close()
    return wanted


def _waiting(shop: Shop) -> Iterator[Document]:
    while (job := shop.journal.next_print_job()) is not None:
        document = shop.till.paper(job)
        shop.journal.print_begun(job.job_no, document)
        yield document
        shop.journal.print_done(job.job_no)


def _printed(scratch: Path, documents: list[Document], columns: int = COLUMNS) -> list[Path]:
    device = SimulatedPrinter(ReceiptFolder(scratch / "paper", columns), columns, scratch / "printer")
    driver = make_printer(f"escpos-serial://{device.port.address}?width={columns}")
    driver.open()
    try:
        for document in documents:
            driver.print_document(document)
        device.folder.wait_printed(len(documents), PAPER_WAIT_S)
        return [receipt.picture_path for receipt in device.folder.printed()]
    finally:
        driver.close()
        device.close()
