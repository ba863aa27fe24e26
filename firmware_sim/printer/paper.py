"""What is on the paper: rows of characters with their style, codes, pictures; and where it was cut."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import Literal

Align = Literal["left", "center", "right"]


@dataclass(frozen=True)
class Style:
    """How a character looks. `width` and `height` are factors 1 to 8."""

    bold: bool = False
    underline: bool = False
    inverse: bool = False
    width: int = 1
    height: int = 1


def columns_of(character: str) -> int:
    """Cells of normal width that a character takes: East Asian ones are twice as wide as Latin ones."""
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


@dataclass(frozen=True)
class Glyph:
    """One printed character."""

    character: str
    style: Style

    @property
    def columns(self) -> int:
        """Cells of normal width it covers."""
        return columns_of(self.character) * self.style.width


@dataclass(frozen=True)
class TextRow:
    """One printed line."""

    glyphs: tuple[Glyph, ...]
    align: Align = "left"

    @property
    def text(self) -> str:
        """The characters alone."""
        return "".join(glyph.character for glyph in self.glyphs)

    @property
    def columns(self) -> int:
        """Cells of normal width."""
        return sum(glyph.columns for glyph in self.glyphs)


@dataclass(frozen=True)
class BarcodeRow:
    """A one-dimensional code: `bars` are module widths, bar first, then space, in turn."""

    symbology: str
    data: str
    bars: tuple[int, ...]
    module_dots: int
    height_dots: int
    human: Literal["none", "above", "below", "both"]
    align: Align


@dataclass(frozen=True)
class QrRow:
    """A QR code; `matrix` rows of 0 and 1 without quiet zone."""

    data: str
    matrix: tuple[tuple[int, ...], ...]
    module_dots: int
    align: Align
    symbology: str = "qr"


@dataclass(frozen=True)
class ImageRow:
    """A raster picture: rows of packed bits, most significant first, 1 is black."""

    width_dots: int
    rows: tuple[bytes, ...]
    align: Align


@dataclass(frozen=True)
class FeedRow:
    """Empty paper."""

    dots: int


Row = TextRow | BarcodeRow | QrRow | ImageRow | FeedRow
CutKind = Literal["full", "partial", "paper_end", "power_off"]


@dataclass
class Receipt:
    """One piece of paper. `cut` is None until it left the printer."""

    rows: list[Row] = field(default_factory=list)
    cut: CutKind | None = None
    drawer_pulses: int = 0
    problems: list[str] = field(default_factory=list)
    encodings: list[str] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        """Whether nothing was printed on it."""
        return not any(not isinstance(row, FeedRow) for row in self.rows)

    def codes(self) -> list[BarcodeRow | QrRow]:
        """The codes on it, from top to bottom."""
        return [row for row in self.rows if isinstance(row, BarcodeRow | QrRow)]

    def text(self, columns: int) -> str:
        """The paper as text, `columns` wide, aligned as printed; codes and pictures in square brackets."""
        lines = [line for row in self.rows for line in _row_lines(row, columns)]
        return "\n".join(line.rstrip() for line in lines).strip("\n") + "\n"


LINE_DOTS = 30


def _row_lines(row: Row, columns: int) -> list[str]:
    if isinstance(row, TextRow):
        return [_place(row.text, row.columns, row.align, columns)]
    if isinstance(row, FeedRow):
        return [""] * max(1, round(row.dots / LINE_DOTS))
    if isinstance(row, ImageRow):
        words = f"[image {row.width_dots}x{len(row.rows)}]"
    else:
        words = f"[{row.symbology} {row.data}]"
    return [_place(words, len(words), row.align, columns)]


def _place(text: str, width: int, align: Align, columns: int) -> str:
    free = max(0, columns - width)
    return " " * {"left": 0, "center": free // 2, "right": free}[align] + text
