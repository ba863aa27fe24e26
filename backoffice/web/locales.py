"""Which language a page speaks."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from flask import request, session

TRANSLATIONS: Final = Path(__file__).parents[1] / "translations"
LANGUAGE_NAMES: Final = {
    "en": "English",
    "de": "Deutsch",
    "fr": "Français",
    "it": "Italiano",
    "cs": "Čeština",
    "zh": "中文",
}
"""The languages of tills and members, in their own words."""

PAGE_LANGUAGES: Final = {
    code: name for code, name in LANGUAGE_NAMES.items() if code == "en" or (TRANSLATIONS / code).is_dir()
}
"""Those that the pages speak: English, and every language with a catalogue."""

CHOSEN_LANGUAGE: Final = "language"
"""Session key: the language somebody has chosen."""


def selected_language() -> str:
    """The language that was chosen; else the browser's best; else English."""
    chosen = session.get(CHOSEN_LANGUAGE)
    if chosen in PAGE_LANGUAGES:
        return str(chosen)
    return request.accept_languages.best_match(list(PAGE_LANGUAGES)) or "en"
