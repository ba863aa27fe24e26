"""What every kind of file offers: a heading, and rows of cells, one at a time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Final

ROWS_MAX: Final = 1_000_000
COLUMNS_MAX: Final = 500
"""Real lists have some dozens; a row of each is held and shown."""


class Lines(ABC):
    """An opened file. `separator` is what a row is shown with."""

    header: tuple[str, ...]
    separator: str

    @abstractmethod
    def rows(self) -> Iterator[tuple[int, Sequence[str] | str]]:
        """Row numbers and cells below the heading, from the first one at each call; a text ends them: what is wrong."""
