"""A document as PDF: the strip that the printer makes, or an A4 page with the same lines.

Rows come from the same place as those of the preview; typst (extra [pdf]) only sets them. Fonts are embedded. The same
document gives the same bytes: no date and no chance is in the file.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from types import ModuleType
from typing import Literal

from pos_engine.ports.document import Barcode, Document, Logo, QrCode
from pos_engine.receipts.code_pictures import QUIET_MODULES_BARCODE, barcode_svg, bars_of, qr_svg
from pos_engine.receipts.rows import AnyRow, CutRow, Row, RuleRow, cells, rows_of

CHINESE_FONT = "Noto Sans CJK SC"
MODULE_MM = 0.33  # the nominal module of an EAN-13 (GS1 General Specifications, table 5.12.3.1)
CODE_HEIGHT_MM = 14.0
QR_WIDTH_MM = 28.0
TIMESTAMP = 0  # seconds since 1970: a fixed one, so that the same receipt gives the same file

Form = Literal["strip", "a4"]


class PdfError(Exception):
    """The file cannot be made on this machine; the text says what is missing."""


@dataclass(frozen=True)
class _Sheet:
    """`page_height_mm` None: as long as the receipt."""

    page_width_mm: float
    page_height_mm: float | None
    columns: int
    cell_mm: float
    margin_mm: float


SHEETS: dict[Form, _Sheet] = {
    "strip": _Sheet(80, None, columns=42, cell_mm=72 / 42, margin_mm=5),
    "a4": _Sheet(210, 297, columns=64, cell_mm=130 / 64, margin_mm=20),
}


def pdf_of(document: Document, form: Form = "strip", *, title: str = "", logo_png: bytes = b"") -> bytes:
    """The file. PdfError when typst or a font is missing."""
    sheet = SHEETS[form]
    rows = list(rows_of(document, sheet.columns))
    wide = any(isinstance(row, Row) and cells(row.left + row.right) > len(row.left + row.right) for row in rows)
    if wide and CHINESE_FONT not in _font_families():
        raise PdfError(f"The font {CHINESE_FONT} is missing: install the package fonts-noto-cjk.")
    described = (_described(row, sheet, logo_png) for row in rows)
    data = {
        **{
            name: getattr(sheet, name)
            for name in ("page_width_mm", "page_height_mm", "columns", "cell_mm", "margin_mm")
        },
        "title": title,
        "language": document.language,
        "rows": [row for row in described if row is not None],
    }
    template = resources.files("pos_engine.receipts").joinpath("receipt.typ").read_bytes()
    compiled: bytes = _typst().compile(
        template, sys_inputs={"receipt": json.dumps(data)}, format="pdf", timestamp=TIMESTAMP
    )
    return compiled


def _described(row: AnyRow, sheet: _Sheet, logo_png: bytes) -> dict[str, object] | None:
    match row:
        case Row():
            large = row.large and cells(row.left) * 1.4 <= sheet.columns
            return {
                "kind": "text",
                "left": row.left,
                "right": row.right,
                "align": row.align,
                "bold": row.bold,
                "large": large,
            }
        case RuleRow():
            return {"kind": "rule"}
        case CutRow():
            return {"kind": "cut"}
        case Logo():
            return {"kind": "logo", "png": list(logo_png)} if logo_png else None
        case Barcode():
            modules = len(bars_of(row.symbology, row.data)) + 2 * QUIET_MODULES_BARCODE
            width_mm = min(modules * MODULE_MM, sheet.columns * sheet.cell_mm)
            height_modules = round(CODE_HEIGHT_MM * modules / width_mm)
            svg = barcode_svg(row.symbology, row.data, height_modules)
            return {"kind": "barcode", "svg": svg, "data": row.data, "width_mm": width_mm, "height_mm": CODE_HEIGHT_MM}
        case QrCode():
            svg = qr_svg(row.data)
            return {"kind": "qr", "svg": svg, "data": row.data, "width_mm": QR_WIDTH_MM, "height_mm": QR_WIDTH_MM}


@lru_cache(maxsize=1)
def _font_families() -> frozenset[str]:
    return frozenset(_typst().Fonts().families())


def _typst() -> ModuleType:
    try:
        import typst  # noqa: PLC0415 (80 MB that a till which only prints does not have)
    except ImportError as error:
        raise PdfError("PDF files need the extra [pdf]: pip install 'pos-engine[pdf]'.") from error
    return typst
