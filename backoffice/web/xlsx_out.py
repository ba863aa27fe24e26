"""XLSX that leaves the house: the rows of the CSV, as a file that every spreadsheet opens without asking how.

Text stays text: a cell that begins with = is stored as a string, never as a formula. Rows go to a temporary file one at
a time, so that a long list needs no memory.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any, Final

from flask import Response, stream_with_context
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from backoffice.web.csv_out import Cell

XLSX_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ROWS_MAX: Final = 1_048_575
"""Rows under the heading that a sheet can have; more go to the next sheet, with the heading again."""
TEXT_LENGTH_MAX: Final = 32_767
"""Characters that a cell can have."""
CHUNK_BYTES: Final = 256 * 1024


def write_xlsx(file: IO[bytes], header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Write the rows into an open file."""
    book = Workbook(write_only=True)
    sheet = _sheet(book, header)
    for count, row in enumerate(rows):
        if count and count % ROWS_MAX == 0:
            sheet = _sheet(book, header)
        sheet.append([_cell(sheet, value) for value in row])
    book.save(file)


def _sheet(book: Workbook, header: Sequence[str]) -> Any:  # noqa: ANN401 - openpyxl's sheets have no useful type
    sheet = book.create_sheet()
    sheet.freeze_panes = "A2"
    sheet.append([_cell(sheet, name) for name in header])
    return sheet


def _cell(sheet: Any, value: Cell) -> Any:  # noqa: ANN401 - nor have its cells
    if value is None or isinstance(value, int):
        return value
    cell = WriteOnlyCell(sheet, value=None)
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)[:TEXT_LENGTH_MAX]
    cell.data_type = "s"  # also what begins with =, which would become a formula
    return cell


def xlsx_response(filename: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response:
    """The sheet as a download. It is made, and its file is there, no longer than it is sent."""

    def body() -> Iterator[bytes]:
        with tempfile.TemporaryFile() as file:
            write_xlsx(file, header, rows)
            file.seek(0)
            while chunk := file.read(CHUNK_BYTES):
                yield chunk

    return Response(
        stream_with_context(body()),
        mimetype=XLSX_TYPE,
        headers={"Content-Disposition": f'attachment; filename="{filename}"'},
    )
