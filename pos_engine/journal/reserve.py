"""Space kept back beside the journal, given free when the disk is full, so that sales go on while somebody is told."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

RESERVE_BYTES = 8 * 1024 * 1024
"""About 800 receipts of 10 KB: a day's sales of one till."""


class Reserve:
    """One preallocated file. Refilled when the journal is opened and there is room again."""

    def __init__(self, path: Path, size_bytes: int = RESERVE_BYTES) -> None:
        self._path = path
        self._size_bytes = size_bytes

    def fill(self) -> bool:
        """Take the space if it is not held yet; False when the disk has not that much left."""
        if self.held:
            return True
        try:
            with self._path.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, self._size_bytes)
        except OSError:
            self.give_back()
            return False
        return True

    @property
    def held(self) -> bool:
        """Whether the space is still kept back. False means: the disk was full, tell somebody."""
        return self._path.exists() and self._path.stat().st_size >= self._size_bytes

    def give_back(self) -> bool:
        """Free the space; whether there was any to free."""
        held = self._path.exists() and self._path.stat().st_size > 0
        with suppress(OSError):
            self._path.unlink(missing_ok=True)
        return held
