"""The files of the pages: compressed, named by their content, kept by browsers."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backoffice.web.assets import KEPT, Assets

STYLE = b"td { color: black }\n" * 100


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "static" / "vendor").mkdir(parents=True)
    (tmp_path / "secret.css").write_bytes(STYLE)
    (tmp_path / "static" / "app.css").write_bytes(STYLE)
    (tmp_path / "static" / "vendor" / "dot.png").write_bytes(b"\x89PNG" + STYLE)
    return tmp_path / "static"


@pytest.fixture
def browser(folder: Path) -> FlaskClient:
    app = Flask("pages", static_folder=None)
    app.add_url_rule("/static/<path:filename>", "static", Assets(folder).serve)
    return app.test_client()


def test_who_takes_compressed_files_gets_them_so(browser: FlaskClient) -> None:
    answer = browser.get("/static/app.css", headers={"Accept-Encoding": "br, gzip"})
    assert gzip.decompress(answer.data) == STYLE
    assert len(answer.data) < len(STYLE) / 5
    assert (answer.headers["Content-Encoding"], answer.headers["Vary"]) == ("gzip", "Accept-Encoding")
    assert answer.mimetype == "text/css"


@pytest.mark.parametrize("accepted", ["", "br", "gzip;q=0"])
def test_who_does_not_gets_them_as_they_are(browser: FlaskClient, accepted: str) -> None:
    answer = browser.get("/static/app.css", headers={"Accept-Encoding": accepted} if accepted else {})
    assert answer.data == STYLE
    assert "Content-Encoding" not in answer.headers


def test_pictures_are_not_compressed_again(browser: FlaskClient) -> None:
    answer = browser.get("/static/vendor/dot.png", headers={"Accept-Encoding": "gzip"})
    assert answer.data.startswith(b"\x89PNG")


def test_an_address_that_names_the_content_is_kept_for_a_year_and_no_other(browser: FlaskClient, folder: Path) -> None:
    found = Assets(folder).find("app.css")
    assert found is not None
    assert browser.get(f"/static/app.css?v={found.stamp}").headers["Cache-Control"] == KEPT
    for other in ("", "?v=", "?v=000000000000"):
        assert browser.get(f"/static/app.css{other}").headers["Cache-Control"] == "no-cache"


def test_who_has_it_already_is_told_so(browser: FlaskClient) -> None:
    first = browser.get("/static/app.css")
    again = browser.get("/static/app.css", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    compressed = browser.get("/static/app.css", headers={"Accept-Encoding": "gzip"})
    assert compressed.headers["ETag"] != first.headers["ETag"]


def test_a_file_that_was_written_anew_is_read_anew(folder: Path) -> None:
    assets = Assets(folder)
    before = assets.find("app.css")
    (folder / "app.css").write_bytes(b"td { color: red }")
    os.utime(folder / "app.css", ns=(1, 1))
    after = assets.find("app.css")
    assert before is not None
    assert after is not None
    assert (before.body, after.body) == (STYLE, b"td { color: red }")
    assert before.stamp != after.stamp


@pytest.mark.parametrize(
    "name", ["nothing.css", "../secret.css", "vendor", "vendor/../../secret.css", "%2e%2e/secret.css"]
)
def test_nothing_else_is_served(browser: FlaskClient, name: str) -> None:
    assert browser.get(f"/static/{name}").status_code == 404
