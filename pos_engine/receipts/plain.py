"""A document as plain text of a fixed width: for a preview, a screen, a log, and for tests to read."""

from __future__ import annotations

from pos_engine.ports.document import Align, Barcode, Document, Logo, QrCode
from pos_engine.receipts.rows import AnyRow, CutRow, Row, RuleRow, cells, rows_of

WIDTH_DEFAULT = 42
"""Characters on 80 mm paper in the usual font."""

WIDTH_MIN = 16


def text_of(document: Document, width: int = WIDTH_DEFAULT) -> str:
    """The document, `width` cells wide; Chinese characters take two cells, as on paper. ValueError below 16 cells."""
    if width < WIDTH_MIN:
        message = f"a receipt is at least {WIDTH_MIN} characters wide, not {width}"
        raise ValueError(message)
    return "".join(f"{line_of(row, width).rstrip()}\n" for row in rows_of(document, width) if not isinstance(row, Logo))


def line_of(row: AnyRow, width: int) -> str:  # noqa: PLR0911 (one line for each kind of row)
    """A row as one line of text."""
    match row:
        case Row(right=""):
            return _aligned(row.left, row.align, width)
        case Row():
            return row.left + " " * (width - cells(row.left) - cells(row.right)) + row.right
        case RuleRow():
            return "-" * width
        case Barcode():
            return _aligned(f"|||| {row.data} ||||", "center", width)
        case QrCode():
            return _aligned(f"[QR {row.data}]", "center", width)
        case Logo():
            return ""
        case CutRow():
            return _aligned("- - - 8< - - -", "center", width)


def _aligned(text: str, align: Align, width: int) -> str:
    free = max(0, width - cells(text))
    left = {"left": 0, "center": free // 2, "right": free}[align]
    return " " * left + text
