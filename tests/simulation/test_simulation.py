"""The simulation holds with the product as it is and replays from its seed; it finds every planted fault."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.planted import PLANTED

ROOT = Path(__file__).parents[2]
SEEDS = int(os.environ.get("SIMULATION_SEEDS", "400"))
SECONDS_MAX = 3_000
FINDING_SEEDS_MAX = 40
"""So many seeds may pass before a planted fault is found."""


def simulate(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command, in a process of its own: there the hashes of text are the same in every run."""
    command = [sys.executable, "-m", "tests.simulation", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS_MAX, check=False)


@pytest.mark.slow
def test_every_promise_is_kept_whatever_happens(capsys: pytest.CaptureFixture[str]) -> None:
    done = simulate("--seeds", str(SEEDS))
    with capsys.disabled():
        sys.stdout.write(done.stdout)
    assert done.returncode == 0, done.stdout[-4_000:] + done.stderr[-4_000:]


@pytest.mark.slow
def test_every_planted_fault_is_found() -> None:
    """By one process, which makes its world once for all of them."""
    faults = sorted(PLANTED)
    planted = [argument for fault in faults for argument in ("--planted", fault)]
    done = simulate("--seeds", str(FINDING_SEEDS_MAX), *planted)
    told = dict(part.split("\n", 1) for part in done.stdout.split("planted: ")[1:])
    not_found = [fault for fault in faults if "BrokenPromiseError" not in told.get(fault, "")]
    assert not not_found, done.stdout[-4_000:] + done.stderr[-2_000:]


def test_a_seed_keeps_its_promises() -> None:
    """Two of them, with their traces: every event is told."""
    done = simulate("--seed", "7", "--seed", "77")
    assert done.returncode == 0, done.stdout[-4_000:] + done.stderr[-4_000:]
    assert [line.partition(":")[0] for line in done.stdout.splitlines() if line.startswith("seed ")] == [
        "seed 7",
        "seed 77",
    ]
    assert len(done.stdout.splitlines()) > 400


@pytest.mark.slow
def test_a_seed_replays_event_by_event() -> None:
    first, second = (simulate("--seed", "11") for _ in range(2))
    assert first.stdout == second.stdout
    assert len(first.stdout.splitlines()) > 200
