from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from pos_engine.journal.engine import check_library_version, open_database
from pos_engine.journal.errors import JournalError
from pos_engine.journal.journal import Journal
from pos_engine.journal.migrations import migrate
from tests.support.till import HandClock, OrderedIds, a_draft, an_identity


def test_an_old_library_is_refused() -> None:
    with pytest.raises(JournalError) as refused:
        check_library_version((3, 40, 1))
    assert refused.value.code == "sqlite_too_old"
    check_library_version()


def test_the_settings_are_really_on(tmp_path: Path) -> None:
    connection = open_database(tmp_path / "x.db", "FULL")
    settings = [
        connection.execute(f"PRAGMA {p}").fetchone()[0] for p in ("journal_mode", "synchronous", "foreign_keys")
    ]
    connection.close()
    assert settings == ["wal", 2, 1]


def test_a_newer_schema_is_refused_and_left_alone(tmp_path: Path, clock: HandClock) -> None:
    path = tmp_path / "journal.db"
    with sqlite3.connect(path) as newer:
        newer.execute("PRAGMA user_version = 900")
    newer.close()
    with pytest.raises(JournalError) as refused:
        Journal.open(path, clock, OrderedIds())
    assert refused.value.code == "newer_schema"
    assert "schema 900" in refused.value.text


def test_a_file_that_is_no_database_is_refused_and_kept(tmp_path: Path, clock: HandClock) -> None:
    path = tmp_path / "journal.db"
    path.write_bytes(b"not a database at all, but somebody's shopping list " * 100)
    before = path.read_bytes()
    with pytest.raises(JournalError) as refused:
        Journal.open(path, clock, OrderedIds())
    assert (refused.value.code, path.read_bytes() == before) == ("not_a_database", True)


def test_a_missing_folder_is_named(tmp_path: Path, clock: HandClock) -> None:
    with pytest.raises(JournalError) as refused:
        Journal.open(tmp_path / "nowhere" / "journal.db", clock, OrderedIds())
    assert refused.value.code == "cannot_open"
    assert "nowhere" in refused.value.text


@pytest.mark.usefixtures("journal")
def test_two_programs_cannot_share_a_journal(tmp_path: Path, clock: HandClock) -> None:
    with pytest.raises(JournalError) as refused:
        Journal.open(tmp_path / "journal.db", clock, OrderedIds())
    assert refused.value.code == "in_use"


def test_what_was_recorded_is_there_after_reopening_and_the_lock_is_free(tmp_path: Path, clock: HandClock) -> None:
    path = tmp_path / "kept.db"
    first = Journal.open(path, clock, OrderedIds(), reserve_bytes=4096)
    first.save_identity(an_identity())
    first.start_epoch(7)
    receipt = first.append_receipt(a_draft("a"))
    first.set_note("last_run", "yesterday")
    first.close()
    first.close()
    again = Journal.open(path, clock, OrderedIds(), reserve_bytes=4096)
    assert (again.identity(), again.epoch(), again.note("last_run")) == (an_identity(), 7, "yesterday")
    assert again.receipt("till-1:7:1") == receipt
    assert again.note("never set") is None
    again.close()
    for call in (again.identity, lambda: again.set_note("a", "b")):
        with pytest.raises(JournalError) as refused:
            call()
        assert refused.value.code == "closed"


def test_an_encrypted_journal_needs_its_key(tmp_path: Path, clock: HandClock) -> None:
    path = tmp_path / "secret.db"
    key = bytes(range(32))
    secret = Journal.open(path, clock, OrderedIds(), key=key, reserve_bytes=4096)
    secret.save_identity(an_identity())
    secret.close()
    assert b"Corner Bakery" not in path.read_bytes()
    for wrong in (None, bytes(32), b"short"):
        with pytest.raises(JournalError) as refused:
            Journal.open(path, clock, OrderedIds(), key=wrong)
        assert refused.value.code == "not_a_database"
    again = Journal.open(path, clock, OrderedIds(), key=key, reserve_bytes=4096)
    assert again.identity() == an_identity()
    again.close()


def test_a_migration_that_fails_leaves_the_old_schema(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    connection = open_database(path, "FULL")
    migrate(connection, path, [(1, "CREATE TABLE a (b);")])
    with pytest.raises(Exception, match="syntax"):
        migrate(connection, path, [(1, ""), (2, "CREATE TABLE c (d); CREATE NONSENSE;")])
    tables = connection.execute("SELECT name FROM sqlite_schema").fetchall()
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    assert (tables, version) == ([("a",)], 1)
    assert migrate(connection, path, [(1, ""), (2, "CREATE TABLE c (d);")]) == 2
    connection.close()
