"""Every text of the pages stands in every language that the pages offer."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po

from backoffice.web.locales import LANGUAGE_NAMES, PAGE_LANGUAGES, TRANSLATIONS

ROOT = Path(__file__).parents[3] / "backoffice"
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
KEYWORDS = {"_": None, "_l": None, "gettext": None, "ngettext": (1, 2)}

TRANSLATED = sorted(set(PAGE_LANGUAGES) - {"en"})


@cache
def texts() -> frozenset[str]:
    options = {"**/templates/**.html": {"extensions": "jinja2.ext.do"}}
    found: Iterator[tuple[str, int, str | tuple[str, ...], list[str], str | None]] = extract_from_dir(
        str(ROOT), METHODS, options, KEYWORDS
    )
    return frozenset(message if isinstance(message, str) else message[0] for _file, _line, message, _c, _x in found)


@cache
def catalogue(language: str) -> Catalog:
    with (TRANSLATIONS / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=language)


def test_the_pages_speak_at_least_two_languages() -> None:
    assert len(texts()) > 400
    assert {"en", "de"} <= set(PAGE_LANGUAGES) <= set(LANGUAGE_NAMES)


@pytest.mark.parametrize("language", TRANSLATED)
def test_nothing_is_missing_and_nothing_is_left_over(language: str) -> None:
    known = {
        (message.id if isinstance(message.id, str) else message.id[0])
        for message in catalogue(language)
        if message.id and all((message.string,) if isinstance(message.string, str) else tuple(message.string or ("",)))
    }
    assert texts() - known == set(), "see “Languages” in docs/backoffice.md"
    assert known - texts() == set()


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_translation_fills_the_same_places(language: str) -> None:
    for message in catalogue(language):
        assert not [str(error) for error in message.check(catalogue(language))], message.id


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_compiled_catalogue_is_the_one_that_people_edit(language: str) -> None:
    compiled = io.BytesIO()
    write_mo(compiled, catalogue(language))
    compiled.seek(0)
    with (TRANSLATIONS / language / "LC_MESSAGES" / "messages.mo").open("rb") as file:
        there = [(message.id, message.string) for message in read_mo(file)]
    assert there[1:] == [(message.id, message.string) for message in read_mo(compiled)][1:]
