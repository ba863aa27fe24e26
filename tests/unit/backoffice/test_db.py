"""The database as every other part relies on it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlcipher3.dbapi2
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, InternalError, OperationalError, StatementError
from sqlalchemy.orm import Session

from backoffice.db import TX_ATTEMPTS_MAX, Database, open_database, run_in_tx
from backoffice.engines import DatabaseError
from backoffice.ids import UuidIds
from backoffice.migrate import differences, upgrade_database
from backoffice.organisations.models import Organisation, Store
from backoffice.organisations.services import create_organisation
from pos_engine.core.money import Tariff
from tests.support.databases import ON_POSTGRESQL, drop_database, new_database_url
from tests.support.till import HandClock

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=timezone(timedelta(hours=1)))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    url = new_database_url()
    opened = open_database(url or tmp_path / "office.db")
    upgrade_database(opened.engine)
    yield opened
    opened.close()
    drop_database(url)


def add(session: Session, name: str) -> Organisation:
    return create_organisation(session, HandClock(NOON), UuidIds(), name, Tariff())


@pytest.mark.skipif(ON_POSTGRESQL, reason="these are SQLite's settings")
def test_the_settings_that_durability_rests_on_are_in_force(database: Database) -> None:
    with database.read() as session:
        assert session.scalar(text("PRAGMA journal_mode")) == "wal"
        assert session.scalar(text("PRAGMA synchronous")) == 2
        assert session.scalar(text("PRAGMA foreign_keys")) == 1
        assert session.scalar(text("SELECT sqlite_version()")) >= "3.51.3"


def test_the_revisions_lead_to_exactly_the_models(database: Database) -> None:
    assert differences(database.engine) == []
    upgrade_database(database.engine)


def test_an_instant_comes_back_in_utc_and_one_without_zone_is_refused(database: Database) -> None:
    run_in_tx(database.write, lambda session: add(session, "Café"))
    with database.read() as session:
        found = session.query(Organisation).one()
    assert found.created_at == datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
    assert found.created_at.tzinfo is UTC

    def naive(session: Session) -> None:
        session.add(Organisation(organisation_id="x", name="x", created_at=NOON.replace(tzinfo=None)))

    with pytest.raises(StatementError, match="time zone"):
        run_in_tx(database.write, naive)


def test_foreign_keys_hold(database: Database) -> None:
    orphan = Store(organisation_id="nobody", store_id="s", name="s", zone="UTC", created_at=NOON)
    with pytest.raises(IntegrityError):
        run_in_tx(database.write, lambda session: session.add(orphan))


def test_a_writer_waits_for_the_lock_before_it_reads(database: Database) -> None:
    """Two writers that read, add one and write never lose one, because each begins with the write lock."""
    run_in_tx(database.write, lambda session: add(session, "0"))

    def one_more(session: Session) -> None:
        organisation = session.query(Organisation).one()
        organisation.name = str(int(organisation.name) + 1)

    def many() -> None:
        for _ in range(20):
            run_in_tx(database.write, one_more)

    threads = [threading.Thread(target=many) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with database.read() as session:
        assert session.query(Organisation).one().name == "60"


def test_a_reader_never_waits_for_a_writer(database: Database) -> None:
    with database.write() as writer:
        add(writer, "unfinished")
        with database.read() as reader:
            assert reader.query(Organisation).count() == 0
        writer.commit()


@pytest.mark.skipif(ON_POSTGRESQL, reason="another program's lock on a file")
def test_a_lock_that_is_held_when_a_transaction_begins_asks_for_another_try(database: Database, tmp_path: Path) -> None:
    other = sqlcipher3.dbapi2.connect(str(tmp_path / "office.db"), isolation_level=None)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=0")
    tries: list[int] = []

    def work(session: Session) -> str:
        tries.append(1)
        try:
            return add(session, "begun at last").name
        except DBAPIError:
            other.execute("ROLLBACK")
            raise

    other.execute("BEGIN IMMEDIATE")
    with closing(other):
        assert run_in_tx(database.write, work) == "begun at last"
    assert len(tries) == 2


def test_busy_is_tried_again_and_then_given_up(database: Database) -> None:
    calls: list[int] = []

    def busy_twice(session: Session) -> str:
        calls.append(1)
        if len(calls) < 3:
            raise OperationalError("x", {}, Exception("database is locked"))
        return add(session, "third").name

    assert run_in_tx(database.write, busy_twice) == "third"
    calls.clear()

    def always_busy(_session: Session) -> None:
        calls.append(1)
        raise OperationalError("x", {}, Exception("database is locked"))

    with pytest.raises(OperationalError):
        run_in_tx(database.write, always_busy)
    assert len(calls) == TX_ATTEMPTS_MAX


def test_another_error_is_not_tried_again_and_leaves_nothing(database: Database) -> None:
    calls: list[int] = []

    def fails(session: Session) -> None:
        calls.append(1)
        add(session, "never")
        raise OperationalError("x", {}, Exception("no such table"))

    with pytest.raises(OperationalError):
        run_in_tx(database.write, fails)
    assert len(calls) == 1
    with database.read() as session:
        assert session.query(Organisation).count() == 0


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("mysql://somebody@host/name", "mysql is no database of ours"),
        ("nonsense", "cannot be read"),
        ("postgresql://nobody@/none?host=/nowhere", "cannot be reached"),
    ],
)
def test_a_wrong_address_is_said_in_one_sentence(url: str, says: str) -> None:
    with pytest.raises(DatabaseError, match=says):
        open_database(url)


@pytest.mark.skipif(not ON_POSTGRESQL, reason="SQLite's reader is kept from writing by habit only")
def test_a_reader_cannot_write(database: Database) -> None:
    with database.read() as session:
        session.add(Organisation(organisation_id="x", name="x", created_at=NOON))
        with pytest.raises(InternalError, match="read-only"):
            session.flush()
