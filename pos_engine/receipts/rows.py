"""A document as rows of a fixed width: what the preview, the PDF and the e-mail have in common. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

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

_BREAKS = re.compile(r"[ \t\n]+")


@dataclass(frozen=True)
class Row:
    """One line of text: `left` alone, aligned; or `left` and `right` at both edges. Empty: an empty line."""

    left: str = ""
    right: str = ""
    align: Align = "left"
    bold: bool = False
    large: bool = False


@dataclass(frozen=True)
class RuleRow:
    """A line across the paper."""


@dataclass(frozen=True)
class CutRow:
    """Where the paper is cut."""


AnyRow = Row | RuleRow | CutRow | Barcode | QrCode | Logo


def rows_of(document: Document, width: int) -> Iterator[AnyRow]:
    """All rows from top to bottom, none wider than `width` cells; wide East Asian characters take two."""
    for block in document.blocks:
        yield from _rows(block, width)


def _rows(block: Block, width: int) -> Iterator[AnyRow]:
    match block:
        case Text():
            for line in wrap(printable(block.text), width):
                yield Row(line, align=block.align, bold=block.bold, large=block.large)
        case Columns():
            yield from _columns(block, width)
        case Rule():
            yield RuleRow()
        case Space():
            yield from [Row()] * block.lines
        case Barcode() | QrCode() | Logo():
            yield block
        case OpenDrawer():
            return
        case Cut():
            yield CutRow()


def _columns(block: Columns, width: int) -> Iterator[Row]:
    left, right = printable(block.left), printable(block.right)
    room = width - cells(right) - 1
    if room < 1:
        yield from (Row(line, bold=block.bold) for line in wrap(left, width))
        yield from (Row(line, align="right", bold=block.bold) for line in wrap(right, width))
        return
    *before, last = list(wrap(left, room)) or [""]
    yield from (Row(line, bold=block.bold) for line in before)
    yield Row(last, right, bold=block.bold)


def printable(text: str) -> str:
    """The text without what is no text: control and format characters; a tab is a space, a line break stays."""
    kept = (" " if c == "\t" else c for c in text if c in "\n\t" or not unicodedata.category(c).startswith("C"))
    return "".join(kept)


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
