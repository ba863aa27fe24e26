"""Opening a till's SQLite file with the settings its promises rest on, and its errors in our words.

Laws: the bundled SQLite only (sqlcipher3), 3.51.3 or newer: older ones can corrupt a database when the WAL is reset.
Journal mode is set outside any transaction and read back. Every transaction that writes begins with BEGIN IMMEDIATE.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from sqlcipher3 import dbapi2

from pos_engine.journal.errors import JournalError, JournalFault

SQLITE_VERSION_MIN = (3, 51, 3)
"""First release with the WAL-reset fix (https://sqlite.org/releaselog/3_51_3.html)."""

BUSY_TIMEOUT_MS = 5_000
"""How long a statement waits for another connection's lock. Our transactions last milliseconds."""

STATEMENTS_KEPT = 512
"""Statements a connection keeps as they were read: more than a till has; the driver's 100 are fewer than a sale and a
contact need in turn, so that each would be read again every time."""

KEY_BYTES = 32
"""Length of a raw SQLCipher key."""

Connection = Any
"""A sqlcipher3 connection; the library ships no types."""

_FAULTS: dict[int, tuple[JournalFault, str]] = {
    5: ("busy", "Another program is writing to {path} and did not let go. Close it, then try again."),
    6: ("busy", "Another program is writing to {path} and did not let go. Close it, then try again."),
    8: ("cannot_open", "{path} cannot be written. Give the till's user the right to write there."),
    10: ("io_failed", "The disk failed while {path} was used ({error}). Check the disk; keep this file."),
    11: ("corrupt", "{path} is damaged ({error}). Keep the file, move it away and enrol the till again."),
    13: ("disk_full", "The disk with {path} is full. Free some space; nothing was recorded by this step."),
    14: ("cannot_open", "{path} cannot be opened. Check that its folder exists and may be written by the till's user."),
    26: ("not_a_database", "{path} is not a database, is damaged, or was opened with the wrong key. Keep the file."),
}
_PRIMARY_CODE_MASK = 0xFF
"""SQLite's extended result codes carry the primary one in their low byte."""


def check_library_version(version: tuple[int, ...] = dbapi2.sqlite_version_info) -> None:
    """Refuse a library that may corrupt the journal. JournalError sqlite_too_old."""
    if version < SQLITE_VERSION_MIN:
        found = ".".join(map(str, version))
        wanted = ".".join(map(str, SQLITE_VERSION_MIN))
        raise JournalError(
            "sqlite_too_old",
            f"This program needs SQLite {wanted} or newer, sqlcipher3 brings {found}. Update sqlcipher3.",
        )


def translate(error: dbapi2.Error, path: Path) -> JournalError | None:
    """An SQLite error in our words; None when it is a mistake of ours (a constraint, bad SQL) and must stay loud."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        # The driver raises "file is not a database" without its number.
        code = 26 if "not a database" in str(error) else -1
    fault = _FAULTS.get(code & _PRIMARY_CODE_MASK)
    if fault is None:
        return None
    return JournalError(fault[0], fault[1].format(path=path, error=error))


class in_our_words:  # noqa: N801 - read as a word; a class, because every look at the disk is inside one
    """Turn SQLite's errors into JournalError where a person can do something about them."""

    __slots__ = ("_path",)

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if isinstance(error, dbapi2.Error):
            ours = translate(error, self._path)
            if ours is not None:
                raise ours from error
        elif isinstance(error, UnicodeDecodeError):
            # What was altered may be the text of an answer or of an error itself.
            text = _FAULTS[11][1].format(path=self._path, error="text that is none")
            raise JournalError("corrupt", text) from error


def open_database(
    path: Path, synchronous: Literal["FULL", "NORMAL"], key: bytes | None = None, *, read_only: bool = False
) -> Connection:
    """Open one connection: WAL, foreign keys on, explicit transactions. JournalError says why not."""
    check_library_version()
    with in_our_words(path):
        connection = dbapi2.connect(
            str(path), isolation_level=None, check_same_thread=False, cached_statements=STATEMENTS_KEPT
        )
        try:
            _configure(connection, path, synchronous, key, read_only=read_only)
        except BaseException:
            connection.close()
            raise
    return connection


def _configure(
    connection: Connection, path: Path, synchronous: Literal["FULL", "NORMAL"], key: bytes | None, *, read_only: bool
) -> None:
    if key is not None and len(key) != KEY_BYTES:
        raise JournalError("not_a_database", f"The key of {path} has {len(key)} bytes, it must have {KEY_BYTES}.")
    unlock(connection, key)
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        raise JournalError(
            "cannot_open", f"{path} lies where SQLite cannot keep a WAL (it said {mode}). Use a local disk."
        )
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    connection.execute("PRAGMA foreign_keys = ON")
    if read_only:
        connection.execute("PRAGMA query_only = ON")
    else:
        connection.execute("PRAGMA secure_delete = ON")  # who was erased leaves no trace in free pages


def unlock(connection: Connection, key: bytes | None) -> None:
    """Give a fresh connection its raw key (SQLCipher); None: the file is plain."""
    if key is not None:
        connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")


def empty_log(connection: Connection) -> None:
    """Move what the log holds into the file and cut the log to nothing: it keeps older versions of pages for days.

    Outside any transaction. Where somebody reads or writes too long, nothing happens; the next night tries again.
    """
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


class immediate:  # noqa: N801 - read as a word, as above
    """One writing transaction: all of it, or nothing. Committed (and synced under FULL) when the block ends."""

    __slots__ = ("_connection", "_words")

    def __init__(self, connection: Connection, path: Path) -> None:
        self._connection = connection
        self._words = in_our_words(path)

    def __enter__(self) -> Connection:
        with self._words:
            self._connection.execute("BEGIN IMMEDIATE")
        return self._connection

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._words:
            if error is None:
                try:
                    self._connection.execute("COMMIT")
                except BaseException:
                    self._roll_back()
                    raise
            else:
                self._roll_back()
        self._words.__exit__(kind, error, trace)

    def _roll_back(self) -> None:
        # SQLite may have rolled back by itself (disk full, I/O error).
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
