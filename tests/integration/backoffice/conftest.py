"""The bakery's back-office, and a till beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.office import OfficeBench, SellingTill


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[OfficeBench]:
    made = OfficeBench(tmp_path / "office")
    yield made
    made.close()


@pytest.fixture
def till(tmp_path: Path, bench: OfficeBench) -> Iterator[SellingTill]:
    made = SellingTill(tmp_path / "till", bench)
    yield made
    made.close()
