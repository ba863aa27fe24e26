"""A document as plain text of a fixed width: for a preview, a screen, a log, and for tests to read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from pos_engine.ports.document import (
    Align,
    Barcode,
    Block,
    Columns,
    Cut,
    Document,
    Logo,
    OpenDrawer,
    QrCode,
    Rule,
    Space,
    Text,
)

WIDTH_DEFAULT = 42
"""Characters on 80 mm paper in the usual font."""

WIDTH_MIN = 16

_BREAKS = re.compile(r"[ \t\n]+")


def text_of(document: Document, width: int = WIDTH_DEFAULT) -> str:
    """The document, `width` cells wide; Chinese characters take two cells, as on paper. ValueError below 16 cells."""
    if width < WIDTH_MIN:
        message = f"a receipt is at least {WIDTH_MIN} characters wide, not {width}"
        raise ValueError(message)
    return "".join(f"{line.rstrip()}\n" for block in document.blocks for line in _rows(block, width))


def _rows(block: Block, width: int) -> Iterator[str]:
    match block:
        case Text():
            for row in wrap(block.text, width):
                yield _aligned(row, block.align, width)
        case Columns():
            yield from _columns(block, width)
        case Rule():
            yield "-" * width
        case Space():
            yield from [""] * block.lines
        case Barcode():
            yield _aligned(f"|||| {block.data} ||||", "center", width)
        case QrCode():
            yield _aligned(f"[QR {block.data}]", "center", width)
        case Logo() | OpenDrawer():
            return
        case Cut():
            yield _aligned("- - - 8< - - -", "center", width)


def _columns(block: Columns, width: int) -> Iterator[str]:
    room = width - cells(block.right) - 1
    if room < 1:
        yield from wrap(block.left, width)
        for row in wrap(block.right, width):
            yield _aligned(row, "right", width)
        return
    rows = list(wrap(block.left, room)) or [""]
    yield from rows[:-1]
    yield rows[-1] + " " * (width - cells(rows[-1]) - cells(block.right)) + block.right


def wrap(text: str, width: int) -> Iterator[str]:
    """Break between words, inside a word only where it is longer than a row; leading spaces are an indent.

    No-break spaces stay as they are: they keep amounts together and columns below each other.
    """
    indent = " " * min(len(text) - len(text.lstrip(" ")), width // 2)
    row = indent
    for word in _BREAKS.split(text.strip(" \t\n")):
        joined = f"{row} {word}" if row.strip() else row + word
        if cells(joined) <= width:
            row = joined
            continue
        if row.strip():
            yield row
        row = indent + word
        while cells(row) > width:
            fitting = _prefix(row, width)
            yield fitting
            row = indent + row[len(fitting) :]
    if row.strip():
        yield row


def cells(text: str) -> int:
    """How wide a text is: wide East Asian characters count twice, combining marks not at all."""
    return sum(_cells_of(character) for character in text)


def _cells_of(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def _prefix(text: str, width: int) -> str:
    used = 0
    for index, character in enumerate(text):
        used += _cells_of(character)
        if used > width:
            return text[:index]
    return text


def _aligned(text: str, align: Align, width: int) -> str:
    free = max(0, width - cells(text))
    left = {"left": 0, "center": free // 2, "right": free}[align]
    return " " * left + text
