"""Days as they stand in an address."""

from __future__ import annotations

from datetime import date

YEARS = range(1900, 2200)
"""Of days that anything happens on; a year on either side of them can be counted to."""


def day_of(text: str, otherwise: date) -> date:
    """An ISO day; what is none is the other one: an address is not worth an error."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return otherwise
    return day if day.year in YEARS else otherwise
