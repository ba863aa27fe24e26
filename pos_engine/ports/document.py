"""A printable document as blocks. Who makes it knows no printer; who prints it knows no sale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Align = Literal["left", "center", "right"]


@dataclass(frozen=True)
class Text:
    """One paragraph, wrapped at the paper's width."""

    text: str
    align: Align = "left"
    bold: bool = False
    large: bool = False


@dataclass(frozen=True)
class Columns:
    """A left and a right text on one line; the left one wraps, the right one never does."""

    left: str
    right: str
    bold: bool = False


@dataclass(frozen=True)
class Rule:
    """A horizontal line."""


@dataclass(frozen=True)
class Space:
    """Empty lines."""

    lines: int = 1


@dataclass(frozen=True)
class Barcode:
    """A one-dimensional code with its text under it. EAN-13 data is 13 digits, check digit included and right."""

    symbology: Literal["ean13", "code128"]
    data: str


@dataclass(frozen=True)
class QrCode:
    """A QR code; `data` is text."""

    data: str


@dataclass(frozen=True)
class Logo:
    """The shop's logo, centred; nothing on a printer that was given none."""


@dataclass(frozen=True)
class OpenDrawer:
    """Open the cash drawer that hangs on the printer. Takes no paper."""


@dataclass(frozen=True)
class Cut:
    """Cut the paper here."""


Block = Text | Columns | Rule | Space | Barcode | QrCode | Logo | OpenDrawer | Cut


@dataclass(frozen=True)
class Document:
    """Blocks in the order of the paper. `language` (ISO 639-1) chooses the printer's code page."""

    blocks: tuple[Block, ...]
    language: str = "en"
