"""Collects characters into lines and pieces of paper, as the print mechanism does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from firmware_sim.printer.paper import (
    LINE_DOTS,
    Align,
    CutKind,
    FeedRow,
    Glyph,
    Receipt,
    Row,
    Style,
    TextRow,
    columns_of,
)
from firmware_sim.printer.status import PrinterState

CELL_DOTS = 12
"""Width of a character of font A."""
TAB_COLUMNS = 8
PROBLEMS_MAX = 50
"""A stream of nonsense must not fill the memory with complaints."""


class Typesetter:
    """The paper that is being printed. Every row uses up paper of `state`."""

    def __init__(self, columns: int, state: PrinterState, on_cut: Callable[[Receipt], None]) -> None:
        self.columns = columns
        self.state = state
        self.style = Style()
        self.align: Align = "left"
        self.receipt = Receipt()
        self.line_dots = LINE_DOTS
        self._on_cut = on_cut
        self._glyphs: list[Glyph] = []

    @property
    def width_dots(self) -> int:
        """Printable width."""
        return self.columns * CELL_DOTS

    @property
    def at_line_start(self) -> bool:
        """Whether nothing waits on the current line."""
        return not self._glyphs

    def put(self, character: str) -> None:
        """One character, at the style that is set; a full line is printed first."""
        width = columns_of(character) * self.style.width
        if sum(glyph.columns for glyph in self._glyphs) + width > self.columns:
            self.end_line()
        self._glyphs.append(Glyph(character, self.style))

    def tab(self) -> None:
        """Blanks up to the next multiple of eight columns."""
        used = sum(glyph.columns for glyph in self._glyphs)
        for _ in range(TAB_COLUMNS - used % TAB_COLUMNS):
            self.put(" ")

    def end_line(self) -> None:
        """Print what waits, or one empty line."""
        if not self._glyphs:
            self.feed(self.line_dots)
            return
        glyphs, self._glyphs = tuple(self._glyphs), []
        self.add(TextRow(glyphs, self.align), lines=max(glyph.style.height for glyph in glyphs))

    def feed(self, dots: int) -> None:
        """Print what waits, then move the paper."""
        if self._glyphs:
            self.end_line()
        self.add(FeedRow(dots), lines=max(1, dots // LINE_DOTS) if dots else 0)

    def add(self, row: Row, lines: int) -> None:
        """Put a row on the paper and use up that many lines of it."""
        self.receipt.rows.append(row)
        self.state.use_up(lines)

    def complain(self, text: str) -> None:
        """Note something a real printer would have swallowed or printed as rubbish."""
        if len(self.receipt.problems) < PROBLEMS_MAX:
            self.receipt.problems.append(text)

    def note_encoding(self, encoding: str) -> None:
        """Remember which code page characters were printed with."""
        if encoding not in self.receipt.encodings:
            self.receipt.encodings.append(encoding)

    def cut(self, kind: CutKind) -> None:
        """Separate the paper; a piece with nothing on it is no receipt."""
        if self._glyphs:
            self.end_line()
        done, self.receipt = self.receipt, Receipt()
        done.cut = kind
        if not done.empty or done.drawer_pulses:
            self._on_cut(done)

    def restyle(self, **changes: bool | int) -> None:
        """Change parts of the style."""
        self.style = replace(self.style, **changes)  # type: ignore[arg-type]

    def forget_line(self) -> None:
        """The characters that were not yet printed are gone."""
        self._glyphs = []

    def reset(self) -> None:
        """ESC @: styles and the unfinished line are forgotten, the paper stays where it is."""
        self.style, self.align, self.line_dots, self._glyphs = Style(), "left", LINE_DOTS, []
