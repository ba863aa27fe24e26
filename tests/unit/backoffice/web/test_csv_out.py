"""CSV that can be opened in a spreadsheet without running anything."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest
from flask import Flask, Response, request

from backoffice.web.csv_out import BYTE_ORDER_MARK, Cell, csv_lines, csv_response, decimal_text, safe_cell


def test_rows_are_read_while_the_file_is_sent_and_still_know_who_asked() -> None:
    app = Flask(__name__)

    @app.get("/rows.csv")
    def rows() -> Response:
        def read() -> Iterator[tuple[str]]:
            yield (request.args["who"],)

        return csv_response("rows.csv", ("who",), read())

    # as a server does: the body is asked for when the request has been answered
    answer = app.test_client().get("/rows.csv?who=Ada", buffered=False)
    assert answer.get_data().decode("utf-8-sig").split() == ["who", "Ada"]
    answer.close()


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        '=HYPERLINK("http://evil")',
        "+cmd|' /C calc'!A0",
        "-2+3+cmd",
        "@SUM(1)",
        "\t=1+1",
        "\r=1",
        "name\n=1+1",
        "a\t+1+cmd",
        "  =1",
        "\uff1d1+1",
        "\nplain",
    ],
)
def test_what_a_spreadsheet_would_run_is_made_harmless(cell: str) -> None:
    assert safe_cell(cell) == "'" + cell


@pytest.mark.parametrize(
    "cell", ["+41 79 123 45 67", "+49 (0) 30/1234-56", "-12.50", "+1", "Anna", "a=b", "a@b.ch", "", "2026-11-23"]
)
def test_phone_numbers_amounts_and_addresses_stay_what_they_are(cell: str) -> None:
    assert safe_cell(cell) == cell


def test_a_file_reads_back_as_it_was_given() -> None:
    rows: list[tuple[Cell, Cell, Cell]] = [("a;b", 'say "hi"', 3), ("c\nd", None, "ü")]
    text = "".join(csv_lines(("x", "y", "z"), rows))
    assert text.startswith(BYTE_ORDER_MARK)
    back = list(csv.reader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK))))
    assert back == [["x", "y", "z"], ["a;b", 'say "hi"', "3"], ["c\nd", "", "ü"]]


def test_a_long_file_comes_in_pieces() -> None:
    pieces = list(csv_lines(("n",), ((str(number) * 10,) for number in range(20_000))))
    assert len(pieces) > 5
    assert max(map(len, pieces)) < 70_000


@pytest.mark.parametrize(
    ("minor", "digits", "text"), [(1234, 2, "12.34"), (-5, 2, "-0.05"), (7, 0, "7"), (1234567, 3, "1234.567")]
)
def test_amounts_have_a_plain_point(minor: int, digits: int, text: str) -> None:
    assert decimal_text(minor, digits) == text
