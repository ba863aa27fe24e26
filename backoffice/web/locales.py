"""Which language a page speaks."""

from __future__ import annotations

from typing import Final

from flask import request, session

PAGE_LANGUAGES: Final = {
    "en": "English",
    "de": "Deutsch",
    "fr": "Français",
    "it": "Italiano",
    "cs": "Čeština",
    "zh": "中文",
}
"""Languages with a catalogue, in their own words."""

CHOSEN_LANGUAGE: Final = "language"
"""Session key: the language somebody has chosen."""


def selected_language() -> str:
    """The language that was chosen; else the browser's best; else English."""
    chosen = session.get(CHOSEN_LANGUAGE)
    if chosen in PAGE_LANGUAGES:
        return str(chosen)
    return request.accept_languages.best_match(list(PAGE_LANGUAGES)) or "en"
