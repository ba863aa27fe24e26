"""Errors whose text is meant for the person at the screen."""

from __future__ import annotations


class InputError(ValueError):
    """What was entered cannot be accepted; the text says what is wrong and what to do.

    `field`: the field that is wrong, where it is one; an import names its column.
    """

    def __init__(self, text: str, field: str = "") -> None:
        super().__init__(text)
        self.field = field
