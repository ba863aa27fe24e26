"""By which words a member is found: every word's beginnings, and the whole of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from backoffice.text import folded

BEGINNINGS: Final = (3, 5, 8)
"""Lengths of the beginnings that are kept. A shorter query looks at members one by one, newest first."""
QUERY_WORDS_MAX: Final = 8


def words_of(parts: Iterable[str]) -> tuple[str, ...]:
    """The words of some texts as searches see them (no case, no accents), each once."""
    return tuple(dict.fromkeys(word for part in parts for word in folded(part).split()))


def beginnings_of(words: Iterable[str]) -> frozenset[str]:
    """What is kept of the words to find them by."""
    return frozenset(word[:length] for word in words for length in (*BEGINNINGS, len(word)))


def beginning_to_look_for(word: str) -> str:
    """The longest kept beginning that every word starting so has; empty when the word is too short for one."""
    return word[: max((length for length in BEGINNINGS if length <= len(word)), default=0)]


def matches(words: Iterable[str], query_words: Iterable[str]) -> bool:
    """Whether some word begins with each word of the query."""
    known = tuple(words)
    return all(any(word.startswith(asked) for word in known) for asked in query_words)


def query_words(query: str) -> tuple[str, ...]:
    """The words of a query, as many as are looked at."""
    return tuple(folded(query).split()[:QUERY_WORDS_MAX])
