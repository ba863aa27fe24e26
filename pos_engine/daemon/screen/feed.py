"""The newest screen state for every browser that watches.

There is no queue: each state is complete, so only the newest one matters and a slow browser skips what it missed.
A state is made by the first browser's thread that wants it, never by the register's thread that caused it; where no
browser watches, none is made.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from pos_engine.checkout.screen import ScreenState
from pos_engine.daemon.screen.source import ScreenSource

CLIENTS_MAX = 6
"""Browsers that watch at once. Each holds one thread of the HTTP server; a till has one or two screens, and a page
that was reloaded keeps its old place until the next heartbeat."""

HEARTBEAT_S = 5.0
"""Silence after which a heartbeat is sent: a browser that went away is noticed by writing to it, and a browser
notices within two of them that the daemon went away."""


class TooManyClientsError(Exception):
    """All places are taken; the browser tries again by itself."""


class ScreenFeed:
    """Holds the newest state and wakes those who wait for it. Thread-safe. Close it when the daemon stops."""

    def __init__(self, source: ScreenSource, clients_max: int = CLIENTS_MAX) -> None:
        self._changed = threading.Condition()
        self._clients_max = clients_max
        self._clients = 0
        self._closed = False
        self._change = 1
        self._making = threading.Lock()
        self._made: tuple[int, ScreenState | None] = (0, None)
        self._source = source
        self._unsubscribe = source.subscribe(self._note_change)

    @property
    def clients(self) -> int:
        """Browsers that watch now."""
        with self._changed:
            return self._clients

    def close(self) -> None:
        """End every stream; their threads become free."""
        self._unsubscribe()
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def take_place(self) -> Callable[[], None]:
        """Take one of the bounded places; the answer gives it back (once). Raises TooManyClientsError."""
        with self._changed:
            if self._clients >= self._clients_max:
                raise TooManyClientsError
            self._clients += 1
        gone = threading.Event()

        def leave() -> None:
            with self._changed:
                if not gone.is_set():
                    gone.set()
                    self._clients -= 1

        return leave

    def states(self, heartbeat_s: float = HEARTBEAT_S) -> Iterator[ScreenState | None]:
        """The state now, then each newer one; None after `heartbeat_s` without news. Ends when the feed is closed."""
        seen = 0
        while self._wait_for_change(seen, heartbeat_s):
            known, state = self._newest()
            yield None if known == seen else state
            seen = known

    def _wait_for_change(self, seen: int, heartbeat_s: float) -> bool:
        """Wait for a change after `seen`, at most `heartbeat_s`; False when the feed is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._change != seen, heartbeat_s)
            return not self._closed

    def _newest(self) -> tuple[int, ScreenState | None]:
        """The newest state, made once for all browsers, and the number of the change it shows."""
        with self._making:
            # The number first: what changes while the state is made will be looked at again.
            change = self._change
            if self._made[0] != change:
                self._made = (change, self._source.screen())
            return self._made

    def _note_change(self) -> None:
        with self._changed:
            self._change += 1
            self._changed.notify_all()
