"""Engines of both databases, with the settings that the back-office's promises rest on.

SQLite is the one bundled with sqlcipher3: Debian 12's own has the WAL-reset fault that was mended in 3.51.3. Law on
both: a transaction that writes takes the write lock when it begins, so that what it reads stays true until it commits;
one that only reads sees one state and waits for nobody.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any, Final

import sqlcipher3.dbapi2
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

READ_ONLY: Final = "backoffice_read_only"
"""Execution option of connections that only read: they begin without taking the write lock."""
BUSY_TIMEOUT_MS: Final = 5_000
"""How long a writer waits for another one before the database says busy."""
CACHE_KB: Final = 16_384
"""Pages a connection holds: a batch of 500 receipts changes some 6 MB, and what does not fit is written twice."""
CHECKPOINT_PAGES: Final = 8_192
"""Pages (32 MB) in the log before they move to the file; moved after each batch, hot ones are written every time."""
STATEMENTS_KEPT: Final = 512
"""Statements a SQLite connection keeps as they were read: what tills and pages ask in turn is more than its own 100."""
POOL_SIZE: Final = 16
OVERFLOW_MAX: Final = 16
WRITE_LOCK: Final = 4_711_001
"""Key of PostgreSQL's advisory lock that stands for "who writes"; any number, but the same in every process."""
POSTGRESQL_VERSION_MIN: Final = 13
"""Oldest major version tried (Debian 12 has 15, Debian 13 has 17)."""


class DatabaseError(Exception):
    """The database cannot be used; the text says what to do."""


def sqlite_engine(path: Path) -> Engine:
    """An engine on a file, made when missing and closed to other users. DatabaseError when it cannot be in WAL mode."""
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        f"sqlite:///{path}",
        module=sqlcipher3.dbapi2,
        pool_size=POOL_SIZE,
        max_overflow=OVERFLOW_MAX,
        connect_args={
            "timeout": BUSY_TIMEOUT_MS / 1000,
            "check_same_thread": False,
            "cached_statements": STATEMENTS_KEPT,
        },
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    with engine.connect():
        path.chmod(0o600)
    return engine


def postgresql_engine(url: str) -> Engine:
    """An engine on a server. DatabaseError when the URL is wrong, the server away or too old."""
    try:
        wanted = make_url(url)
    except ArgumentError:
        raise DatabaseError("The database URL cannot be read; write postgresql://user@host/name.") from None
    if wanted.get_backend_name() != "postgresql":
        raise DatabaseError(f"{wanted.get_backend_name()} is no database of ours: SQLite (no URL) or postgresql://…")
    engine = create_engine(
        wanted.set(drivername="postgresql+psycopg"),
        pool_size=POOL_SIZE,
        max_overflow=OVERFLOW_MAX,
        pool_pre_ping=True,
        # One state for the whole transaction, as SQLite shows it; the write lock is taken before that state is chosen.
        isolation_level="READ COMMITTED",
        connect_args={"connect_timeout": 10, "options": f"-c lock_timeout={BUSY_TIMEOUT_MS} -c timezone=UTC"},
    )
    event.listen(engine, "begin", _begin_postgresql)
    shown = wanted.render_as_string(hide_password=True)
    try:
        with engine.connect() as connection:
            version = int(connection.scalar(text("SELECT current_setting('server_version_num')::int")) or 0) // 10_000
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0]
        raise DatabaseError(
            f"{shown} cannot be reached ({reason}). Is the server running, and the name right?"
        ) from error
    if version < POSTGRESQL_VERSION_MIN:
        raise DatabaseError(f"{shown} is PostgreSQL {version}; {POSTGRESQL_VERSION_MIN} or newer is needed.")
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401 - a DB-API connection has no type
    """Give a fresh connection its settings; the driver is kept from opening transactions by itself."""
    connection.isolation_level = None
    cursor = connection.cursor()
    mode = cursor.execute("PRAGMA journal_mode=WAL").fetchone()[0]
    if mode != "wal":
        raise DatabaseError(
            f"the database could not be put in WAL mode (it stays in {mode}); is its folder on a network drive?"
        )
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA secure_delete=ON")  # what is erased leaves no trace in free pages
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.execute(f"PRAGMA cache_size=-{CACHE_KB}")
    cursor.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
    cursor.close()


def empty_sqlite_log(engine: Engine) -> None:
    """Checkpoint and truncate the write-ahead log, on a connection that waits a second at most for others."""
    with closing(sqlcipher3.dbapi2.connect(str(engine.url.database), timeout=1)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


def _begin_sqlite(connection: Connection) -> None:
    """Said to the driver itself: nearly every contact of a till has three of these."""
    said = "BEGIN" if connection.get_execution_options().get(READ_ONLY, False) else "BEGIN IMMEDIATE"
    errors = connection.dialect.loaded_dbapi.Error
    try:
        connection.connection.driver_connection.execute(said)  # type: ignore[union-attr]
    except errors as error:
        raise DBAPIError.instance(said, None, error, errors, dialect=connection.dialect) from error


def _begin_postgresql(connection: Connection) -> None:
    """A reader gets one unchanging state; a writer waits for its turn, and then sees all that was committed before."""
    if connection.get_execution_options().get(READ_ONLY, False):
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
    else:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITE_LOCK})")
