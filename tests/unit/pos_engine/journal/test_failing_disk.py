"""A disk that failed is spoken of for an hour, whichever step met it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from pos_engine.journal.engine import Connection
from pos_engine.journal.errors import JournalError
from pos_engine.journal.journal import Journal
from tests.support.till import HandClock, OrderedIds


def io_failed(_connection: Connection) -> None:
    raise JournalError("io_failed", "The disk failed.")


def full(_connection: Connection) -> None:
    raise JournalError("disk_full", "The disk is full.")


@pytest.mark.parametrize("door", ["write", "read"])
def test_it_is_told_for_an_hour_after_the_last_failure(tmp_path: Path, door: str) -> None:
    clock = HandClock()
    journal = Journal.open(tmp_path / "journal.db", clock, OrderedIds(), reserve_bytes=4096)
    step: Callable[[Callable[[Connection], None]], None] = getattr(journal, door)
    with pytest.raises(JournalError):
        step(full)
    told = [journal.disk_failed]
    with pytest.raises(JournalError):
        step(io_failed)
    clock.forward(timedelta(minutes=59))
    journal.set_note("it", "works again")
    told.append(journal.disk_failed)
    clock.forward(timedelta(minutes=1))
    told.append(journal.disk_failed)
    journal.close()
    assert told == [False, True, False]
