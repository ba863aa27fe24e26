from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from firmware_sim.cli import main
from firmware_sim.clock_file import ShownTime, parse_instant, parse_step, read_clock_file, write_clock_file

REAL = datetime(2026, 11, 21, 10, tzinfo=UTC)
SHOWN = datetime(2026, 11, 23, 8, tzinfo=UTC)


def test_shown_time_runs_at_its_speed() -> None:
    assert ShownTime(REAL, SHOWN, 60).shown_at(REAL + timedelta(seconds=2)) == SHOWN + timedelta(minutes=2)


def test_the_file_has_the_documented_shape(tmp_path: Path) -> None:
    path = tmp_path / "clock.json"
    write_clock_file(path, ShownTime(REAL, SHOWN, 1.0))
    assert json.loads(path.read_text()) == {
        "real_anchor": "2026-11-21T10:00:00Z",
        "shown_anchor": "2026-11-23T08:00:00Z",
        "speed": 1,
    }
    assert read_clock_file(path) == ShownTime(REAL, SHOWN, 1.0)


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("7d", timedelta(days=7)),
        ("1w2d", timedelta(days=9)),
        ("36h", timedelta(hours=36)),
        ("1.5m", timedelta(seconds=90)),
    ],
)
def test_steps_of_time(text: str, step: timedelta) -> None:
    assert parse_step(text) == step


@pytest.mark.parametrize("text", ["", "7", "d7", "7 days", "-1d"])
def test_what_is_no_step(text: str) -> None:
    with pytest.raises(ValueError, match="step of time"):
        parse_step(text)


def test_an_instant_needs_its_offset() -> None:
    assert parse_instant("2026-11-23T08:00:00+01:00") == datetime(2026, 11, 23, 7, tzinfo=UTC)
    with pytest.raises(ValueError, match="offset"):
        parse_instant("2026-11-23T08:00:00")


@pytest.mark.parametrize(
    "content", ["", "[]", '{"real_anchor": 1}', '{"real_anchor": "x", "shown_anchor": "y", "speed": 1}']
)
def test_a_file_that_is_no_clock_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "clock.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"clock|isoformat"):
        read_clock_file(path)


def test_the_command_sets_and_advances(tmp_path: Path) -> None:
    path = tmp_path / "var" / "clock.json"
    run = CliRunner().invoke
    assert run(main, ["clock", "--file", str(path), "--set", "2026-11-23T08:00:00Z", "--speed", "0"]).exit_code == 0
    answer = run(main, ["clock", "--file", str(path), "--advance", "7d"])
    assert "2026-11-30T08:00:00+00:00, speed 0" in answer.output
    assert run(main, ["clock", "--file", str(path), "--set", "2026-11-23"]).exit_code == 1
    assert run(main, ["clock", "--file", str(path), "--set", "2026-11-23T08:00:00Z", "--advance", "1d"]).exit_code == 2
