"""The database: engine, sessions, transactions, and the column types every table uses.

SQLite by default, PostgreSQL for chains; nothing in models or services may be one database's alone. Laws: a transaction
that writes waits for the write lock before it reads, never in the middle (`sqlite_engine`, `postgresql_engine`);
`run_in_tx` repeats a whole transaction when the database asks for it, hence its function has no effect outside its
session.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy import BigInteger, DateTime, Dialect, Engine, MetaData, String, TypeDecorator
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from typing_extensions import override

from backoffice.engines import READ_ONLY, empty_sqlite_log, postgresql_engine, sqlite_engine
from backoffice.vault import SESSION_KEY, Vault

TX_ATTEMPTS_MAX: Final = 6
"""A transaction is tried this often; with the waits below that is at most about 0.6 s beyond the busy timeouts."""
TX_RETRY_WAIT_S: Final = 0.02
"""Wait before the second attempt; doubled each time."""
RETRIED_SQLSTATES: Final = frozenset({"40001", "40P01", "55P03"})
"""PostgreSQL: serialisation failure, deadlock detected, lock not available in time."""

Result = TypeVar("Result")

Id = String(64)
"""Column type of ids: UUIDv7 as text, or a natural key of that length (a canonical card id, a till's id)."""


class UtcDateTime(TypeDecorator[datetime]):
    """An instant. Aware values only go in, UTC comes out; SQLite keeps it without zone, always in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @override
    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            message = f"an instant needs a time zone: {value!r}"
            raise ValueError(message)
        in_utc = value.astimezone(UTC)
        return in_utc.replace(tzinfo=None) if dialect.name == "sqlite" else in_utc

    @override
    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Base of all tables. Constraint names are fixed so that migrations can name them on every database."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime, int: BigInteger}  # noqa: RUF012 - SQLAlchemy's own spelling


class Database:
    """One engine and its two session factories: `write` begins with the write lock, `read` does not."""

    def __init__(self, engine: Engine, vault: Vault | None = None) -> None:
        """`vault`: the keys of personal data; without one everything else can be done."""
        self.engine = engine
        info = {SESSION_KEY: vault}
        self.write: sessionmaker[Session] = sessionmaker(engine, expire_on_commit=False, info=info)
        self.readers: Engine = engine.execution_options(**{READ_ONLY: True})
        """The same engine for those that need no session."""
        self.read: sessionmaker[Session] = sessionmaker(
            self.readers, expire_on_commit=False, autoflush=False, info=info
        )

    def empty_log(self) -> None:
        """Move what SQLite's log holds into the file and cut the log: older versions of what was erased stand in it.

        Where somebody reads or writes too long, nothing happens. PostgreSQL recycles its log by itself.
        """
        if self.engine.dialect.name == "sqlite":
            empty_sqlite_log(self.engine)

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


def open_database(address: Path | str, vault: Vault | None = None) -> Database:
    """Open an SQLite file (made when missing) or the PostgreSQL database of a URL `postgresql://user@host/name`.

    DatabaseError says why not, and what to do.
    """
    if isinstance(address, Path):
        return Database(sqlite_engine(address), vault)
    return Database(postgresql_engine(address), vault)


def asks_for_retry(error: DBAPIError) -> bool:
    """Whether the database says that the same transaction may succeed when it is tried again."""
    sqlstate = getattr(error.orig, "sqlstate", None)
    if sqlstate is not None:
        return sqlstate in RETRIED_SQLSTATES
    text = str(error.orig)
    return "database is locked" in text or "database table is locked" in text


def run_in_tx(session_factory: Callable[[], Session], work: Callable[[Session], Result]) -> Result:
    """Run `work` in one transaction and commit; the whole of it again when the database was busy, a few times.

    `work` must have no effect outside its session, because it may run more than once. Other errors roll back and rise.
    """
    pause = threading.Event()
    wait_s = TX_RETRY_WAIT_S
    for attempt in range(1, TX_ATTEMPTS_MAX + 1):
        with session_factory() as session:
            try:
                result = work(session)
                session.commit()
            except DBAPIError as error:
                session.rollback()
                if attempt == TX_ATTEMPTS_MAX or not asks_for_retry(error):
                    raise
            else:
                return result
        pause.wait(wait_s)
        wait_s *= 2
    raise AssertionError  # the last attempt either returned or raised
