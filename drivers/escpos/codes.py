"""Barcodes and QR codes as printer commands, each checked before: a code that no scanner reads is worse than none.

Bytes: Epson ESC/POS, GS k (function B), GS ( k (functions 165, 167, 169, 180, 181).
"""

from __future__ import annotations

import unicodedata

from drivers.errors import document_unprintable
from drivers.escpos.raster import DOTS_PER_COLUMN, without_requests

EAN13_DIGITS = 13
EAN13_MODULES = 95
CODE128_DATA_MAX = 80  # more does not fit on any receipt
QR_BYTES_MAX = 331  # version 13 at level M (ISO/IEC 18004, table 7): 69 modules of 4 dots, on 58 mm paper too
QR_SMALL_BYTES_MAX = 122  # version 7 at level M: 45 modules of 6 dots

TEXT_BELOW = b"\x1dH\x02"
HEIGHT_80_DOTS = b"\x1dh\x50"  # 10 mm at 203 dpi
NO_TEXT = frozenset({"Cc", "Cs"})  # control characters, halves of characters
# Widest first; one dot (0.125 mm) is below what ordinary scanners read. The ten quiet modules on each side (3.75 mm at
# most) are the edges of the roll that no head reaches: 5 mm on 58 mm paper, 4 mm on 80 mm paper.
MODULE_DOTS = (3, 2)
BARCODE_EAN13 = 67
BARCODE_CODE128 = 73


def ean13(data: str, columns: int) -> bytes:
    """An EAN-13 with its text. DeviceError document_unprintable when it is not 13 digits with the right check digit."""
    if not (data.isascii() and data.isdigit() and len(data) == EAN13_DIGITS):
        raise document_unprintable(f"EAN-13 {data!r} must have 13 digits")
    # GS1 General Specifications 7.9: weights 1 and 3 from the left
    total = sum(int(digit) * (1, 3)[index % 2] for index, digit in enumerate(data))
    if total % 10:
        raise document_unprintable(f"EAN-13 {data!r} has a wrong check digit")
    return _barcode(BARCODE_EAN13, data.encode("ascii"), EAN13_MODULES, columns, data)


def code128(data: str, columns: int) -> bytes:
    """A Code 128 with its text: set C for an even number of digits, else set B. DeviceError document_unprintable."""
    if not data or len(data) > CODE128_DATA_MAX:
        raise document_unprintable(f"Code 128 {data!r} must have 1 to {CODE128_DATA_MAX} characters")
    if not all(" " <= character <= "~" for character in data):
        raise document_unprintable(f"Code 128 {data!r} may have the characters of ASCII only")
    pairs = bytes(int(data[at : at + 2]) for at in range(0, len(data), 2)) if data.isdigit() else b""
    # Pairs such as 16 04 are bytes that printers obey at once, wherever they stand: those go as single digits
    if pairs and len(data) % 2 == 0 and without_requests(pairs) == pairs:
        body, symbols = b"{C" + pairs, len(pairs)
    else:
        body, symbols = b"{B" + data.replace("{", "{{").encode("ascii"), len(data)
    # start, symbols, check: 11 modules each; stop: 13
    return _barcode(BARCODE_CODE128, body, 11 * (symbols + 2) + 13, columns, data)


def qr_code(data: str) -> bytes:
    """A QR code, model 2, level M. DeviceError document_unprintable when it is empty, too long, or no text.

    Beyond ASCII the bytes are UTF-8, which the printer cannot declare and some scanners guess wrong.
    """
    if any(unicodedata.category(character) in NO_TEXT for character in data):
        raise document_unprintable(f"QR code {data!r} may have no control characters: printers obey some of them")
    raw = data.encode("utf-8")
    if not 1 <= len(raw) <= QR_BYTES_MAX:
        raise document_unprintable(f"QR code of {len(raw)} bytes; 1 to {QR_BYTES_MAX} fit on a receipt")
    module_dots = 6 if len(raw) <= QR_SMALL_BYTES_MAX else 4
    return (
        _symbol(b"1A2\x00")  # model 2
        + _symbol(b"1C" + bytes([module_dots]))
        + _symbol(b"1E1")  # error correction M, 15 %
        + _symbol(b"1P0" + raw)
        + _symbol(b"1Q0")  # print what was stored
    )


def _barcode(kind: int, body: bytes, modules: int, columns: int, data: str) -> bytes:
    for dots in MODULE_DOTS:
        if modules * dots <= columns * DOTS_PER_COLUMN:
            width = b"\x1dw" + bytes([dots])
            return TEXT_BELOW + HEIGHT_80_DOTS + width + b"\x1dk" + bytes([kind, len(body)]) + body
    raise document_unprintable(f"barcode {data!r} is too wide for paper of {columns} characters")


def _symbol(body: bytes) -> bytes:
    return b"\x1d(k" + len(body).to_bytes(2, "little") + body
