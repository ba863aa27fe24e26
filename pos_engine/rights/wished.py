"""What sales wished for and nobody has fetched yet. Thread-safe, bounded, forgotten after a while."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from pos_engine.rights.borrowing import Wish
from pos_engine.wire.rights import RIGHTS_MAX

ROUNDS_MAX = 6
"""Requests in which an unfulfilled wish is repeated: about half a minute, then its customer has left or asks again."""


class Wishes:
    """Filled by sales, emptied by whoever asks the lender."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wishes: dict[str, tuple[Wish, int]] = {}
        self._wake: Callable[[], None] = lambda: None
        self.still = False
        """True: nothing is wished for, because what is sold now is practice."""

    def on_wish(self, wake: Callable[[], None]) -> None:
        """Call `wake` when there is a new wish."""
        self._wake = wake

    def add(self, wishes: Mapping[str, Wish]) -> None:
        """Remember wishes; what is there already begins its rounds anew, what is too much is left out."""
        fresh = False
        if self.still:
            return
        with self._lock:
            for right_id, wish in wishes.items():
                fresh = fresh or right_id not in self._wishes
                if right_id in self._wishes or len(self._wishes) < RIGHTS_MAX:
                    self._wishes[right_id] = (wish, ROUNDS_MAX)
        if fresh:
            self._wake()

    def next_round(self) -> dict[str, Wish]:
        """All wishes of the next request; each is in so many requests only."""
        with self._lock:
            now = {right_id: wish for right_id, (wish, _) in self._wishes.items()}
            self._wishes = {r: (wish, left - 1) for r, (wish, left) in self._wishes.items() if left > 1}
            return now

    def fulfilled(self, right_id: str) -> None:
        """It came."""
        with self._lock:
            self._wishes.pop(right_id, None)
