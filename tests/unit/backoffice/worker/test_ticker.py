"""Nights that are planned once, caught up when missed, and never dropped."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from backoffice.db import run_in_tx
from backoffice.web.said import told
from backoffice.worker.kinds import RECONCILE, RUNNERS
from backoffice.worker.models import Job
from backoffice.worker.services import ATTEMPTS_MAX, CLAIM_LIFE, claim, finish, last_runs, plan
from backoffice.worker.ticker import CATCH_UP_DAYS_MAX, nights_due, plan_is_needed, tick
from tests.support.office import OfficeBench

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def test_a_night_is_due_from_four_in_the_morning_of_the_store() -> None:
    yesterday = date(2026, 11, 22)
    assert nights_due(at("2026-11-23T03:59"), BERLIN, date(2026, 11, 21)) == []
    assert nights_due(at("2026-11-23T04:00"), BERLIN, date(2026, 11, 21)) == [yesterday]
    assert nights_due(at("2026-11-23T04:00"), BERLIN, yesterday) == []


def test_missed_nights_are_made_up_for_and_a_long_absence_is_bounded() -> None:
    week = nights_due(at("2026-11-23T08:00"), BERLIN, date(2026, 11, 15))
    assert week == [date(2026, 11, 16) + timedelta(days=n) for n in range(7)]
    assert len(nights_due(at("2026-11-23T08:00"), BERLIN, date(2024, 1, 1))) == CATCH_UP_DAYS_MAX
    assert nights_due(at("2026-11-23T08:00"), BERLIN, None) == [date(2026, 11, 22)]


def jobs(bench: OfficeBench, kind: str = RECONCILE) -> list[tuple[str, str]]:
    with bench.office.database.read() as reader:
        rows = reader.scalars(select(Job).where(Job.kind == kind).order_by(Job.due_key))
        return [(row.due_key, row.state) for row in rows]


def test_a_tick_plans_and_runs_the_night_and_says_what_came_out(bench: OfficeBench) -> None:
    tick(bench.office)
    assert jobs(bench) == [("2026-11-22", "done")]
    bench.clock.forward(timedelta(days=3))
    with bench.office.database.read() as reader:
        assert plan_is_needed(reader, bench.office)
    tick(bench.office)
    assert jobs(bench) == [(f"2026-11-2{n}", "done") for n in (2, 3, 4, 5)]
    with bench.office.database.read() as reader:
        assert not plan_is_needed(reader, bench.office)
        run = last_runs(reader, bench.organisation_id)[RECONCILE]
    assert told(run.result)[0] == "Nov 25, 2026: 0 compared, 0 differ, 0 missing"
    assert tick(bench.office) == 0


def test_a_plan_is_written_once(bench: OfficeBench) -> None:
    def write() -> bool:
        return run_in_tx(
            bench.office.database.write,
            lambda tx: plan(tx, bench.office.ids, bench.organisation_id, "sign", "x", bench.clock.now()),
        )

    assert write()
    assert not write()


def test_one_job_is_claimed_by_one_worker(bench: OfficeBench) -> None:
    tick(bench.office)
    for n in range(20):
        run_in_tx(
            bench.office.database.write,
            lambda tx, n=n: plan(tx, bench.office.ids, bench.organisation_id, "sign", f"n{n}", bench.clock.now()),  # type: ignore[misc]
        )
    taken: list[str] = []

    def work() -> None:
        while claimed := run_in_tx(bench.office.database.write, lambda tx: claim(tx, bench.clock)):
            taken.append(claimed.due_key)
            run_in_tx(bench.office.database.write, lambda tx, c=claimed: finish(tx, bench.clock, c, "done", ""))  # type: ignore[misc]

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(taken) == sorted(f"n{n}" for n in range(20))


def test_a_job_that_was_cut_off_is_taken_again_and_one_that_always_is_gives_up(bench: OfficeBench) -> None:
    tick(bench.office)
    run_in_tx(
        bench.office.database.write,
        lambda tx: plan(tx, bench.office.ids, bench.organisation_id, "sign", "again", bench.clock.now()),
    )
    for _ in range(ATTEMPTS_MAX):
        assert run_in_tx(bench.office.database.write, lambda tx: claim(tx, bench.clock)) is not None
        assert run_in_tx(bench.office.database.write, lambda tx: claim(tx, bench.clock)) is None
        bench.clock.forward(CLAIM_LIFE + timedelta(seconds=1))
    assert run_in_tx(bench.office.database.write, lambda tx: claim(tx, bench.clock)) is None


def test_a_fault_in_one_job_is_kept_and_stops_nothing(
    bench: OfficeBench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def breaks(*_arguments: object) -> str:
        raise RuntimeError("the disk is on fire")

    monkeypatch.setattr("backoffice.worker.ticker.RUNNERS", {**RUNNERS, RECONCILE: breaks})
    tick(bench.office)
    assert jobs(bench) == [("2026-11-22", "failed")]
    assert jobs(bench, "sign")[0][1] == "done"
    assert "the disk is on fire" in caplog.text
    with bench.office.database.read() as reader:
        assert "on fire" in last_runs(reader, bench.organisation_id)[RECONCILE].result


def test_the_simulated_time_zone_is_the_stores(bench: OfficeBench) -> None:
    bench.clock.shown = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)  # 3:30 in Berlin
    tick(bench.office)
    assert jobs(bench) == [("2026-11-22", "done")]
