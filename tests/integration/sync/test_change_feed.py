"""The change feed under real threads on real SQLite: whoever follows it with a cursor misses nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from backoffice.db import run_in_tx
from backoffice.sync_api.changes import Entry, change_head, change_page, record_change, record_changes
from pos_engine.wire.sync import MemberBody
from tests.support.sync_bench import Office, Till
from tests.support.till import HandClock

WRITERS = 6
CHANGES_EACH = 40


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path / "office", HandClock())
    yield office
    office.close()


def put(office: Office, entity_id: str, body: bytes = b"null") -> None:
    run_in_tx(office.database.write, lambda s: record_change(s, office.organisation_id, "card", entity_id, "put", body))


def test_a_reader_beside_many_writers_misses_nothing(office: Office) -> None:
    failed: list[BaseException] = []
    done = threading.Event()

    def write(writer: int) -> None:
        try:
            for number in range(CHANGES_EACH):
                put(office, f"{writer}-{number}")
        except BaseException as error:  # noqa: BLE001 - reported by the test itself
            failed.append(error)

    seen: list[int] = []
    ids: set[str] = set()

    def read() -> None:
        cursor = 0
        while True:
            last = done.is_set()
            with office.database.read() as session:
                page = change_page(session, office.organisation_id, cursor, 7)
            seen.extend(change.position for change in page.changes)
            ids.update(change.entity_id for change in page.changes)
            cursor = page.next_cursor
            if last and not page.changes:
                return

    writers = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    reader = threading.Thread(target=read)
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join(60)
    done.set()
    reader.join(60)
    assert not reader.is_alive()
    assert failed == []
    assert ids == {f"{writer}-{number}" for writer in range(WRITERS) for number in range(CHANGES_EACH)}
    assert seen == list(range(1, WRITERS * CHANGES_EACH + 1))


def test_only_the_newest_state_is_kept_and_it_moves_to_the_end(office: Office) -> None:
    for entity_id, body in (("a", b"1"), ("b", b"2"), ("a", b"3")):
        put(office, entity_id, body)
    with office.database.read() as session:
        page = change_page(session, office.organisation_id, 0, 10)
        assert [(c.position, c.entity_id, bytes(c.body)) for c in page.changes] == [(2, "b", b"2"), (3, "a", b"3")]
        assert change_head(session, office.organisation_id) == 3


def test_what_is_rolled_back_leaves_no_trace(office: Office) -> None:
    with office.database.write() as session:
        record_change(session, office.organisation_id, "card", "gone", "put", b"null")
        session.rollback()
    put(office, "kept")
    with office.database.read() as session:
        page = change_page(session, office.organisation_id, 0, 10)
    assert [(c.position, c.entity_id) for c in page.changes] == [(1, "kept")]


def test_an_entity_that_no_till_keeps_is_refused(office: Office) -> None:
    with office.database.write() as session, pytest.raises(ValueError, match="tills keep no invoice"):
        record_change(session, office.organisation_id, "invoice", "1", "put", b"null")


def test_a_till_follows_an_import_and_a_restored_back_office(tmp_path: Path, office: Office) -> None:
    entries = [
        Entry("member", f"m{n}", "put", f'{{"member_id":"m{n}","display_name":"Member {n}"}}'.encode())
        for n in range(3_000)
    ]
    run_in_tx(office.database.write, lambda s: record_changes(s, office.organisation_id, entries))
    till = Till(tmp_path / "till", office).enrol()
    till.sync_until_quiet()
    assert till.replica.cursor() == 3_000
    assert till.replica.member("m2999") == MemberBody(member_id="m2999", display_name="Member 2999")
    # The back-office is restored from a backup that knows less: positions mean other things now.
    with office.database.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM change_row WHERE position > 10")
        connection.exec_driver_sql("UPDATE change_counter SET position = 10")
    till.sync_until_quiet()
    assert till.replica.cursor() == 10
    assert till.replica.member("m9") is not None
    assert till.replica.member("m2999") is None
    till.close()
