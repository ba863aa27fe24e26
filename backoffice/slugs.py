"""Identifiers that people can read on a receipt: a short form of a name, told apart by a number."""

from __future__ import annotations

import re
from collections.abc import Container
from typing import Final

from backoffice.text import folded

SLUG_LENGTH_MAX: Final = 24
"""Characters: with it a receipt's id still fits on one line of 58 mm paper (32 characters)."""

_BETWEEN: Final = re.compile(r"[^a-z0-9]+")


def new_slug(name: str, taken: Container[str], fallback: str) -> str:
    """`Grocer, till one` becomes `grocer-till-one`, or `grocer-till-one-2` when that is taken.

    Of a name that is too long, the part after its last comma is taken, where there is one: that is what tells the tills
    of a shop apart. `fallback` stands for a name without any Latin letter or digit.
    """
    whole = _plain(name)
    if len(whole) > SLUG_LENGTH_MAX:
        whole = _plain(name.rpartition(",")[2]) or whole
    stem = _shortened(whole, SLUG_LENGTH_MAX) or fallback
    slug = stem
    number = 1
    while slug in taken:
        number += 1
        suffix = f"-{number}"
        slug = _shortened(stem, SLUG_LENGTH_MAX - len(suffix)) + suffix
    return slug


def _plain(text: str) -> str:
    return _BETWEEN.sub("-", folded(text)).strip("-")


def _shortened(slug: str, length_max: int) -> str:
    """At most so long, and ending with a whole word where there is more than one."""
    if len(slug) <= length_max:
        return slug
    whole, _, _ = slug[: length_max + 1].rpartition("-")
    return whole or slug[:length_max]
