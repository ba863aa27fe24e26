"""The bakery's back-office, in process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.office import OfficeBench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[OfficeBench]:
    made = OfficeBench(tmp_path / "office")
    yield made
    made.close()
