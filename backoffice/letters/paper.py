"""Letters as one print-ready file: A4, the address where envelopes have their window, fonts embedded, no marks needed.

Windows: DIN 5008 form B (address zone 20 mm from the left, 62.7 mm from the top, text from 98.5 mm on, folds at 105 and
210 mm); on the right as Swiss (SN 010130) and French (NF Z 11-001) envelopes have it: what stands between 118 and 198
mm from the left and 50 and 85 mm from the top is seen through both.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, Final, Literal

import pypdfium2
import typst

from backoffice.card_artwork.modules import bar_modules, qr_modules
from backoffice.coupon_runs.sheet import grouped

WindowName = Literal["din_b", "right"]
TIMESTAMP: Final = 0
"""Seconds since 1970: a fixed one, so that the same letters give the same file."""
MM_PER_PIXEL: Final = 25.4 / 150
"""Pictures of messages are printed with 150 dots per inch."""
ADDRESS_LINES_MAX: Final = 6
"""DIN 5008: what the address zone of the window has room for."""


@dataclass(frozen=True)
class Window:
    """Where things stand on the first page, in mm: (left edge, first line, width) of the address; the text; margins."""

    address_mm: tuple[float, float, float]
    body_mm: float
    margins_mm: tuple[float, float, float, float] = (25.0, 20.0, 20.0, 20.0)
    """Left, right, top, bottom."""
    marks_mm: tuple[float, ...] = ()


WINDOWS: Final[Mapping[WindowName, Window]] = {
    "din_b": Window((25.0, 62.7, 80.0), 98.5, marks_mm=(105.0, 148.5, 210.0)),
    "right": Window((118.0, 55.0, 80.0), 98.5, marks_mm=(99.0, 198.0)),
}


@dataclass(frozen=True)
class Letter:
    """One letter. `address`: its lines. `blocks`: as the template knows them, made by the functions below."""

    address: tuple[str, ...]
    date: str
    subject: str
    blocks: tuple[Mapping[str, Any], ...]
    language: str


@dataclass(frozen=True)
class Stationery:
    """What all letters of a file share. `pictures`: file name → its bytes."""

    title: str
    sender_line: str
    window: WindowName
    pictures: Mapping[str, bytes] = field(default_factory=dict)


def framed(title: str, text: str, code: str = "") -> dict[str, Any]:
    """A framed offer; with a code it carries a barcode, a QR code, and the code for the eye."""
    codes = {"bars": bar_modules(code), "qr": qr_modules(code), "shown": grouped(code)} if code else None
    return {"kind": "framed", "title": title, "text": text, "code": codes}


def picture(file: str, width_px: int) -> dict[str, Any]:
    """A picture of the stationery, as wide as its dots make it."""
    return {"kind": "picture", "file": f"/{file}", "width_mm": width_px * MM_PER_PIXEL}


def letters_pdf(letters: Sequence[Letter], stationery: Stationery) -> bytes:
    """The file."""
    job = {
        "title": stationery.title,
        "sender_line": stationery.sender_line,
        "window": asdict(WINDOWS[stationery.window]),
        "letters": [asdict(letter) for letter in letters],
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)  # the engine reads nothing outside of it
        template = folder / "letter.typ"
        template.write_bytes(resources.files("backoffice.letters").joinpath("letter.typ").read_bytes())
        for file, data in stationery.pictures.items():
            (folder / file).write_bytes(data)
        made: bytes = typst.compile(
            template, root=folder, sys_inputs={"job": json.dumps(job)}, format="pdf", timestamp=TIMESTAMP
        )
    return made


def pages_in(pdf: bytes) -> int:
    """How many sides will be printed."""
    with closing(pypdfium2.PdfDocument(pdf)) as document:
        return len(document)
