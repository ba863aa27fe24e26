"""When the till talks to the back-office: every few seconds.

How long to leave it alone after a failure is known by the sync service, which then answers `waiting`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from pos_engine.ports.clock import Clock
from pos_engine.sync.report import Notice, TickReport

TICKS_AT_ONCE_MAX = 100
"""Rounds without a pause while work is left: a million receipts or changes, after which others get a turn."""

TICKS_STILL_MAX = 3
"""Rounds in a row in which nothing moves although the back-office says that something is left: it is the fault of a
back-office that points at changes it does not have, and only time mends it."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class LinkState:
    """What is known of the line. `last_contact` by the till's clock; None: never since the start.

    `notices` in English, for status and log; `troubles` last until they are mended.
    """

    state: str = "waiting"
    last_contact: datetime | None = None
    clock_offset_ms: int | None = None
    notices: tuple[str, ...] = ()
    troubles: tuple[Notice, ...] = ()


class SyncLoop:
    """Ticks the sync service from one thread. One tick at a time, whoever asks for it."""

    def __init__(self, tick: Callable[[], TickReport], clock: Clock, every_s: float) -> None:
        self._tick = tick
        self._clock = clock
        self._every_s = every_s
        self._one_at_a_time = threading.Lock()
        self._link = LinkState()
        self._listeners: list[Callable[[LinkState], None]] = []

    @property
    def link(self) -> LinkState:
        """The line as the last tick saw it."""
        return self._link

    def on_change(self, listener: Callable[[LinkState], None]) -> None:
        """Call `listener` after a tick that saw the line otherwise than the one before."""
        self._listeners.append(listener)

    def run(self, stop: threading.Event) -> None:
        """The thread's work."""
        while not stop.is_set():
            self.drain(stop)
            stop.wait(self._every_s)

    def drain(self, stop: threading.Event | None = None) -> bool:
        """Tick until nothing is left to do, or nothing moves any more; whether the back-office answered."""
        still = 0
        with self._one_at_a_time:
            for _ in range(TICKS_AT_ONCE_MAX):
                report = self._tick()
                self._note(report)
                if report.state != "on_line":
                    return False
                # A new epoch moves nothing by itself: a back-office that asks for one each time would never end.
                moved = report.uploaded or report.changes or report.staged_set_version is not None
                still = 0 if moved else still + 1
                if not report.more or still == TICKS_STILL_MAX or (stop is not None and stop.is_set()):
                    break
            return True

    def _note(self, report: TickReport) -> None:
        on_line = report.state == "on_line"
        before = self._link
        state = before.state if report.state == "waiting" else report.state
        notices = tuple(notice.text for notice in report.notices)
        self._link = LinkState(
            state=state,
            last_contact=self._clock.now() if on_line else before.last_contact,
            clock_offset_ms=report.clock_offset_ms if report.clock_offset_ms is not None else before.clock_offset_ms,
            notices=notices or (() if on_line else before.notices),
            troubles=report.troubles if report.state in {"on_line", "refused"} else before.troubles,
        )
        if before.state != state:
            _log.info("link", state=state)
        for notice in report.notices:
            if notice.text not in before.notices:  # said once, not every few seconds
                _log.warning("sync_notice", code=notice.code, text=notice.text)
        if before.state != state or before.notices != self._link.notices:
            for listener in self._listeners:
                listener(self._link)
