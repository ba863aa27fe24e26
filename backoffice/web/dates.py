"""Days as they stand in an address."""

from __future__ import annotations

from datetime import date


def day_of(text: str, otherwise: date) -> date:
    """An ISO day; what is none is the other one: an address is not worth an error."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return otherwise
