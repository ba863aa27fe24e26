"""How much the pages of a hundredth of a large office make the database do: no page walks over all receipts.

Steps of SQLite's own machine are counted, which are the same on every machine. A page that looks at each receipt, or
at each member in more than a few steps, is far above what is allowed here.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks.large_office.office import WHOLE, Size
from tests.benchmarks.large_office.pages import Steps, large_office, measured, paths_of

PART = 100
SIZE = Size(WHOLE.members // PART, WHOLE.receipts // PART)
STEPS_PER_MEMBER_MAX = 25
"""Who opens a segment has all members judged once; everything else counts them, or less."""
LONG_READS = ("/day-end?first",)
"""Asked for by whoever wants to wait: a year of days."""


@pytest.mark.slow
def test_no_page_of_a_large_office_walks_over_its_receipts(tmp_path: Path) -> None:
    with large_office(tmp_path, SIZE) as (bench, values):
        steps = Steps(bench)
        paths = [path for path in paths_of(bench, values, SIZE) if not path.startswith(LONG_READS)]
        found = measured(bench, paths, steps, asked=1)
    if bench.office.database.engine.dialect.name != "sqlite":
        pytest.skip("only SQLite's steps are counted")
    assert len(found) > 60
    most = SIZE.members * STEPS_PER_MEMBER_MAX
    assert {each.path: each.steps for each in found if each.steps > most} == {}


def test_steps_are_counted(tmp_path: Path) -> None:
    with large_office(tmp_path, Size(20, 400)) as (bench, _values):
        steps = Steps(bench)
        if bench.office.database.engine.dialect.name != "sqlite":
            pytest.skip("only SQLite's steps are counted")
        with bench.office.database.read() as reader:
            reader.connection().exec_driver_sql("SELECT count(*) FROM receipt a, receipt b").fetchall()
    assert steps.count > 400 * 400
