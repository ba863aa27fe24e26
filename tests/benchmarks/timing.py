"""Measuring: CPU time of single calls, memory, and tables for people. Figures are printed, nothing is asserted."""

from __future__ import annotations

import gc
import os
import platform
import resource
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from sqlcipher3.dbapi2 import sqlite_version

T = TypeVar("T")


@dataclass(frozen=True)
class Times:
    """CPU time of single calls, in microseconds."""

    us: tuple[float, ...]

    def quantile(self, share: float) -> float:
        """The value that this share of the calls does not exceed."""
        ordered = sorted(self.us)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]

    @property
    def p50(self) -> float:
        """The median."""
        return self.quantile(0.5)

    @property
    def p99(self) -> float:
        """What one call in a hundred exceeds."""
        return self.quantile(0.99)

    @property
    def mean(self) -> float:
        """The mean."""
        return sum(self.us) / len(self.us)

    @property
    def per_cpu_second(self) -> float:
        """How many calls a second of CPU time does."""
        return 1e6 / self.mean


def timed(calls: Iterable[Callable[[], object]], seconds_max: float) -> Times:
    """CPU time of each call, until the calls or the seconds run out."""
    found: list[float] = []
    spent_us = 0.0
    gc.collect()
    # A year of receipts lies in this process and in no till's: the collector need not walk over it.
    gc.freeze()
    for call in calls:
        start = time.process_time_ns()
        call()
        found.append((time.process_time_ns() - start) / 1000)
        spent_us += found[-1]
        if spent_us > seconds_max * 1e6:
            break
    gc.unfreeze()
    return Times(tuple(found))


def fastest(calls: Iterable[Callable[[], object]], seconds_max: float, times: int) -> Times:
    """CPU time of each call made `times` times in a row, the fastest taken: what is left when nobody disturbs it."""
    found = timed((call for call in calls for _ in range(times)), seconds_max).us
    whole = len(found) - len(found) % times
    return Times(tuple(min(found[first : first + times]) for first in range(0, whole, times)))


def waited(calls: Iterable[Callable[[], object]]) -> Times:
    """Wall time of each call, for what waits for disks, cards and sockets."""
    found: list[float] = []
    for call in calls:
        start = time.perf_counter_ns()
        call()
        found.append((time.perf_counter_ns() - start) / 1000)
    return Times(tuple(found))


def memory_of(make: Callable[[], T]) -> tuple[T, int]:
    """What making something leaves allocated, in bytes."""
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    made = make()
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return made, after - before


def rss_max_bytes() -> int:
    """The most memory this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def figure(value: float) -> str:
    """A number with about three digits that mean something."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def table(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table that can be pasted into the documentation."""
    print(f"\n### {title}")
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(row) + " |", flush=True)


def machine() -> str:
    """Where this was measured, for the head of the figures."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    load = ", ".join(f"{part:.1f}" for part in os.getloadavg())
    processor = names[0] if names else platform.machine()
    return (
        f"{processor}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, "
        f"Python {sys.version.split()[0]}, SQLite {sqlite_version}, load {load}"
    )
