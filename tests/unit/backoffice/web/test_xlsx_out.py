"""Sheets that leave the house: what was written stands in them, and nothing of it runs."""

from __future__ import annotations

import io

import pytest
from openpyxl import load_workbook

from backoffice.web import xlsx_out
from backoffice.web.xlsx_out import write_xlsx


def read_back(data: bytes) -> list[tuple[object, ...]]:
    return [tuple(cell.value for cell in row) for row in load_workbook(io.BytesIO(data)).worksheets[0].iter_rows()]


def test_rows_come_back_as_they_were() -> None:
    file = io.BytesIO()
    write_xlsx(file, ("number", "name", "points"), [("1", "Žofie \u4f60\u597d", 7), ("0042", "", None)])
    rows = read_back(file.getvalue())
    assert rows == [("number", "name", "points"), ("1", "Žofie \u4f60\u597d", 7), ("0042", None, None)]


@pytest.mark.parametrize("text", ["=1+1", '=HYPERLINK("http://x","y")', "@SUM(A1)", "+1", "-1"])
def test_a_formula_stays_text(text: str) -> None:
    file = io.BytesIO()
    write_xlsx(file, ("name",), [(text,)])
    cell = load_workbook(io.BytesIO(file.getvalue())).worksheets[0]["A2"]
    assert (cell.value, cell.data_type) == (text, "s")


def test_characters_that_no_sheet_can_have_are_left_out() -> None:
    file = io.BytesIO()
    write_xlsx(file, ("name",), [("a\x00b\x1bc",), ("x" * 40_000,)])
    rows = read_back(file.getvalue())
    assert rows[1] == ("abc",)
    assert len(str(rows[2][0])) == 32_767


def test_more_rows_than_a_sheet_has_go_to_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_out, "ROWS_MAX", 3)
    file = io.BytesIO()
    write_xlsx(file, ("n",), [(n,) for n in range(4)])
    sheets = load_workbook(io.BytesIO(file.getvalue())).worksheets
    assert [list(sheet.iter_rows(values_only=True)) for sheet in sheets] == [[("n",), (0,), (1,), (2,)], [("n",), (3,)]]
