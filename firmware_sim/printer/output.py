"""Each cut is one receipt on disk: NNNNNN.txt, NNNNNN.png and NNNNNN.json; the JSON file comes last: "done".

Writing has a thread of its own: drawing takes a tenth of a second, in which the printer must still answer status.
"""

from __future__ import annotations

import json
import queue
import threading
import zlib
from dataclasses import dataclass
from pathlib import Path

from firmware_sim.printer.paper import Receipt
from firmware_sim.printer.picture import draw_receipt

WAITING_MAX = 50
"""Receipts that wait to be written; then the printer waits, as one does whose basket is full."""


@dataclass(frozen=True)
class PrintedReceipt:
    """Where a receipt was put."""

    sequence: int
    text: str
    text_path: Path
    picture_path: Path
    sidecar_path: Path


class ReceiptFolder:
    """The basket into which receipts fall, numbered on from what lies there already."""

    def __init__(self, folder: Path, columns: int, *, pictures: bool = True) -> None:
        self._folder = folder
        self._columns = columns
        self._pictures = pictures
        folder.mkdir(parents=True, exist_ok=True)
        numbers = [int(path.stem) for path in folder.glob("*.json") if path.stem.isdecimal()]
        self._next = max(numbers, default=0) + 1
        self._arrived = threading.Condition()
        self._printed: list[PrintedReceipt] = []
        self._dropped = 0
        self._waiting: queue.Queue[Receipt | None] = queue.Queue(maxsize=WAITING_MAX)
        self._writer = threading.Thread(target=self._write_all, name="receipts", daemon=True)
        self._writer.start()

    def drop(self, receipt: Receipt) -> None:
        """Take one receipt; it is on disk a little later."""
        with self._arrived:
            self._dropped += 1
        self._waiting.put(receipt)

    def _write_all(self) -> None:
        while (receipt := self._waiting.get()) is not None:
            self._write(receipt)

    def _write(self, receipt: Receipt) -> None:
        sequence = self._next
        self._next += 1
        stem = self._folder / f"{sequence:06d}"
        text = receipt.text(self._columns)
        stem.with_suffix(".txt").write_text(text, encoding="utf-8")
        if self._pictures:
            draw_receipt(receipt, self._columns, stem.with_suffix(".png"), seed=zlib.crc32(text.encode()))
        sidecar = stem.with_suffix(".json.new")
        sidecar.write_text(json.dumps(_describe(receipt, sequence, text), ensure_ascii=False, indent=2), "utf-8")
        sidecar.replace(stem.with_suffix(".json"))
        printed = PrintedReceipt(
            sequence, text, stem.with_suffix(".txt"), stem.with_suffix(".png"), stem.with_suffix(".json")
        )
        with self._arrived:
            self._printed.append(printed)
            self._arrived.notify_all()

    def printed(self) -> tuple[PrintedReceipt, ...]:
        """What was printed since the start, oldest first."""
        with self._arrived:
            return tuple(self._printed)

    def wait_printed(self, count: int, wait_s: float) -> bool:
        """Whether at least `count` receipts were printed since the start, within `wait_s`."""
        with self._arrived:
            return self._arrived.wait_for(lambda: len(self._printed) >= count, wait_s)

    def wait_all_written(self, wait_s: float) -> bool:
        """Whether everything that was cut so far is on disk, within `wait_s`."""
        with self._arrived:
            return self._arrived.wait_for(lambda: len(self._printed) == self._dropped, wait_s)

    def close(self) -> None:
        """Write what waits and stop."""
        self._waiting.put(None)
        self._writer.join(timeout=WAITING_MAX)


def _describe(receipt: Receipt, sequence: int, text: str) -> dict[str, object]:
    return {
        "sequence": sequence,
        "text": text,
        "codes": [{"symbology": code.symbology, "data": code.data} for code in receipt.codes()],
        "cut": receipt.cut,
        "drawer_pulses": receipt.drawer_pulses,
        "encodings": receipt.encodings,
        "problems": receipt.problems,
    }
