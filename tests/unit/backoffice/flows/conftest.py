"""One back-office for the tests of a module; each begins on a Monday at 9:00 UTC, without flows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import delete

from backoffice.flows.models import Flow
from tests.support.flows import FlowBench
from tests.support.office import OfficeBench


@pytest.fixture(scope="module")
def module_bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OfficeBench]:
    made = OfficeBench(tmp_path_factory.mktemp("flows") / "office")
    yield made
    made.close()


@pytest.fixture
def shop(module_bench: OfficeBench) -> Iterator[FlowBench]:
    clock = module_bench.clock
    monday = clock.now().replace(hour=9, minute=0, second=0, microsecond=0)
    monday += timedelta(days=7 - monday.weekday())
    clock.forward(monday - clock.now())
    made = FlowBench(module_bench)
    yield made
    made.write(lambda tx: tx.execute(delete(Flow)))
