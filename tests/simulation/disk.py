"""A till's disk: the journal's real SQLite file, written in the caller's thread, on a disk that fails when told to.

Full: SQLite's own page limit, so that its own SQLITE_FULL comes out. Failing fsync: the commit answers with SQLite's
I/O error; whether it became durable all the same is chance, as on a real disk. A cut of power before or after a commit
leaves the machine without any answer.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, TypeVar

from sqlcipher3 import dbapi2
from typing_extensions import override

from pos_engine.journal.engine import Connection
from pos_engine.journal.errors import JournalError
from pos_engine.journal.journal import Journal
from pos_engine.journal.reserve import Reserve
from pos_engine.journal.writer import Writer

T = TypeVar("T")

IOERR_FSYNC = 1034
"""SQLite's extended code of an fsync that failed."""

RESERVE_PAGES = 60
"""What giving back the reserve brings: some thirty sales."""

Trouble = Literal["fsync_lost", "fsync_kept", "cut_before", "cut_after"]
"""What the next commit meets. kept and after: it is durable although nobody was told."""


class PowerCut(BaseException):
    """The machine has no power any more; nothing of the program goes on."""


class ShakyConnection:
    """A connection whose next COMMIT fails as planned. One failure, then it is as good as the one behind it."""

    def __init__(self, behind: Connection, trouble: Trouble, happened: Callable[[], None]) -> None:
        self.behind = behind
        self._trouble: Trouble | None = trouble
        self._happened = happened

    def execute(self, sql: str, *values: Any) -> Any:
        trouble = self._trouble
        if sql != "COMMIT" or trouble is None:
            return self.behind.execute(sql, *values)
        self._trouble = None
        self._happened()
        self.behind.execute("COMMIT" if trouble in {"fsync_kept", "cut_after"} else "ROLLBACK")
        if trouble.startswith("cut"):
            raise PowerCut
        failed = dbapi2.OperationalError("disk I/O error")
        failed.sqlite_errorcode = IOERR_FSYNC
        raise failed

    def __getattr__(self, name: str) -> Any:
        return getattr(self.behind, name)


class SameThreadWriter(Writer):
    """The production writer without its thread: whoever writes waits anyway, and here everything has one order."""

    def __init__(self, path: Path, connection: Connection, reopen: Callable[[], Connection], reserve: Reserve) -> None:
        self._path = path
        self._reopen = reopen
        self._reserve = reserve
        self._connection: Connection | None = connection
        self._closing = threading.Lock()
        self._closed = False

    @override
    def write(self, step: Callable[[Connection], T]) -> T:
        if self._closed:
            raise JournalError("closed", "The journal is closed: the till is shutting down.")
        return self._commit(step)

    @override
    def close(self) -> None:
        self._closed = True
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @property
    def connection(self) -> Connection:
        if self._connection is None:
            self._connection = self._reopen()
        return self._connection

    def plan(self, trouble: Trouble, happened: Callable[[], None]) -> None:
        """The next commit meets this."""
        self._connection = ShakyConnection(self.connection, trouble, happened)

    def plan_nothing(self) -> None:
        """Commits are good from now on."""
        while isinstance(self._connection, ShakyConnection):
            self._connection = self._connection.behind

    def use_reserve(self, reserve: Reserve) -> None:
        self._reserve = reserve


class SameThreadJournal(Journal):
    """The production journal with that writer."""

    writer_class = SameThreadWriter

    @property
    def disk(self) -> SameThreadWriter:
        assert isinstance(self._writer, SameThreadWriter)
        return self._writer

    def use_reserve(self, reserve: Reserve) -> None:
        self._reserve = reserve
        self.disk.use_reserve(reserve)


class FullDisk(Reserve):
    """A disk with room for a few pages more, and the reserve on it: giving that back makes room for some sales."""

    def __init__(self, path: Path, journal: SameThreadJournal, pages_left: int) -> None:
        super().__init__(path, size_bytes=4096)
        self._journal = journal
        self.held_once = False
        connection = journal.disk.connection
        self.pages_max = int(connection.execute("PRAGMA page_count").fetchone()[0]) + pages_left
        self.enforce()

    def enforce(self) -> None:
        """On the connection of now; a new one after a failure or a start knows no limit."""
        self._journal.disk.connection.execute(f"PRAGMA max_page_count = {self.pages_max}").fetchone()

    @override
    def fill(self) -> bool:
        return False

    @override
    def give_back(self) -> bool:
        held = super().give_back()
        if held:
            self.held_once = True
            self.pages_max += RESERVE_PAGES
            self.enforce()
        return held
