"""A till that sells on and on grows no further: what a sale leaves in memory is found in a minute, not in a month."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak.gauge import memory_kb
from tests.support.daemon import DaemonProcess, fill
from tests.support.nexo import BREAD, loyalty, told

WARM_UP_SALES = 1_250
"""The answer book has its 2,000 answers, and the allocator its arenas."""
SALES = 500
GROWTH_KB_MAX = 2_000
"""4 kB a sale, as its two answers take. SQLite's page caches still grow by 0.8 kB a sale, up to 2 MB each."""


@pytest.mark.slow
def test_sales_leave_nothing_in_memory(tmp_path: Path) -> None:
    daemon = DaemonProcess(tmp_path)
    fill(daemon.data)
    daemon.start()
    try:
        sell(daemon, 0, WARM_UP_SALES)
        warm_kb = memory_kb(daemon.pid)
        sell(daemon, WARM_UP_SALES, WARM_UP_SALES + SALES)
        grown_kb = memory_kb(daemon.pid) - warm_kb
    finally:
        daemon.kill()
    print(f"{warm_kb} kB after {WARM_UP_SALES} sales, {grown_kb} kB more after {SALES} others")  # noqa: T201
    assert grown_kb < GROWTH_KB_MAX


def sell(daemon: DaemonProcess, begin: int, end: int) -> None:
    for number in range(begin, end):
        daemon.post(loyalty("Rebate", f"q{number}", f"s{number}", [BREAD], 9.0))
        closed = daemon.post(loyalty("Award", f"c{number}", f"s{number}", [BREAD], 8.1)).json()
        assert told(closed)[0] == "Success", closed
