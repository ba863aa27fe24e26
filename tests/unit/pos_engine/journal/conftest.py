from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pos_engine.journal.journal import Journal
from pos_engine.journal.replica import Replica
from tests.support.till import HandClock, OrderedIds, an_identity


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def journal(tmp_path: Path, clock: HandClock) -> Iterator[Journal]:
    opened = Journal.open(tmp_path / "journal.db", clock, OrderedIds(), reserve_bytes=64 * 1024)
    opened.save_identity(an_identity())
    opened.start_epoch(1)
    yield opened
    opened.close()


@pytest.fixture
def replica(tmp_path: Path) -> Iterator[Replica]:
    opened = Replica.open(tmp_path / "replica.db")
    yield opened
    opened.close()
