"""Files as people make them."""

from __future__ import annotations

import pytest

from backoffice.errors import InputError
from backoffice.imports.table import Column, Issue, open_table

COLUMNS = (
    Column("number", ("number", "nummer"), required=True),
    Column("name", ("name", "last name", "nachname")),
    Column("town", ("town", "ort")),
)


def cells(data: bytes) -> list[dict[str, str]]:
    found = []
    for _number, row in open_table(data, COLUMNS).rows():
        assert not isinstance(row, Issue)
        found.append(dict(row))
    return found


@pytest.mark.parametrize(
    "data",
    [
        "number,name,town\n1,Müller,Zürich\n".encode(),
        "number;name;town\n1;Müller;Zürich\n".encode("utf-8-sig"),
        "number\tname\ttown\r\n1\tMüller\tZürich\r\n".encode("utf-16"),
        "Nummer;Nachname;Ort\n1;Müller;Zürich".encode("cp1252"),
        '\n\nTown,NUMBER,"Last_Name"\nZürich,1,Müller\n\n'.encode(),
        'number|name|town\n 1 |"Müller"| Zürich \n'.encode(),
    ],
    ids=["plain", "bom-semicolon", "utf16-tab", "windows-german", "any-order", "pipe"],
)
def test_encodings_separators_and_orders(data: bytes) -> None:
    assert cells(data) == [{"number": "1", "name": "Müller", "town": "Zürich"}]


def test_a_quoted_cell_may_hold_separators_and_line_breaks() -> None:
    assert cells(b'number;name\n1;"a;b\nc"\n') == [{"number": "1", "name": "a;b\nc"}]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"name;town\nx;y\n", "The column number is missing.*The file has: name, town"),
        (b"number;nummer\n1;2\n", "there twice"),
        (b"\x00\x01\x02\x03", "neither a text file"),
        (b"PK\x03\x04\x00\x00", "no sheet"),
        (b"\xff\xfex", "damaged"),
    ],
)
def test_what_is_no_such_table_is_refused_in_words(data: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said):
        open_table(data, COLUMNS)


def test_rows_are_numbered_as_a_spreadsheet_does_and_a_short_row_is_an_issue() -> None:
    rows = list(open_table(b"number;name\n1;a\n\n2\n3;c;d\n4;e\n", COLUMNS).rows())
    assert [number for number, _row in rows] == [2, 4, 5, 6]
    short, long = rows[1][1], rows[2][1]
    assert isinstance(short, Issue)
    assert isinstance(long, Issue)
    assert (short.row, short.text) == (4, "this row has 1 cells, the heading has 2")
    assert (long.row, long.value) == (5, "3;c;d")


def test_a_missing_quotation_mark_is_said() -> None:
    rows = list(open_table(b'number;name\n1;"a\n2;b\n', COLUMNS).rows())
    issue = rows[-1][1]
    assert isinstance(issue, Issue)
    assert "quotation mark" in issue.text


def test_columns_nobody_knows_are_named() -> None:
    assert open_table(b"number;shoe size;name\n1;44;a\n", COLUMNS).ignored == ("shoe size",)
