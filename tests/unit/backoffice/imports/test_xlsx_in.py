"""Sheets as spreadsheets save them, and those that somebody made to do harm."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from backoffice.errors import InputError
from backoffice.imports import xlsx_in
from backoffice.imports.table import Column, Issue, open_table
from backoffice.imports.xlsx_in import XlsxFile

COLUMNS = (
    Column("number", ("number",), required=True),
    Column("name", ("name",)),
    Column("phone", ("phone",)),
    Column("birthday", ("birthday",)),
)
HEAD = ("number", "name", "phone", "birthday")
SHEET = "xl/worksheets/sheet1.xml"


def sheet(*rows: tuple[Any, ...]) -> bytes:
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def with_part(data: bytes, name: str, content: bytes) -> bytes:
    """The same file with one part added, or in place of its own."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as after:
        for part in before.namelist():
            if part != name:
                after.writestr(part, before.read(part))
        after.writestr(name, content)
    return made.getvalue()


def rows_of(data: bytes) -> list[dict[str, str]]:
    found = []
    for _number, cells in open_table(data, COLUMNS).rows():
        assert not isinstance(cells, Issue), cells
        found.append(dict(cells))
    return found


def test_cells_read_as_a_csv_file_would_have_them() -> None:
    data = sheet(
        HEAD,
        (1, " Müller ", 41790000000.0, date(1980, 12, 31)),
        ("0002", None, "+41 79", datetime(1990, 1, 2, 3, 4)),  # noqa: DTZ001 - a sheet has no zones,
        (None, None, None, None),
        (3.5, True),
    )
    assert rows_of(data) == [
        {"number": "1", "name": "Müller", "phone": "41790000000", "birthday": "1980-12-31"},
        {"number": "0002", "name": "", "phone": "+41 79", "birthday": "1990-01-02 03:04:00"},
        {"number": "3.5", "name": "yes", "phone": "", "birthday": ""},
    ]


def test_the_heading_is_the_first_row_with_something_in_it_and_rows_keep_their_numbers(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_bytes(sheet((), (), HEAD, ("1",), (), ("2", "a", "b", "c", "too much")))
    found = list(open_table(path, COLUMNS).rows())
    assert [number for number, _cells in found] == [4, 6]
    wide = found[1][1]
    assert isinstance(wide, Issue)
    assert wide.text == "this row has 5 cells, the heading has 4"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"PK\x05\x06" + bytes(18), "no sheet"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "no sheet"),
        (sheet(), "empty"),
        (with_part(sheet(HEAD), SHEET, b"<worksheet"), "no sheet"),
        (
            with_part(sheet(HEAD), SHEET, b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet><sheetData/></worksheet>'),
            "no sheet",
        ),
        (with_part(sheet(HEAD), "xl/workbook.xml", b"not xml"), "no sheet"),
    ],
    ids=["empty-zip", "old-or-locked", "empty", "cut-off", "entities", "no-book"],
)
def test_what_is_no_sheet_is_refused_in_words(data: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said):
        XlsxFile(data)


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Millions of spaces in one row, a few kB when packed; and texts that unpack to more than any list has."""
    monkeypatch.setattr(xlsx_in, "STRINGS_BYTES_MAX", 3_000_000)
    long_row = with_part(sheet(HEAD), SHEET, b"<worksheet><sheetData><row><c>" + b" " * 6_000_000)
    texts = with_part(sheet(HEAD), "xl/sharedStrings.xml", b"<sst>" + b"<si/>" * 700_000)
    for data in (long_row, texts):
        tracemalloc.start()
        try:
            with pytest.raises(InputError, match="more than any real list"):
                XlsxFile(data)
            assert tracemalloc.get_traced_memory()[1] < 3_000_000
        finally:
            tracemalloc.stop()


def test_a_row_with_a_number_beyond_every_sheet_does_not_keep_us_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_in, "ROWS_MAX", 50)
    far = b'<row r="900000000"><c r="A900000000" t="inlineStr"><is><t>x</t></is></c></row>'
    head = b"".join(
        b'<c r="%c1" t="inlineStr"><is><t>%s</t></is></c>' % (65 + place, name.encode())
        for place, name in enumerate(HEAD)
    )
    space = b' xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    body = b"<worksheet" + space + b'><sheetData><row r="1">' + head + b"</row>" + far + b"</sheetData></worksheet>"
    assert list(open_table(with_part(sheet(HEAD), SHEET, body), COLUMNS).rows()) == []


def test_a_sheet_that_is_damaged_further_down_ends_with_an_issue() -> None:
    whole = sheet(HEAD, *((n, "x", "y", None) for n in range(500)))
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        body = archive.read(SHEET)
    found = list(open_table(with_part(whole, SHEET, body[: len(body) // 2]), COLUMNS).rows())
    last = found[-1][1]
    assert isinstance(last, Issue)
    assert "damaged" in last.text
    assert len(found) > 100
