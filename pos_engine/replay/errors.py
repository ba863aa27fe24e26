"""What can be wrong with receipts that somebody hands over."""

from __future__ import annotations


class SourceError(Exception):
    """Receipts that cannot be read; the text says which, where, and what to do."""
