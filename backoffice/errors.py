"""Errors whose text is meant for the person at the screen."""

from __future__ import annotations


class InputError(ValueError):
    """What was entered cannot be accepted; the text says what is wrong and what to do."""
