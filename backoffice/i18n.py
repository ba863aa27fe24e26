"""Translated texts, also where no request is being answered (commands, the worker): there they are English.

What a worker says is kept with what it was made of (`Spoken`), so that it is read in the reader's language.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final

import flask_babel
from flask import has_request_context

REMEMBERED_MAX: Final = 1_000
"""Texts of one piece of work; a job says some dozens that anybody keeps."""


@dataclass(frozen=True)
class Source:
    """What a text was made of. `plural` and `num`: for a text that depends on a count."""

    text: str
    values: dict[str, object]
    plural: str = ""
    num: int = 0


@dataclass
class Spoken:
    """What was said in English during one piece of work, and what it was made of."""

    sources: dict[str, Source] = field(default_factory=dict)

    def note(self, said: str, source: Source) -> str:
        """Remember one text, the earlier ones first, and hand it back."""
        if len(self.sources) < REMEMBERED_MAX:
            self.sources[said] = source
        return said


_spoken: ContextVar[Spoken | None] = ContextVar("spoken", default=None)


@contextmanager
def remembering() -> Iterator[Spoken]:
    """Remember what texts are made of that are said inside without a request; inside another one: in that."""
    spoken = _spoken.get() or Spoken()
    token = _spoken.set(spoken)
    try:
        yield spoken
    finally:
        _spoken.reset(token)


def gettext(text: str, /, **params: object) -> str:
    """A text in the language of the page; `%(name)s` are filled from the parameters, `%%` is a per cent sign."""
    if has_request_context():
        return str(flask_babel.gettext(text)) % params
    spoken = _spoken.get()
    return text % params if spoken is None else spoken.note(text % params, Source(text, params))


def ngettext(singular: str, plural: str, num: int, /, **params: object) -> str:
    """A text that depends on a count, which is the parameter `num`."""
    if has_request_context():
        return str(flask_babel.ngettext(singular, plural, num, **params))
    said = (singular if num == 1 else plural) % {"num": num, **params}
    spoken = _spoken.get()
    return said if spoken is None else spoken.note(said, Source(singular, params, plural, num))


def _l(text: str, /) -> str:
    """A text that is translated later, where it is shown: this marks it for the catalogues and changes nothing."""
    return text
