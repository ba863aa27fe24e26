"""CSV that leaves the house: exactly what is shown, safe to open in a spreadsheet.

A spreadsheet runs a cell that begins with = + - @ as a formula; also after a tab or a line break. Such a cell gets an
apostrophe in front, which spreadsheets hide, unless it is a number or a phone number, which it would destroy.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from flask import Response, stream_with_context

BYTE_ORDER_MARK: Final = "\ufeff"
"""Without it, spreadsheets read UTF-8 as an old code page."""

_DANGEROUS: Final = re.compile(r"(?:^|[\t\r\n])\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]")
_NUMBER_OR_PHONE: Final = re.compile(r"[+\-]?[0-9][0-9 ()./\-]{0,30}")

BUFFER_CHARACTERS: Final = 64_000
"""Text gathered before it is sent on."""

Cell = str | int | None


def safe_cell(value: Cell) -> str:
    """One cell's text, with a formula made harmless."""
    if value is None:
        return ""
    text = str(value)
    if _DANGEROUS.search(text) and not _NUMBER_OR_PHONE.fullmatch(text):
        return "'" + text
    return text


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """The lines of the file, one at a time, so that a million rows need no memory."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    yield BYTE_ORDER_MARK
    writer.writerow([safe_cell(cell) for cell in header])
    for row in rows:
        writer.writerow([safe_cell(cell) for cell in row])
        if buffer.tell() > BUFFER_CHARACTERS:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def csv_response(filename: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response:
    """The file as a download. Its rows are read while it is sent, as the one who asked for it."""
    return Response(
        stream_with_context(csv_lines(header, rows)),
        mimetype="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{filename}"'},
    )


def decimal_text(minor: int, digits: int) -> str:
    """An amount for a CSV cell: a plain decimal point, all digits of the currency."""
    sign = "-" if minor < 0 else ""
    whole, rest = divmod(abs(minor), 10**digits)
    return f"{sign}{whole}.{rest:0{digits}}" if digits else f"{sign}{whole}"
