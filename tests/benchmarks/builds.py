"""The plain core beside the compiled one: the same cells measured in a process of its own, and the ratio.

`python -m tests.benchmarks.builds SECONDS` is that process; it prints its cells as JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass

from pos_engine import CORE
from tests.benchmarks.evaluation import Measured, measure
from tests.benchmarks.timing import figure, table
from tests.benchmarks.workload import load


@dataclass(frozen=True)
class Cell:
    """One cell of the table, in CPU microseconds."""

    reading: str
    size: int
    p50: float
    p99: float
    mean: float
    cold_p50: float
    cold_p99: float


def cells(measured: list[Measured]) -> list[Cell]:
    """What two processes can compare."""
    return [
        Cell(one.reading, one.size, one.times.p50, one.times.p99, one.times.mean, one.cold.p50, one.cold.p99)
        for one in measured
    ]


def report(measured: list[Measured], seconds_max: float) -> None:
    """Measure the plain core too, when the compiled one was measured, and print the ratios."""
    if CORE.core != "compiled":
        print(f"only one core was measured: {CORE}")
        return
    child = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.builds", str(seconds_max)],
        env={**os.environ, "POS_ENGINE_CORE": "plain"},
        capture_output=True,
        check=True,
    )
    rows = []
    for ours, row in zip(cells(measured), json.loads(child.stdout), strict=True):
        plain = Cell(**row)
        rows.append(
            (
                ours.reading,
                f"{ours.size:,}",
                f"{figure(ours.p50)} / {figure(ours.p99)}",
                f"{figure(plain.p50)} / {figure(plain.p99)}",
                f"{figure(ours.cold_p50)} / {figure(ours.cold_p99)}",
                f"{figure(plain.cold_p50)} / {figure(plain.cold_p99)}",
                figure(plain.p50 / ours.p50),
                figure(plain.mean / ours.mean),
            )
        )
    head = (
        "reading",
        "deals",
        "compiled p50 / p99",
        "plain",
        "compiled, cold",
        "plain, cold",
        "p50 ratio",
        "mean ratio",
    )
    table(f"Both builds of the core (CPU µs per basket; {CORE.why})", head, rows)


if __name__ == "__main__":
    json.dump([vars(cell) for cell in cells(measure(load(), float(sys.argv[1])))], sys.stdout)
