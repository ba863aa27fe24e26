"""The nightly comparison of till and back-office, at a set hour; a till that was off catches up.

Laws: APScheduler only ticks; what is due is decided from the journal's notes and the till's own clock, so that a
restart, a sleeping machine or a clock that jumps neither loses nor doubles a run. A day counts as compared only when
the back-office answered. The last run is always there to look at.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Protocol

import msgspec
import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from pos_engine.ports.clock import Clock
from pos_engine.sync.reconciliation import ReconcileReport

TICK_S = 20
"""How often it is asked whether a run is due."""

RETRY_MS = 60_000
"""How soon a run is tried again that found no line."""

_DAY = timedelta(days=1)

LAST_RUN_NOTE = "nightly.last_run"

_log = structlog.get_logger(__name__)


class NightlyRun(msgspec.Struct, frozen=True, kw_only=True):
    """The last run. `due`: when it should have been; `ended_at`: when it was; `done`: every day was compared."""

    due: datetime
    ended_at: datetime
    done: bool
    days: tuple[ReconcileReport, ...] = ()


class Notes(Protocol):
    """The journal, as far as the night needs it."""

    def note(self, key: str) -> str | None:
        """What was kept under a key."""

    def set_note(self, key: str, value: str) -> None:
        """Keep a value durably."""


class Nightly:
    """Decides what is due and does it. Thread-safe.

    `drain`: bring everything up first. `reconcile_due`: compare the days before a date that were not compared yet.
    `zone`: of the store, None before enrolment. `tidy`: what else is done once a night.
    """

    def __init__(
        self,
        journal: Notes,
        clock: Clock,
        at: time,
        zone: Callable[[], tzinfo | None],
        drain: Callable[[], object],
        reconcile_due: Callable[[date], tuple[ReconcileReport, ...]],
        tidy: Callable[[], object],
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._at = at
        self._zone = zone
        self._drain = drain
        self._reconcile_due = reconcile_due
        self._tidy = tidy
        self._one_at_a_time = threading.Lock()
        self._try_again_ms = 0
        self._tidied: datetime | None = None

    def last_run(self) -> NightlyRun | None:
        """The last run, done or not; None before the first one."""
        text = self._journal.note(LAST_RUN_NOTE)
        return None if text is None else msgspec.json.decode(text, type=NightlyRun)

    def run_due(self) -> NightlyRun | None:
        """Do what is due; None when nothing is, or when the last try failed a moment ago."""
        with self._one_at_a_time:
            zone = self._zone()
            if zone is None or self._clock.monotonic_ms() < self._try_again_ms:
                return None
            return self._run_if_due(zone)

    def _run_if_due(self, zone: tzinfo) -> NightlyRun | None:
        due = last_occurrence(self._clock.now(), self._at, zone)
        last = self.last_run()
        # A run later than tomorrow's was made by a clock that was wrong; it must not stop the nights until then.
        if last is not None and last.done and due <= last.due <= due + 2 * _DAY:
            return None
        if self._tidied != due:
            # Also without a line: a till that is alone for months must not fill its disk.
            self._tidy()
            self._tidied = due
        self._drain()
        reports = self._reconcile_due(due.astimezone(zone).date())
        done = all(report.compared for report in reports)
        if not done:
            self._try_again_ms = self._clock.monotonic_ms() + RETRY_MS
        run = NightlyRun(due=due, ended_at=self._clock.now(), done=done, days=reports)
        self._journal.set_note(LAST_RUN_NOTE, msgspec.json.encode(run).decode())
        results = {str(report.business_day): report.result for report in reports}
        _log.info("nightly", due=due.isoformat(), done=done, days=results)
        return run


def last_occurrence(now: datetime, at: time, zone: tzinfo) -> datetime:
    """The latest instant, not after now, at which the wall clock of the zone showed that time of day."""
    local = now.astimezone(zone)
    today = datetime.combine(local.date(), at, zone)
    if today <= local:
        return today.astimezone(now.tzinfo)
    return datetime.combine(local.date() - timedelta(days=1), at, zone).astimezone(now.tzinfo)


def start_ticking(nightly: Nightly, tick_s: int = TICK_S) -> BackgroundScheduler:
    """Ask at once, and then again and again, whether a run is due. Shut the answer down when the daemon stops."""

    def tick() -> None:
        try:
            nightly.run_due()
        except Exception:  # noqa: BLE001 - the ticker must go on; what failed is in the log and is tried again
            _log.exception("nightly_failed")

    scheduler = BackgroundScheduler(timezone="UTC")
    never_too_late = {"misfire_grace_time": None, "coalesce": True}  # the default of one second drops late runs
    scheduler.add_job(tick, id="catch-up", **never_too_late)
    scheduler.add_job(tick, IntervalTrigger(seconds=tick_s, timezone="UTC"), id="nightly", **never_too_late)
    scheduler.start()
    return scheduler
