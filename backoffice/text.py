"""Words as searches see them, without case and accents; and what servers said, without whom it is about."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

SEARCH_WORDS_MAX: Final = 8
"""Words of one query that are looked at; each costs one pass over the candidates."""

_ADDRESS: Final = re.compile(r"[^\s<>\"“”:;,()=]+@[^\s<>\"“”:;,()=]+")


def without_addresses(text: str) -> str:
    """What a server said, without the e-mail addresses it quotes: it is kept in the clear, and outlives a member."""
    return _ADDRESS.sub("…", text)


def folded(text: str) -> str:
    """Lower case without accents: `Müller` and `MULLER` become `muller`; ß becomes ss."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def search_text(parts: Iterable[str], length_max: int) -> str:
    """What is stored to be searched: every word once, with a space before each, so that `% wor%` finds beginnings."""
    words = dict.fromkeys(word for part in parts for word in folded(part).split())
    return (" " + " ".join(words))[:length_max]


def search_patterns(query: str) -> list[str]:
    """One LIKE pattern (escape character: backslash) per word of a query; each matches the beginning of a word."""
    words = folded(query).split()[:SEARCH_WORDS_MAX]
    return ["% " + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%" for word in words]
