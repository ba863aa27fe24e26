"""Rules that tell from a line's code and words what was done. Pure: no database, no clock.

Laws: rules are tried from the top, and the first that fits wins; codes are looked at before words, because a code says
it more surely. Case, accents and what stands between words do not matter. A phrase fits when all its words are there,
in any order: a word of up to three letters as a whole word, a longer one at the beginning of a word, one after `*`
anywhere, and Chinese anywhere. `#` stands for a digit. A code fits what begins with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Final, NamedTuple

import msgspec

from backoffice.text import folded
from backoffice.workshop.operations import OPERATIONS, family_of
from backoffice.workshop.reading import LABOUR, OTHER, PART

KINDS: Final = (LABOUR, PART, OTHER)
WHOLE_WORD_LETTERS_MAX: Final = 3
ANYWHERE: Final = "*"
DIGIT: Final = "#"
SIGN_LETTERS_MAX: Final = 4
"""A space and three letters: with them few phrases are looked at for a line."""
REMEMBERED_LINES: Final = 65_536

_BETWEEN: Final = re.compile(r"[^\w#*]+|_+")
_CODE_BETWEEN: Final = re.compile(r"[\s.\-/]+")
_CHINESE: Final = re.compile(r"[\u3400-\u9fff]")


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Lines of these kinds (none: all) with one of the codes or one of the phrases, and no phrase of `without`."""

    operation: str
    codes: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()


class Taken(msgspec.Struct, frozen=True):
    """What a line was taken for; both empty when no rule fits. `rule`: its place from 0, -1 for none."""

    operation: str = ""
    family: str = ""
    rule: int = -1


NOTHING: Final = Taken()


def plain_words(text: str) -> str:
    """A text as it is searched: folded, one space before, between and after its words."""
    return f" {_BETWEEN.sub(' ', folded(text)).strip()} "


def plain_code(code: str) -> str:
    """A code as it is compared: capitals, nothing between them."""
    return _CODE_BETWEEN.sub("", code).upper()


_Test = Callable[[str], object]
"""Says whether a part is there, by what is true or false."""


class _Phrase(NamedTuple):
    """Words that must all be there. `sign`: letters without which it cannot fit, by which it is found."""

    tests: tuple[_Test, ...]
    sign: str

    def fits(self, words: str) -> bool:
        return all(test(words) for test in self.tests)


class Classifier:
    """A list of rules, ready to be asked. Lines repeat themselves, so answers are remembered."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = [_Ready(place, rule) for place, rule in enumerate(rules) if rule.operation in OPERATIONS]
        self._by_sign: dict[str, list[tuple[int, _Phrase]]] = {}
        for at, rule in enumerate(self._rules):
            for phrase in rule.phrases:
                self._by_sign.setdefault(phrase.sign, []).append((at, phrase))
        self.take: Callable[[str, str, str], Taken] = lru_cache(maxsize=REMEMBERED_LINES)(self._take)
        """Kind, code and text of a line → what it was taken for."""

    def _take(self, kind: str, code: str, text: str) -> Taken:
        words, plain = plain_words(text), plain_code(code)
        for rule in self._rules if plain else ():
            if rule.codes and plain.startswith(rule.codes) and rule.is_for(kind) and not rule.is_out(words):
                return rule.taken
        signs = {words[at : at + length] for length in range(SIGN_LETTERS_MAX + 1) for at in range(len(words))}
        likely = [found for sign in signs for found in self._by_sign.get(sign, ())]
        for at, phrase in sorted(likely, key=itemgetter(0)):
            rule = self._rules[at]
            if phrase.fits(words) and rule.is_for(kind) and not rule.is_out(words):
                return rule.taken
        return NOTHING


class _Ready:
    """One rule with its phrases made ready."""

    def __init__(self, place: int, rule: Rule) -> None:
        self.codes = tuple(code for code in map(plain_code, rule.codes) if code)
        self.taken = Taken(rule.operation, family_of(rule.operation), place)
        self.phrases = _phrases(rule.words)
        self._kinds = frozenset(rule.kinds)
        self._without = _phrases(rule.without)

    def is_for(self, kind: str) -> bool:
        return not self._kinds or kind in self._kinds

    def is_out(self, words: str) -> bool:
        return any(phrase.fits(words) for phrase in self._without)


def _phrases(texts: Sequence[str]) -> tuple[_Phrase, ...]:
    return tuple(phrase for phrase in map(_phrase, texts) if phrase.tests)


def _phrase(text: str) -> _Phrase:
    plain = (plain_words(word).strip() for word in text.split())
    parts = [_part(word) for word in plain if word.strip(f"{ANYWHERE} ")]
    sign = max((part.split(DIGIT)[0] for part in parts), key=len, default="")[:SIGN_LETTERS_MAX]
    return _Phrase(tuple(map(_test, parts)), sign)


def _part(word: str) -> str:
    """What of a text a word is looked for as: with a space where a word must begin or end."""
    inside = word.replace(ANYWHERE, "")
    if word.startswith(ANYWHERE) or _CHINESE.search(inside):
        return inside
    return f" {inside} " if len(inside) <= WHOLE_WORD_LETTERS_MAX else f" {inside}"


def _test(part: str) -> _Test:
    if DIGIT in part:
        return re.compile("[0-9]".join(map(re.escape, part.split(DIGIT)))).search
    return lambda words: part in words
