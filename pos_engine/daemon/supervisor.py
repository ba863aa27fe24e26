"""Threads that must not die: each failure is logged, the work begins again after a bounded wait."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

RESTART_WAITS_S = (0.5, 1.0, 2.0, 5.0, 15.0, 30.0)
"""Waits before the work begins again; the last one repeats. A fault that lasts costs two log lines a minute."""

STOP_WAIT_S = 10.0
"""How long a thread may take to notice the stop: longer than any single wait in a driver."""

_log = structlog.get_logger(__name__)


class Supervisor:
    """Starts named threads and stops them together. `work` gets the stop event and returns when it is set."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._failures: dict[str, str] = {}

    def start(self, name: str, work: Callable[[threading.Event], None]) -> None:
        """Run `work` in a thread of its own until `stop`."""
        thread = threading.Thread(target=self._keep_running, args=(name, work), name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def failing(self) -> dict[str, str]:
        """Name → last fault of threads that are waiting to begin again."""
        return dict(self._failures)

    def stop(self) -> list[str]:
        """Ask every thread to end and wait a bounded time; the names of those that did not."""
        self._stop.set()
        for thread in self._threads:
            thread.join(STOP_WAIT_S)
        return [thread.name for thread in self._threads if thread.is_alive()]

    def _keep_running(self, name: str, work: Callable[[threading.Event], None]) -> None:
        faults = 0
        while not self._stop.is_set():
            try:
                self._failures.pop(name, None)
                work(self._stop)
            except Exception as error:  # noqa: BLE001 - a thread of a till must survive what nobody foresaw
                self._failures[name] = f"{type(error).__name__}: {error}"
                _log.exception("thread_failed", thread=name, faults=faults + 1)
                self._stop.wait(RESTART_WAITS_S[min(faults, len(RESTART_WAITS_S) - 1)])
                faults += 1
