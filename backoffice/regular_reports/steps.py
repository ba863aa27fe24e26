"""How far the counting of a report is."""

from __future__ import annotations

from collections.abc import Callable


def _nobody(_done: int, _total: int) -> None:
    """Nobody wants to know."""


class Steps:
    """Counts the large questions of a report; `told` hears after each how many of how many were answered."""

    def __init__(self, told: Callable[[int, int], None] = _nobody) -> None:
        self._told = told
        self._done = 0
        self._total = 0

    def expect(self, total: int) -> None:
        """So many questions will be asked."""
        self._total = total

    def one(self) -> None:
        """One was answered."""
        self._done += 1
        self._told(self._done, self._total)
