"""Who members are stands in the database under seal only, and is found all the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from backoffice.db import Database, open_database, run_in_tx
from backoffice.engines import DatabaseError
from backoffice.members import personal, services
from backoffice.members.models import MemberKey, MemberPerson, MemberWord
from backoffice.members.personal import Person
from backoffice.members.search import page_of_all, search
from backoffice.members.services import MemberInput
from backoffice.members.words import BEGINNINGS, beginning_to_look_for, beginnings_of, matches, words_of
from backoffice.migrate import config, upgrade_database
from backoffice.office import open_office
from backoffice.vault import Vault, VaultError, vault_of
from tests.support.databases import ON_POSTGRESQL, drop_database, new_database_url
from tests.support.office import OfficeBench

ADA = Person(
    "Ada",
    "Lovelace",
    "ada@analytical.example",
    "+44 20 7946 0018",
    "Secret Lane 1",
    "SW1",
    "Londinium",
    date(1815, 12, 10),
)
CLEAR = ("Lovelace", "lovelace", "analytical", "Secret Lane", "Londinium")
"""Long enough not to stand by chance among random bytes and numbers."""


def add(bench: OfficeBench, person: Person) -> str:
    return run_in_tx(
        bench.office.database.write,
        lambda tx: services.create_member(tx, bench.doing, MemberInput(person)).member_id,
    )


def every_value(database: Database) -> str:
    """Everything that stands in the tables about people and in the record, as one text."""
    with database.read() as session:
        tables = ("member", "member_key", "member_person", "member_word", "card", "audit_entry")
        return "".join(repr(row) for table in tables for row in session.execute(sa.text(f"SELECT * FROM {table}")))  # noqa: S608 - our own names


def test_no_table_says_who_a_member_is(bench: OfficeBench) -> None:
    add(bench, ADA)
    said = every_value(bench.office.database)
    assert [word for word in CLEAR if word in said] == []


@pytest.mark.skipif(ON_POSTGRESQL, reason="looks at SQLite's files")
def test_nor_does_the_file_nor_what_is_left_of_an_older_state(bench: OfficeBench) -> None:
    member_id = add(bench, ADA)
    changed = MemberInput(Person("Augusta", "King"))
    run_in_tx(bench.office.database.write, lambda tx: services.update_member(tx, bench.doing, member_id, changed))
    folder = bench.office.settings.data
    raw = b"".join(path.read_bytes() for path in folder.glob("backoffice.db*"))
    # the change feed says "Ada L." to the tills, as it must; everything else is sealed
    assert [word for word in CLEAR if word.encode() in raw] == []


def test_a_person_comes_back_whole_and_is_found_by_every_kind_of_word(bench: OfficeBench) -> None:
    member_id = add(bench, ADA)
    with bench.office.database.read() as session:
        assert personal.load(session, bench.organisation_id, [member_id]) == {member_id: ADA}
        for query in ("lov", "LOVELACE", "ada lovel", "442079460018", "44207", "sw1", "londin", "ada@ana", "ad lo"):
            assert [row.member_id for row in search(session, bench.organisation_id, query)] == [member_id], query
        assert search(session, bench.organisation_id, "lovelaces") == []


def test_who_is_renamed_is_found_under_the_new_name_only(bench: OfficeBench) -> None:
    member_id = add(bench, ADA)
    changed = MemberInput(Person("Augusta", "King"))
    run_in_tx(bench.office.database.write, lambda tx: services.update_member(tx, bench.doing, member_id, changed))
    with bench.office.database.read() as session:
        assert search(session, bench.organisation_id, "lovelace") == []
        assert [row.member_id for row in search(session, bench.organisation_id, "king")] == [member_id]
        marks = session.query(MemberWord).filter_by(member_id=member_id).count()
    assert marks == len(beginnings_of(changed.person.words))


def test_a_sealed_person_moved_to_another_member_does_not_open(bench: OfficeBench) -> None:
    ada, eve = add(bench, ADA), add(bench, Person("Eve"))

    def swap(tx: Session) -> None:
        for table, column in ((MemberKey, "wrapped"), (MemberPerson, "sealed")):
            ours, theirs = (tx.get_one(table, (bench.organisation_id, each)) for each in (ada, eve))
            setattr(theirs, column, getattr(ours, column))

    run_in_tx(bench.office.database.write, swap)
    with bench.office.database.read() as session, pytest.raises(VaultError, match=f"{eve}:wrapped"):
        personal.load(session, bench.organisation_id, [eve])


def test_all_of_a_query_come_out_in_pages(bench: OfficeBench) -> None:
    wanted = sorted(add(bench, Person("Zoe", f"Zed{number}")) for number in range(23))
    seen: list[str] = []
    before = ""
    with bench.office.database.read() as session:
        while True:
            page, before = page_of_all(session, bench.organisation_id, "zed", "", before, 7)
            seen += [row.member_id for row in page]
            if not before:
                break
    assert sorted(seen) == wanted


def test_the_key_of_another_installation_is_told_at_the_start(bench: OfficeBench) -> None:
    key = bench.office.settings.data / "secrets" / "personal-data"
    key.write_text("A" * 43)
    with pytest.raises(DatabaseError, match="key of personal data"):
        open_office(bench.office.settings, bench.clock)


def test_a_database_opened_without_the_key_says_so() -> None:
    with pytest.raises(VaultError, match="without the key"):
        vault_of(Session())


@pytest.fixture
def older(tmp_path: Path) -> Iterator[Database]:
    """A database from before persons were sealed, with two in the clear."""
    url = new_database_url()
    opened = open_database(url or tmp_path / "office.db", Vault(bytes(32)))
    with opened.engine.begin() as connection:
        command.upgrade(config(connection), "0007")
        connection.execute(
            sa.text(
                "INSERT INTO organisation (organisation_id, name, language, created_at, currency, cash_step_minor,"
                " prices_include_tax, unknown_vat_bp)"
                " VALUES ('o', 'Old', 'en', '2026-01-01 00:00:00', 'EUR', 1, true, 0)"
            )
        )
        for member_id, name in (("m1", "Ada"), ("m2", "Eve")):
            connection.execute(
                sa.text(
                    "INSERT INTO member (organisation_id, member_id, number, language, tier, created_at, updated_at)"
                    " VALUES ('o', :id, :id, 'en', '', '2026-01-01 00:00:00', '2026-01-01 00:00:00')"
                ),
                {"id": member_id},
            )
            connection.execute(
                sa.text(
                    "INSERT INTO member_person (organisation_id, member_id, first_name, last_name, email, phone,"
                    " street, postcode, town, birthday, search_text) VALUES ('o', :id, :name, 'Old', '',"
                    " '', '', '', 'Turin', '1980-02-03', ' x')"
                ),
                {"id": member_id, "name": name},
            )
    yield opened
    opened.close()
    drop_database(url)


def test_persons_from_before_are_sealed_and_found(older: Database) -> None:
    upgrade_database(older.engine, Vault(bytes(32)))
    with older.read() as session:
        found = {row.number: row.person for row in search(session, "o", "turin")}
    assert found == {
        number: Person(name, "Old", town="Turin", birthday=date(1980, 2, 3))
        for number, name in (("m1", "Ada"), ("m2", "Eve"))
    }
    assert "Turin" not in every_value(older)


def test_they_are_not_thrown_away_when_the_key_is_missing(older: Database) -> None:
    with pytest.raises(VaultError, match="key of personal data was not given"):
        upgrade_database(older.engine)
    with older.engine.begin() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM member_person WHERE town = 'Turin'")) == 2


WORDS = st.text("abcdeéß1 ", max_size=12)


@given(parts=st.lists(WORDS, max_size=4), query=WORDS)
def test_the_beginning_looked_for_is_among_those_kept_whenever_a_word_matches(parts: list[str], query: str) -> None:
    words = words_of(parts)
    asked = words_of([query])
    if asked and matches(words, asked):
        kept = beginnings_of(words)
        assert all(beginning_to_look_for(word) in kept for word in asked if len(word) >= min(BEGINNINGS))


@pytest.mark.parametrize("query", ["Ab-12.cd-34", "barcode:Ab-12.cd-34", "12.cd-34"])
def test_a_number_with_dashes_and_small_letters_is_found_as_it_is_printed(bench: OfficeBench, query: str) -> None:
    def work(tx: Session) -> str:
        member = services.create_member(tx, bench.doing, MemberInput(ADA))
        return services.add_card(tx, bench.doing, member.member_id, "barcode:Ab-12.cd-34").member_id

    member_id = run_in_tx(bench.office.database.write, work)
    with bench.office.database.read() as session:
        assert [row.member_id for row in search(session, bench.organisation_id, query)] == [member_id]
