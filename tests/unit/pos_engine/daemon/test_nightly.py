"""The nightly comparison: once per night, caught up after an absence, tried again without a line, never lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import pytest
from typing_extensions import override

from pos_engine.daemon.ids import SystemIds
from pos_engine.daemon.nightly import RETRY_MS, Nightly, last_occurrence, start_ticking
from pos_engine.journal.journal import Journal
from pos_engine.ports.clock import Clock
from pos_engine.sync.reconciliation import ReconcileReport

ZURICH = ZoneInfo("Europe/Zurich")


class HandClock(Clock):
    """A clock that the test moves."""

    def __init__(self, shown: datetime) -> None:
        self.shown = shown

    @override
    def now(self) -> datetime:
        return self.shown

    @override
    def monotonic_ms(self) -> int:
        return int(self.shown.timestamp() * 1000)

    def move(self, duration_s: float) -> None:
        """Let that much time pass."""
        self.shown += timedelta(seconds=duration_s)


class Night:
    """A till's night over a real journal; the back-office's answers are what the test says."""

    def __init__(self, folder: Path, shown: datetime) -> None:
        self.clock = HandClock(shown)
        self.journal = Journal.open(folder / "journal.db", self.clock, SystemIds(), reserve_bytes=4096)
        self.result: Literal["agrees", "off_line"] = "agrees"
        self.asked: list[date] = []
        self.tidied = 0
        self.nightly = self.restart()

    def restart(self) -> Nightly:
        self.nightly = Nightly(
            self.journal, self.clock, time(3, 30), lambda: ZURICH, lambda: True, self._reconcile, self._tidy
        )
        return self.nightly

    def _reconcile(self, today: date) -> tuple[ReconcileReport, ...]:
        self.asked.append(today)
        return (ReconcileReport(today - timedelta(days=1), self.clock.now(), self.result),)

    def _tidy(self) -> None:
        self.tidied += 1


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Night]:
    night = Night(tmp_path, datetime(2026, 11, 20, 20, 0, tzinfo=UTC))
    yield night
    night.journal.close()


def test_it_runs_once_per_night_at_the_store_s_hour(night: Night) -> None:
    night.nightly.run_due()  # the first start catches up with the hour that has passed
    for _ in range(48):
        night.clock.move(1800)
        night.nightly.run_due()
    assert night.asked == [date(2026, 11, 20), date(2026, 11, 21)]
    assert night.tidied == 2
    run = night.nightly.last_run()
    assert run is not None
    assert (run.done, run.due) == (True, datetime(2026, 11, 21, 2, 30, tzinfo=UTC))


def test_a_restart_neither_doubles_nor_forgets(night: Night) -> None:
    night.nightly.run_due()
    assert night.restart().run_due() is None
    night.clock.move(10 * 24 * 3600)  # ten days off
    assert night.restart().run_due() is not None
    assert night.asked == [date(2026, 11, 20), date(2026, 11, 30)]


def test_without_a_line_it_is_tried_again_and_the_try_is_visible(night: Night) -> None:
    night.result = "off_line"
    run = night.nightly.run_due()
    assert run is not None
    assert not run.done
    assert night.nightly.last_run() == run
    assert night.nightly.run_due() is None  # not at once
    assert night.tidied == 1  # what is old goes without a line as well
    night.clock.move(RETRY_MS / 1000)
    night.result = "agrees"
    retried = night.nightly.run_due()
    assert retried is not None
    assert retried.done
    assert night.tidied == 1


def test_a_night_in_a_wrong_year_does_not_stop_the_nights_until_then(night: Night) -> None:
    right = night.clock.shown
    night.clock.shown = right + timedelta(days=365)
    assert night.nightly.run_due() is not None
    night.clock.shown = right + timedelta(hours=12)
    assert night.restart().run_due() is not None
    night.clock.move(24 * 3600)
    assert night.nightly.run_due() is not None


def test_three_hours_ahead_over_the_set_hour_runs_the_night_once(night: Night) -> None:
    night.nightly.run_due()
    night.clock.move(4.5 * 3600)  # half past one in Zurich
    night.clock.shown += timedelta(hours=3)
    assert night.nightly.run_due() is not None
    night.clock.shown -= timedelta(hours=3)
    assert night.nightly.run_due() is None
    night.clock.move(3 * 3600)
    assert night.nightly.run_due() is None


def test_before_enrolment_nothing_is_due(night: Night) -> None:
    unenrolled = Nightly(
        night.journal, night.clock, time(3, 30), lambda: None, lambda: True, night._reconcile, night._tidy
    )
    assert unenrolled.run_due() is None
    assert unenrolled.last_run() is None


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (datetime(2026, 11, 21, 2, 30, tzinfo=UTC), datetime(2026, 11, 21, 2, 30, tzinfo=UTC)),
        (datetime(2026, 11, 21, 2, 29, 59, tzinfo=UTC), datetime(2026, 11, 20, 2, 30, tzinfo=UTC)),
        (datetime(2026, 7, 1, 12, 0, tzinfo=UTC), datetime(2026, 7, 1, 1, 30, tzinfo=UTC)),
        (datetime(2026, 10, 25, 12, 0, tzinfo=UTC), datetime(2026, 10, 25, 2, 30, tzinfo=UTC)),  # clocks went back
    ],
)
def test_the_last_occurrence_is_read_on_the_store_s_wall_clock(now: datetime, due: datetime) -> None:
    assert last_occurrence(now, time(3, 30), ZURICH) == due


def test_the_ticker_asks_at_once_and_survives_a_fault(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading  # noqa: PLC0415

    calls = threading.Semaphore(0)

    def broken() -> None:
        calls.release()
        raise RuntimeError("a fault inside")

    monkeypatch.setattr(night.nightly, "run_due", broken)
    scheduler = start_ticking(night.nightly, tick_s=1)
    try:
        assert calls.acquire(timeout=10)
        assert calls.acquire(timeout=10)
        job = scheduler.get_job("nightly")
        assert (job.misfire_grace_time, job.coalesce) == (None, True)
    finally:
        scheduler.shutdown()
