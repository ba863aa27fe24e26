"""A document's blocks as ESC/POS bytes: pure, no transport, no state between documents.

One chunk for each block, so that a status can be asked between two chunks without falling into the middle of a command.
"""

from __future__ import annotations

from drivers.address import Paper
from drivers.escpos import codes
from drivers.escpos.layout import Page, aligned_right, columns_of, encode_text, page_for, printable, wrap
from pos_engine.ports.document import (
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

INITIALISE = b"\x1b@"  # ESC @: forgets alignment, style and what an interrupted document left in the line buffer
NO_AUTOMATIC_STATUS = b"\x1da\x00"  # GS a 0: bytes that come must be answers to questions
AUTOMATIC_STATUS = b"\x1da\x0e"  # GS a 2 + 4 + 8: on line or not, errors, paper; ESC @ switches it off
KICK_DRAWER = b"\x1bp\x00\x19\xfa"  # ESC p 0 25 250: pin 2, 50 ms on, 500 ms off
ALIGN = {"left": b"\x1ba\x00", "center": b"\x1ba\x01", "right": b"\x1ba\x02"}
BOLD_ON, BOLD_OFF = b"\x1bE\x01", b"\x1bE\x00"
LARGE_ON, TALL_ON, LARGE_OFF = b"\x1d!\x11", b"\x1d!\x01", b"\x1d!\x00"  # double width and height; height alone
FEED_AND_CUT = b"\x1dVB\x00"  # GS V 66 0: feed to the knife, cut
SPACE_LINES_MAX = 20
LEFT_COLUMNS_MIN = 8  # a left column narrower than this is no text any more: the right one gets its own line


def encode_document(document: Document, paper: Paper, logo: bytes = b"") -> tuple[bytes, ...]:
    """The chunks to send in order, the first one the set-up. DeviceError document_unprintable for a bad code.

    `logo`: the commands that print it, from `raster.load_logo`.
    """
    page = page_for(document.language, paper.codepage)
    automatic = AUTOMATIC_STATUS if paper.confirm == "process-id" else NO_AUTOMATIC_STATUS
    centred_logo = ALIGN["center"] + logo + ALIGN["left"] if logo else b""
    setup = INITIALISE + automatic + page.select
    return (setup, *(_encode_block(block, page, paper.columns, centred_logo) for block in document.blocks))


def _encode_block(block: Block, page: Page, columns: int, logo: bytes) -> bytes:  # noqa: PLR0911 (one line for each kind)
    match block:
        case Text():
            return _text(block, page, columns)
        case Columns():
            return _columns(block, page, columns)
        case Rule():
            return b"-" * columns + b"\n"
        case Space(lines):
            return b"\n" * max(0, min(lines, SPACE_LINES_MAX))
        case Barcode():
            return _barcode(block, columns)
        case QrCode(data):
            return ALIGN["center"] + codes.qr_code(data) + ALIGN["left"]
        case Logo():
            return logo
        case OpenDrawer():
            return KICK_DRAWER
        case Cut():
            return FEED_AND_CUT


def _barcode(block: Barcode, columns: int) -> bytes:
    make = codes.ean13 if block.symbology == "ean13" else codes.code128
    return ALIGN["center"] + make(block.data, columns) + ALIGN["left"]


def _text(block: Text, page: Page, columns: int) -> bytes:
    text = printable(block.text, page)
    # A heading that double width would break into two lines is only made taller.
    wide = block.large and columns_of(text) <= columns // 2
    body = b"".join(encode_text(line, page) + b"\n" for line in wrap(text, columns))
    if block.large:
        body = (LARGE_ON if wide else TALL_ON) + body + LARGE_OFF
    if block.bold:
        body = BOLD_ON + body + BOLD_OFF
    return body if block.align == "left" else ALIGN[block.align] + body + ALIGN["left"]


def _columns(block: Columns, page: Page, columns: int) -> bytes:
    right = printable(block.right, page).replace("\n", " ").strip()
    left_columns = columns - columns_of(right) - 1
    left_text = printable(block.left, page)
    if left_columns < LEFT_COLUMNS_MIN:
        lines = [*wrap(left_text, columns), aligned_right(right, columns)]
    else:
        *before, last = wrap(left_text, left_columns)
        lines = [*before, last + aligned_right(right, columns - columns_of(last))]
    body = b"".join(encode_text(line, page) + b"\n" for line in lines)
    return BOLD_ON + body + BOLD_OFF if block.bold else body
