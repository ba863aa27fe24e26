"""A bounded memory of answers that cost something to find: the younger half, and the half before it.

Laws: at most `most` answers are kept; what was asked for lately stays; several threads may use one (a half is replaced
whole, never walked over).
"""

from __future__ import annotations

from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Remembered(Generic[K, V]):
    """Answers by key. `young` may be read directly where every call counts; who finds nothing there asks `older`."""

    def __init__(self, most: int) -> None:
        self.half = max(1, most // 2)
        self.young: dict[K, V] = {}
        self._old: dict[K, V] = {}

    @property
    def count(self) -> int:
        """How many answers are kept, some of them twice."""
        return len(self.young) + len(self._old)

    def older(self, key: K) -> V | None:
        """An answer of the older half, which becomes young again; None when it is not known."""
        found = self._old.get(key)
        if found is not None:
            self.keep(key, found)
        return found

    def get(self, key: K) -> V | None:
        """An answer, or None when it is not known."""
        found = self.young.get(key)
        return self.older(key) if found is None else found

    def keep(self, key: K, value: V) -> None:
        """Remember an answer; when the younger half is full, the older one is forgotten."""
        if len(self.young) >= self.half:
            self._old = self.young
            self.young = {}
        self.young[key] = value
