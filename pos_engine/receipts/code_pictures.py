"""Barcodes and QR codes as pictures: SVG for PDF files and cards, PNG for e-mails. Pure, but for its two libraries."""

from __future__ import annotations

import io
from typing import Literal

import segno

QUIET_MODULES_BARCODE = 10  # GS1 General Specifications and ISO/IEC 15417: ten modules on each side
QUIET_MODULES_QR = 4  # ISO/IEC 18004
BAR_HEIGHT_MODULES = 40
PNG_MODULE_DOTS = 3
PNG_QR_MODULE_DOTS = 5
EAN13_DIGITS = 13

Symbology = Literal["ean13", "code128"]


class CodeError(ValueError):
    """The data make no such code; the text says why."""


def bars_of(symbology: Symbology, data: str) -> str:
    """The modules of a barcode from left to right, `1` is black. CodeError when it cannot be made."""
    import barcode  # noqa: PLC0415 (belongs to the extra [pdf]; a till that only prints does not have it)

    if symbology == "ean13":
        if not (data.isascii() and data.isdigit() and len(data) == EAN13_DIGITS):
            raise CodeError(f"EAN-13 {data!r} must have 13 digits")
        made = barcode.get("ean13", data[:-1])
        if made.get_fullcode() != data:
            raise CodeError(f"EAN-13 {data!r} has a wrong check digit")
    else:
        if not data or not all(" " <= character <= "~" for character in data):
            raise CodeError(f"Code 128 {data!r} must have at least one character, and ASCII only")
        made = barcode.get("code128", data)
    pattern: str = made.build()[0].replace("G", "1")
    return pattern


def barcode_svg(symbology: Symbology, data: str, height_modules: int = BAR_HEIGHT_MODULES) -> str:
    """The code with its quiet zone and without text, one unit a module; it is scaled where it is placed."""
    pattern = "0" * QUIET_MODULES_BARCODE + bars_of(symbology, data) + "0" * QUIET_MODULES_BARCODE
    black = "".join(f"M{x} 0h1v{height_modules}h-1z" for x, module in enumerate(pattern) if module == "1")
    return _svg(len(pattern), height_modules, black)


def qr_svg(data: str) -> str:
    """The QR code, level M, with its quiet zone."""
    matrix = _qr(data)
    size = len(matrix) + 2 * QUIET_MODULES_QR
    black = "".join(
        f"M{x + QUIET_MODULES_QR} {y + QUIET_MODULES_QR}h1v1h-1z"
        for y, row in enumerate(matrix)
        for x, module in enumerate(row)
        if module
    )
    return _svg(size, size, black)


def barcode_png(symbology: Symbology, data: str) -> bytes:
    """The code as black and white dots, three a module."""
    pattern = "0" * QUIET_MODULES_BARCODE + bars_of(symbology, data) + "0" * QUIET_MODULES_BARCODE
    return _png([pattern] * BAR_HEIGHT_MODULES, PNG_MODULE_DOTS)


def qr_png(data: str) -> bytes:
    """The QR code as black and white dots, five a module."""
    edge = "0" * QUIET_MODULES_QR
    rows = [edge + "".join("1" if module else "0" for module in row) + edge for row in _qr(data)]
    empty = ["0" * len(rows[0])] * QUIET_MODULES_QR
    return _png([*empty, *rows, *empty], PNG_QR_MODULE_DOTS)


def _qr(data: str) -> tuple[bytearray, ...]:
    try:
        matrix: tuple[bytearray, ...] = segno.make_qr(data, error="m", boost_error=False).matrix
    except (ValueError, UnicodeError) as error:
        raise CodeError(f"QR code: {error}") from error
    return matrix


def _svg(width: int, height: int, black: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        f' shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{width}v{height}H0z"/><path d="{black}"/></svg>'
    )


def _png(rows: list[str], module_dots: int) -> bytes:
    from PIL import Image  # noqa: PLC0415 (slow to import, and only e-mails want it)

    size = (len(rows[0]), len(rows))
    picture = Image.new("1", size, 1)
    picture.putdata([module != "1" for row in rows for module in row])
    out = io.BytesIO()
    picture.resize((size[0] * module_dots, size[1] * module_dots), Image.Resampling.NEAREST).save(out, "PNG")
    return out.getvalue()
