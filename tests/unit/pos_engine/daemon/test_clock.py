"""The clock that is set by a file."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pos_engine.daemon.clock import ClockFileError, SimulatedClock, SystemClock
from pos_engine.daemon.ids import SystemIds

SHOWN = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def set_clock(path: Path, shown: datetime) -> None:
    text = json.dumps({"real_anchor": SystemClock().now().isoformat(), "shown_anchor": shown.isoformat(), "speed": 1})
    new = path.with_suffix(".new")
    new.write_text(text)
    os.replace(new, path)  # noqa: PTH105 - the atomic replacement is what is meant


def test_it_shows_what_the_file_says_and_follows_it(tmp_path: Path) -> None:
    path = tmp_path / "clock.json"
    set_clock(path, SHOWN)
    clock = SimulatedClock(path)
    assert SHOWN <= clock.now() < SHOWN + timedelta(hours=1)
    set_clock(path, SHOWN + timedelta(days=7))
    assert clock.now() >= SHOWN + timedelta(days=7)


def test_a_broken_or_missing_file_leaves_the_clock_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "clock.json"
    set_clock(path, SHOWN)
    clock = SimulatedClock(path)
    path.write_text('{"real_anchor"')
    assert SHOWN <= clock.now() < SHOWN + timedelta(hours=1)
    path.unlink()
    assert SHOWN <= clock.now() < SHOWN + timedelta(hours=1)
    set_clock(path, SHOWN + timedelta(days=1))
    assert clock.now() >= SHOWN + timedelta(days=1)


@pytest.mark.parametrize(
    "text", ["", "[]", '{"real_anchor": "2026-11-20T09:00:00", "shown_anchor": "2026-11-20T09:00:00"}']
)
def test_a_clock_file_that_cannot_be_used_at_start_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "clock.json"
    path.write_text(text)
    with pytest.raises(ClockFileError, match=r"clock\.json: "):
        SimulatedClock(path)


def test_ids_are_uuid7_and_grow() -> None:
    ids = [SystemIds().new_id() for _ in range(100)]
    assert {made.version for made in ids} == {7}
    assert len(set(ids)) == 100
