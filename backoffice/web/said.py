"""What the worker said, kept as what it was made of and told in the reader's language.

Stored is a JSON list of lines: a text as it is, or its English source with the values. Older rows are plain text.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import msgspec

from backoffice.i18n import Spoken, gettext, ngettext
from backoffice.web.format import day, number

MORE: Final = "…"


class _Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """One text. `days`: values that are dates."""

    text: str
    values: dict[str, int | str] = {}
    days: dict[str, date] = {}
    plural: str = ""
    num: int = 0


_Stored = list[_Line | str]


def kept(said: str, spoken: Spoken, length_max: int) -> str:
    """The lines of a text as they are stored, in at most so many characters; the end of too much is left out."""
    lines: _Stored = [_line(each, spoken) for each in said.splitlines()]
    encoded = msgspec.json.encode(lines).decode()
    while len(encoded) > length_max and lines:
        lines.pop()
        encoded = msgspec.json.encode([*lines, MORE]).decode()
    return encoded


def told(stored: str) -> list[str]:
    """The lines in the language of the page."""
    try:
        lines = msgspec.json.decode(stored, type=_Stored)
    except msgspec.DecodeError:
        return stored.splitlines()
    return [line if isinstance(line, str) else _say(line) for line in lines]


def _line(said: str, spoken: Spoken) -> _Line | str:
    source = spoken.sources.get(said)
    if source is None:
        return said
    days = {name: value for name, value in source.values.items() if isinstance(value, date)}
    values = {
        name: value if isinstance(value, int) else str(value)
        for name, value in source.values.items()
        if name not in days
    }
    return _Line(source.text, values, days, source.plural, source.num)


def _say(line: _Line) -> str:
    values = {name: number(value) if isinstance(value, int) else value for name, value in line.values.items()}
    values |= {name: day(value) for name, value in line.days.items()}
    try:
        return ngettext(line.text, line.plural, line.num, **values) if line.plural else gettext(line.text, **values)
    except (KeyError, ValueError, TypeError):  # a translation of a later version that wants other values
        return line.text
