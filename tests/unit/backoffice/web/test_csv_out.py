"""CSV downloads."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest
from flask import Flask, Response, request

from backoffice.web.csv_out import csv_lines, csv_response


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
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("Ada", "Ada"),
        ("-12.50", "-12.50"),
        ("+49 30 1234", "+49 30 1234"),
        ("\t=x", "'\t=x"),
        (None, ""),
    ],
)
def test_what_a_spreadsheet_would_run_is_made_harmless(cell: str | None, written: str) -> None:
    text = "".join(csv_lines(("name",), [(cell, "end")])).removeprefix("\ufeff")
    assert list(csv.reader(io.StringIO(text, newline="")))[1] == [written, "end"]
