"""Slowing down somebody who guesses passwords: a few failures per address and minute, then a pause.

Kept in memory and bounded: a restart forgives, and a flood of addresses pushes the oldest ones out.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final

FAILURES_MAX: Final = 10
"""Failures of one key inside the window after which it has to wait."""
WINDOW: Final = timedelta(minutes=5)
KEYS_MAX: Final = 10_000
"""Keys remembered; enough for an attack to be slow, little enough (about 2 MB) to be harmless."""


class Throttle:
    """Counts failures per key. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures: OrderedDict[str, list[datetime]] = OrderedDict()

    def must_wait(self, key: str, now: datetime) -> bool:
        """Whether this key has failed too often in the last minutes."""
        with self._lock:
            recent = [instant for instant in self._failures.get(key, []) if now - instant < WINDOW]
            return len(recent) >= FAILURES_MAX

    def note_failure(self, key: str, now: datetime) -> None:
        """Remember one failure."""
        with self._lock:
            recent = [instant for instant in self._failures.pop(key, []) if now - instant < WINDOW]
            self._failures[key] = [*recent, now][-FAILURES_MAX:]
            while len(self._failures) > KEYS_MAX:
                self._failures.popitem(last=False)

    def forget(self, key: str) -> None:
        """The key has succeeded."""
        with self._lock:
            self._failures.pop(key, None)
