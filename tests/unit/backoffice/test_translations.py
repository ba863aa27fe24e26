"""Every text of the pages stands in every language that the pages offer."""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo, write_mo
from babel.messages.plurals import get_plural
from babel.messages.pofile import read_po

from backoffice.web.locales import LANGUAGE_NAMES, PAGE_LANGUAGES, TRANSLATIONS

ROOT = Path(__file__).parents[3] / "backoffice"
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
KEYWORDS = {"_": None, "_l": None, "gettext": None, "ngettext": (1, 2)}

TRANSLATED = sorted(set(PAGE_LANGUAGES) - {"en"})

PLACE = re.compile(r"%\([a-z_]+\)[-+ #0]*[0-9]*(?:\.[0-9]+)?[a-z]|%%|\{[a-z_]+\}")
TAG = re.compile(r"</?[a-z][^<>]*>")
UNDECIDED = re.compile("[ \u00a0](?=[:;!?\u00bb])|(?<=\u00ab)[ \u00a0]|(?<=[0-9s]) (?=%%)")
"""Where French wants the narrow space that does not break, and something else stands."""


@cache
def texts() -> frozenset[str]:
    options = {"**/templates/**.html": {"extensions": "jinja2.ext.do"}}
    found: Iterator[tuple[str, int, str | tuple[str, ...], list[str], str | None]] = extract_from_dir(
        str(ROOT), METHODS, options, KEYWORDS
    )
    return frozenset(message if isinstance(message, str) else message[0] for _file, _line, message, _c, _x in found)


def python_texts() -> set[str]:
    """The texts of Python files, also those inside the arguments of another text."""
    calls = (
        node
        for file in ROOT.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KEYWORDS and node.args
    )
    first = [call.args[0] for call in calls]
    return {text.value for text in first if isinstance(text, ast.Constant) and isinstance(text.value, str)}


@cache
def catalogue(language: str) -> Catalog:
    with (TRANSLATIONS / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=language)


def messages(language: str) -> list[Message]:
    return [message for message in catalogue(language) if message.id]


def forms(text: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    """A source or a translation with all its plural forms."""
    return (text,) if isinstance(text, str) else tuple(text or ())


def edges(text: str) -> tuple[str, str]:
    """The white space around a text."""
    return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]


def test_the_pages_speak_languages_of_the_tills() -> None:
    assert len(texts()) > 400
    assert {"en", "de", "fr", "it", "cs", "zh"} <= set(PAGE_LANGUAGES) <= set(LANGUAGE_NAMES)


def test_no_text_stands_where_it_is_not_extracted() -> None:
    assert python_texts() - texts() == set(), "Babel does not see a text in the arguments of another: take it out"


@pytest.mark.parametrize("language", TRANSLATED)
def test_nothing_is_missing_and_nothing_is_left_over(language: str) -> None:
    known = {forms(message.id)[0] for message in messages(language) if all(forms(message.string)) and message.string}
    assert texts() - known == set(), "see “Languages” in docs/backoffice.md"
    assert known - texts() == set()
    assert not [message.id for message in messages(language) if message.fuzzy]


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_translation_fills_the_same_places(language: str) -> None:
    for message in messages(language):
        assert not [str(error) for error in message.check(catalogue(language))], message.id
        wanted = [sorted(PLACE.findall(text)) for text in forms(message.id)]
        for text in forms(message.string):
            assert sorted(PLACE.findall(text)) in wanted, (message.id, text)


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_translation_keeps_tags_and_the_space_around_it(language: str) -> None:
    for message in messages(language):
        source = forms(message.id)[0]
        for text in forms(message.string):
            assert TAG.findall(text) == TAG.findall(source), (message.id, text)
            assert edges(text) == edges(source), (message.id, text)


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_count_has_as_many_forms_as_its_language(language: str) -> None:
    rule = get_plural(language)
    known = catalogue(language)
    assert (known.num_plurals, known.plural_expr) == (rule.num_plurals, rule.plural_expr)
    counted = [message for message in messages(language) if message.pluralizable]
    assert counted
    for message in counted:
        assert len(forms(message.string)) == rule.num_plurals, message.id


def test_no_line_of_french_begins_with_its_punctuation() -> None:
    assert not [text for message in messages("fr") for text in forms(message.string) if UNDECIDED.search(text)]


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_compiled_catalogue_is_the_one_that_people_edit(language: str) -> None:
    compiled = io.BytesIO()
    write_mo(compiled, catalogue(language))
    compiled.seek(0)
    with (TRANSLATIONS / language / "LC_MESSAGES" / "messages.mo").open("rb") as file:
        there = [(message.id, message.string) for message in read_mo(file)]
    assert there[1:] == [(message.id, message.string) for message in read_mo(compiled)][1:]
