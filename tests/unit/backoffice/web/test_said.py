"""What the worker says is kept as what it was made of, and read in the reader's language."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import flask_babel
import pytest
from flask import Flask

from backoffice.i18n import REMEMBERED_MAX, Spoken, gettext, ngettext, remembering
from backoffice.web.said import MORE, kept, told

ENOUGH = 4_000
COMPARED = "%(day)s: %(compared)s compared, %(differing)s differ, %(missing)s missing"
RECEIPTS = "%(num)s receipt", "%(num)s receipts"


@pytest.fixture(scope="module")
def app() -> Flask:
    made = Flask("said")
    made.config["BABEL_TRANSLATION_DIRECTORIES"] = str(Path(__file__).parents[4] / "backoffice" / "translations")
    flask_babel.Babel(made)
    return made


def said(text: str, length_max: int = ENOUGH) -> str:
    with remembering() as spoken:
        lines = [
            gettext(COMPARED, day=date(2026, 11, 25), compared=12_345, differing=0, missing=1),
            ngettext(*RECEIPTS, 2),
            text,
        ]
        return kept("\n".join(lines), spoken, length_max)


def read(app: Flask, stored: str, language: str) -> list[str]:
    with app.test_request_context(), flask_babel.force_locale(language):
        return told(stored)


def test_it_is_read_in_each_language(app: Flask) -> None:
    stored = said("till-1.db: 5 %")
    english, german = read(app, stored, "en"), read(app, stored, "de")
    assert english == ["Nov 25, 2026: 12,345 compared, 0 differ, 1 missing", "2 receipts", "till-1.db: 5 %"]
    assert german[0].startswith("25.11.2026: 12.345 ")
    assert german[0] != english[0]
    assert german[1:] == ["2 Bons", "till-1.db: 5 %"]


def test_without_a_page_it_is_english() -> None:
    assert told(said("x"))[1:] == ["2 receipts", "x"]


def test_what_older_versions_kept_is_shown_as_it_is() -> None:
    assert told("ledger: 3 points expired\n[odd") == ["ledger: 3 points expired", "[odd"]
    assert told("[not json") == ["[not json"]
    assert told("") == []


def test_too_much_is_left_out_at_the_end_and_still_readable() -> None:
    stored = said("x" * 500, 300)
    assert len(stored) <= 300
    assert told(stored)[-1] == MORE
    assert told(kept("y" * 500, _nothing(), 20)) == [MORE]


def _nothing() -> Spoken:
    with remembering() as spoken:
        return spoken


def test_work_inside_work_is_remembered_once_and_not_without_end() -> None:
    with remembering() as outer:
        with remembering() as inner:
            gettext("%(count)s pairs", count=1)
        assert inner is outer
        for count in range(REMEMBERED_MAX + 5):
            gettext("%(count)s pairs", count=count)
        assert len(outer.sources) == REMEMBERED_MAX
    gettext("%(count)s pairs", count=-1)
    assert "-1 pairs" not in outer.sources
