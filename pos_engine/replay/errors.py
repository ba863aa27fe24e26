"""What can be wrong with receipts that somebody hands over, or with counting them."""

from __future__ import annotations


class SourceError(Exception):
    """Receipts that cannot be read; the text says which, where, and what to do."""


class ReplayError(Exception):
    """A replay could not be finished; the text says why."""
