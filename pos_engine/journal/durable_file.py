"""The file behind the journal: one process opens it, one thread writes it, readers see committed rows only."""

from __future__ import annotations

import fcntl
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import BinaryIO, ClassVar, Self, TypeVar

from pos_engine.journal.engine import Connection, empty_log, in_our_words, open_database
from pos_engine.journal.errors import JournalError
from pos_engine.journal.identity import TillIdentity, load_identity, need_identity, save_identity
from pos_engine.journal.migrations import migrate, schema_steps
from pos_engine.journal.reserve import RESERVE_BYTES, Reserve
from pos_engine.journal.writer import Writer
from pos_engine.ports.clock import Clock, Ids

T = TypeVar("T")

FAILURE_TOLD_MS = 3_600_000
"""A disk that failed once is spoken of for an hour: a single failure falls between two heartbeats."""


class DurableFile:
    """Thread-safe. Reads go through a connection of their own and see committed rows only."""

    writer_class: ClassVar[type[Writer]] = Writer
    """Who carries writes to the disk; a test that knows no threads puts another one here."""

    def __init__(
        self,
        path: Path,
        clock: Clock,
        ids: Ids,
        lock: BinaryIO,
        key: bytes | None,
        reserve: Reserve,
        connection: Connection,
    ) -> None:
        """`connection`: to the file, its schema up to date; writes go through it."""
        self._path = path
        self._clock = clock
        self._lock_file = lock
        self._reserve = reserve
        self.boot_id = str(ids.new_id())
        self._reopen: Callable[[], Connection] = lambda: open_database(path, "FULL", key)
        self._reader = open_database(path, "FULL", key, read_only=True)
        self._writer = self.writer_class(path, connection, self._reopen, reserve)
        self._reader_lock = threading.Lock()
        self._closed = False
        self._failed_ms: int | None = None
        self._identity: TillIdentity | None = None
        self._identity_changes = False

    @classmethod
    def open(
        cls, path: Path, clock: Clock, ids: Ids, *, key: bytes | None = None, reserve_bytes: int = RESERVE_BYTES
    ) -> Self:
        """Open or create the journal and bring its schema up to date. JournalError says why not.

        `key`: 32 raw bytes encrypt the file (SQLCipher); None leaves it plain. `reserve_bytes`: see Reserve.
        """
        lock = claim(path)
        try:
            connection = open_database(path, "FULL", key)
            try:
                migrate(connection, path, schema_steps("schema"))
                reserve = Reserve(path.with_name(path.name + ".reserve"), reserve_bytes)
                reserve.fill()
                return cls(path, clock, ids, lock, key, reserve, connection)
            except BaseException:
                connection.close()
                raise
        except BaseException:
            lock.close()
            raise

    def close(self) -> None:
        """Finish waiting writes, then let go of the files. Idempotent."""
        with self._reader_lock:
            if self._closed:
                return
            self._closed, self._identity = True, None
            self._reader.close()
        self._writer.close()
        self._lock_file.close()

    @property
    def reserve_held(self) -> bool:
        """False: the disk was full and the reserve was given back. Sales go on; tell the shop to free some space."""
        return self._reserve.held

    @property
    def disk_failed(self) -> bool:
        """Whether the disk refused a read, a write or an fsync within the last hour: tell the shop to look at it."""
        return self._failed_ms is not None and self._clock.monotonic_ms() - self._failed_ms < FAILURE_TOLD_MS

    # -- transactions -------------------------------------------------------------------------------------------

    def write(self, step: Callable[[Connection], T]) -> T:
        """Run a step in one durable transaction on the writer's thread."""
        try:
            return self._writer.write(step)
        except JournalError as error:
            self._note_failure(error)
            raise

    def read(self, step: Callable[[Connection], T]) -> T:
        """Run a step on the reading connection. It sees one consistent state of committed rows."""
        with self._reader_lock:
            if self._closed:
                raise JournalError("closed", "The journal is closed: the till is shutting down.")
            try:
                with in_our_words(self._path):
                    self._reader.execute("BEGIN")
                    try:
                        return step(self._reader)
                    finally:
                        self._reader.execute("ROLLBACK")
            except JournalError as error:
                self._note_failure(error)
                raise

    def empty_log(self) -> None:
        """What was deleted is gone from the log too: see `engine.empty_log`."""
        with closing(self._reopen()) as connection, in_our_words(self._path):
            empty_log(connection)

    def _note_failure(self, error: JournalError) -> None:
        if error.code == "io_failed":
            self._failed_ms = self._clock.monotonic_ms()

    # -- whose it is --------------------------------------------------------------------------------------------

    def identity(self) -> TillIdentity | None:
        """Who this till is; None before it was enrolled.

        Read once and remembered: nearly every step asks, one process has the file, and nobody in it becomes another
        till but by `save_identity`. While that is under way every step looks for itself.
        """
        known = self._identity
        return self.read(self._look) if known is None else known

    def identity_in(self, connection: Connection) -> TillIdentity | None:
        """The same, asked inside a step."""
        return self._identity or load_identity(connection)

    def save_identity(self, till: TillIdentity) -> None:
        """Become this till."""
        with self._reader_lock:
            self._identity_changes, self._identity = True, None
        try:
            self.write(lambda connection: save_identity(connection, till))
        finally:
            with self._reader_lock:
                self._identity_changes = False

    def _look(self, connection: Connection) -> TillIdentity | None:
        found = load_identity(connection)
        if not self._identity_changes:
            self._identity = found
        return found

    def _need_identity(self, connection: Connection) -> TillIdentity:
        return self.identity_in(connection) or need_identity(connection)

    def _write_as(self, step: Callable[[Connection, TillIdentity], T]) -> T:
        return self.write(lambda connection: step(connection, self._need_identity(connection)))

    def _read_as(self, step: Callable[[Connection, TillIdentity], T]) -> T:
        return self.read(lambda connection: step(connection, self._need_identity(connection)))


def claim(path: Path) -> BinaryIO:
    """One process per data folder: a lock the operating system lets go of when the process dies."""
    try:
        lock = path.with_name(path.name + ".lock").open("wb")
    except OSError as error:
        raise JournalError(
            "cannot_open", f"{path.parent} cannot be written ({error.strerror}). Create the folder."
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise JournalError(
            "in_use",
            f"{path} is in use by another till program on this machine, probably the daemon. "
            "Stop that one first (systemctl stop pos-engine), and start it again afterwards.",
        ) from None
    return lock
