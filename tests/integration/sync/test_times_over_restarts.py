"""When a sale really was, although its till's clock was wrong and its machine was started again before it was sent."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from backoffice.sync_api.models import Receipt
from pos_engine.sync.boots import BOOTS_MAX, known_boots, remember_boot
from tests.support.sync_bench import Office, Till
from tests.support.till import HandClock

YEAR_2000 = timedelta(days=365 * 26)


@pytest.fixture
def wrong(tmp_path: Path, office: Office) -> Till:
    """A till whose line is down, in a run of its machine in which it was on line before."""
    till = Till(tmp_path / "till", office, HandClock()).enrol()
    till.sync_until_quiet()
    till.line.down = True
    return till


def sold_and_sent_after_a_restart(office: Office, till: Till, off_by: timedelta) -> tuple[datetime, bool, timedelta]:
    """Corrected time, whether it is marked, and how far it is from the truth."""
    till.clock.shown -= off_by
    office.clock.forward(timedelta(hours=1))
    till.clock.forward(timedelta(hours=1))
    true = office.clock.now()
    till.sell("s1")
    till.close()
    till.clock.shown = office.clock.now()
    till.open()
    office.clock.forward(timedelta(minutes=20))
    till.clock.forward(timedelta(minutes=20))
    till.line.down = False
    till.sync_until_quiet()
    till.close()
    with office.database.read() as session:
        row = session.execute(select(Receipt.closed_at, Receipt.clock_suspect)).one()
    return row.closed_at, row.clock_suspect, abs(row.closed_at - true)


@pytest.mark.parametrize("off_by", [timedelta(hours=3), timedelta(hours=-3), YEAR_2000])
def test_a_run_that_was_on_line_is_known_to_the_second(office: Office, wrong: Till, off_by: timedelta) -> None:
    _, suspect, error = sold_and_sent_after_a_restart(office, wrong, off_by)
    assert error < timedelta(seconds=2)
    assert suspect


def test_a_clock_that_was_right_is_believed_and_not_marked(office: Office, wrong: Till) -> None:
    _, suspect, error = sold_and_sent_after_a_restart(office, wrong, timedelta())
    assert (suspect, error < timedelta(seconds=2)) == (False, True)


def test_a_run_that_was_never_on_line_is_marked(office: Office, wrong: Till) -> None:
    wrong.close()
    wrong.open()
    _, suspect, _ = sold_and_sent_after_a_restart(office, wrong, timedelta(hours=3))
    assert suspect


def test_runs_are_remembered_once_and_not_for_ever(wrong: Till) -> None:
    now = wrong.clock.now()
    before = known_boots(wrong.journal)
    remember_boot(wrong.journal, before[-1].boot_id, now, wrong.clock.monotonic_ms())
    assert known_boots(wrong.journal) == before
    for number in range(BOOTS_MAX + 5):
        remember_boot(wrong.journal, f"boot-{number}", now, number * 10_000)
    assert len(known_boots(wrong.journal)) == BOOTS_MAX
    assert known_boots(wrong.journal)[-1].boot_id == f"boot-{BOOTS_MAX + 4}"
    wrong.close()
