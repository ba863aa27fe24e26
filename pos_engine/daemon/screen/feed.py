"""The newest screen state for every browser that watches.

There is no queue: each state is complete, so only the newest one matters and a slow browser skips what it missed.
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
        self._state: ScreenState | None = None
        self._unsubscribe = source.subscribe(self._take)
        self._take(source.screen())

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
        seen: ScreenState | None = None
        while True:
            state = self._next(seen, heartbeat_s)
            if self._closed:
                return
            yield None if state is seen else state
            seen = state

    def _next(self, seen: ScreenState | None, heartbeat_s: float) -> ScreenState | None:
        """The newest state as soon as it is another one than `seen`, or the same after `heartbeat_s`."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._state is not seen, heartbeat_s)
            return self._state

    def _take(self, state: ScreenState) -> None:
        with self._changed:
            # Two threads of the checkout may publish at once: the older state must not win.
            if self._state is None or state.version >= self._state.version:
                self._state = state
                self._changed.notify_all()
