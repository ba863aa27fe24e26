"""A sheet as spreadsheets save it (XLSX, ECMA-376), read row by row.

Laws: what a file says of its own size is checked before anything of it is unpacked, and unpacking stops there; a row is
never longer than some thousand cells; no entity is expanded, because no part may have a document type.
"""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final

from openpyxl import load_workbook
from typing_extensions import override

from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.imports.lines import COLUMNS_MAX, ROWS_MAX, Lines

PARTS_MAX: Final = 2_000
SHEET_BYTES_MAX: Final = 800_000_000
"""A sheet of a million rows with twelve columns has some 600 MB; it is never held."""
STRINGS_BYTES_MAX: Final = 100_000_000
"""The texts of all cells, which a spreadsheet keeps once each and which are held while the sheet is read."""
OTHER_BYTES_MAX: Final = 10_000_000
ROW_BYTES_MAX: Final = 2_000_000
"""From one row of a sheet, or one text, to the next: a real one has some thousand."""
BLOCK_BYTES: Final = 1 << 18
ROWS_AT_ONCE: Final = 200
_STARTS: Final = re.compile(rb"[<:](?:row|si)[ >/]")
_OVERLAP: Final = 16
_SHEETS: Final = "xl/worksheets/"
_STRINGS: Final = "xl/sharedstrings"


def is_zip(source: bytes | Path) -> bool:
    """Whether this is a ZIP archive, as sheets are, or an old sheet or a sealed one, which cannot be read either."""
    start = source[:4] if isinstance(source, bytes) else _first_bytes(source)
    return start.startswith((b"PK", b"\xd0\xcf\x11\xe0"))


def _first_bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(4)


class XlsxFile(Lines):
    """The first sheet of a file. InputError: it is no sheet, or larger than any real one."""

    separator = " | "

    def __init__(self, source: bytes | Path) -> None:
        self._source = source
        self._check_parts()
        self.header, self._header_row = self._heading()

    def _opened(self) -> IO[bytes]:
        return io.BytesIO(self._source) if isinstance(self._source, bytes) else self._source.open("rb")

    def _check_parts(self) -> None:
        with self._opened() as file:
            try:
                with zipfile.ZipFile(file) as archive:
                    _check_parts(archive)
            except InputError:
                raise
            except Exception as error:  # zipfile and zlib raise a dozen kinds for damaged archives
                raise _no_sheet() from error

    def _heading(self) -> tuple[tuple[str, ...], int]:
        for number, cells in self._lines():
            if isinstance(cells, str):
                raise _no_sheet()
            if any(cells):
                width = max(index for index, cell in enumerate(cells, start=1) if cell)
                if width > COLUMNS_MAX:
                    raise InputError(_("The heading cannot be read: %(error)s", error=f"> {COLUMNS_MAX}"))
                return tuple(cells[:width]), number
        raise InputError(_("The file is empty."))

    @override
    def rows(self) -> Iterator[tuple[int, Sequence[str] | str]]:
        width = len(self.header)
        for number, cells in self._lines():
            if number <= self._header_row:
                continue
            if isinstance(cells, str):
                yield number, cells
                return
            beyond = any(cells[width:])
            yield number, cells if beyond else [*cells[:width], *([""] * (width - len(cells)))]

    def _lines(self) -> Iterator[tuple[int, list[str] | str]]:
        with self._opened() as file:
            number = 0
            try:
                with _quiet():
                    book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
                    sheet = book.worksheets[0]
                    sheet.reset_dimensions()  # what the sheet says of its size is not believed
                    rows = sheet.iter_rows(max_row=ROWS_MAX + 2, max_col=COLUMNS_MAX + 1, values_only=True)
                while True:
                    with _quiet():
                        chunk = list(islice(rows, ROWS_AT_ONCE))
                    for values in chunk:
                        number += 1
                        yield number, _texts(values)
                    if not chunk:
                        break
            except Exception as error:  # noqa: BLE001 - openpyxl raises whatever a damaged part leads it to
                yield number + 1, f"the sheet is damaged here: {type(error).__name__}"


def _check_parts(archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    if len(parts) > PARTS_MAX or not any(part.filename.startswith(_SHEETS) for part in parts):
        raise _no_sheet()
    for part in parts:
        _check_part(archive, part)


def _check_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    name = part.filename.lower()
    is_sheet, is_strings = name.startswith(_SHEETS), name.startswith(_STRINGS)
    most = SHEET_BYTES_MAX if is_sheet else STRINGS_BYTES_MAX if is_strings else OTHER_BYTES_MAX
    if part.flag_bits & 1:
        raise InputError(_("This file is locked with a password; save it without one."))
    if not name.endswith((".xml", ".rels", ".vml")):
        return  # pictures and the like are never unpacked
    if part.file_size > most:
        raise InputError(_("This file unpacks to more than any real list; save the list as CSV."))
    since = 0
    tail = b""
    with archive.open(part) as unpacked:
        while block := unpacked.read(BLOCK_BYTES):
            seen = tail + block
            if b"<!DOCTYPE" in seen or b"<!ENTITY" in seen:
                raise _no_sheet()
            starts = list(_STARTS.finditer(seen))
            since = len(seen) - starts[-1].start() if starts else since + len(block)
            if (is_sheet or is_strings) and since > ROW_BYTES_MAX:
                raise InputError(_("This file unpacks to more than any real list; save the list as CSV."))
            tail = seen[-_OVERLAP:]


def _no_sheet() -> InputError:
    return InputError(_("This is no sheet that can be read; save the list as CSV, or as XLSX without a password."))


@contextmanager
def _quiet() -> Iterator[None]:
    """Without openpyxl's warnings of styles and extensions, which nobody reads here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _texts(values: Sequence[Any]) -> list[str]:
    found = [_text(value) for value in values]
    while found and not found[-1]:
        found.pop()
    return found


def _text(value: object) -> str:
    """A cell as a CSV file would have it: 41790000000.0 is a phone number, a day has no hour."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "seconds")
    if isinstance(value, date):
        return value.isoformat()
    return str(value).strip()
