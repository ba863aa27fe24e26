"""The sentences of one language, read once from its catalogue file."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import resources

LANGUAGES: tuple[str, ...] = ("en", "de", "fr", "it", "cs", "zh")
"""ISO 639-1 codes of the languages every sentence exists in."""


def known_language(language: str) -> str:
    """The language itself, or its first part (`de` for `de-CH`), or English when there is no catalogue for it."""
    short = language.replace("_", "-").split("-")[0].lower()
    return short if short in LANGUAGES else "en"


@lru_cache(maxsize=len(LANGUAGES))
def _catalogue(language: str) -> dict[str, str]:
    file = resources.files("pos_engine.words").joinpath("catalogues", f"{language}.json")
    sentences: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    return sentences


def codes(language: str = "en") -> frozenset[str]:
    """All codes the catalogue of a language knows."""
    return frozenset(_catalogue(known_language(language)))


def text(code: str, language: str, **params: int | str) -> str:
    """The sentence of a code with its parameters filled in. KeyError for a code that no catalogue has."""
    return _catalogue(known_language(language))[code].format(**params)
