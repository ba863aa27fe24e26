"""The record of who did what cannot be changed, cut or added to unseen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from sqlalchemy.orm import Session

from backoffice.audit import chain
from backoffice.audit.models import AuditEntry, AuditHead
from backoffice.audit.services import Doing
from backoffice.db import Database, open_database, run_in_tx
from backoffice.ids import UuidIds
from backoffice.migrate import config, upgrade_database
from backoffice.organisations.services import create_organisation
from pos_engine.core.money import Tariff
from tests.support.databases import drop_database, new_database_url
from tests.support.till import HandClock

NOW = datetime(2026, 11, 23, 9, 30, 0, 120, tzinfo=UTC)
ACTS = ("member_added", "card_added", "campaign_published", "till_revoked")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    url = new_database_url()
    opened = open_database(url or tmp_path / "office.db")
    yield opened
    opened.close()
    drop_database(url)


def shop(database: Database, name: str = "Bakery") -> Doing:
    clock, ids = HandClock(NOW), UuidIds()
    made = run_in_tx(database.write, lambda tx: create_organisation(tx, clock, ids, name, Tariff()).organisation_id)
    return Doing(made, "ana@bakery.example", clock, ids)


def act(database: Database, doing: Doing) -> None:
    def work(tx: Session) -> None:
        for action in ACTS:
            doing.note(tx, action, "member", "m1", "Zoë: 3 €")

    run_in_tx(database.write, work)


@pytest.fixture
def written(database: Database) -> tuple[Database, Doing]:
    upgrade_database(database.engine)
    doing = shop(database)
    act(database, doing)
    return database, doing


def verdict(database: Database, doing: Doing) -> chain.Verdict:
    with database.read() as session:
        return chain.verify(session, doing.organisation_id)


def test_an_untouched_record_fits_to_its_head(written: tuple[Database, Doing]) -> None:
    found = verdict(*written)
    assert (found.entries, found.broken_at, found.head.seq) == (4, 0, 4)


def test_the_seal_is_the_hash_that_the_documentation_tells(written: tuple[Database, Doing]) -> None:
    database, doing = written
    with database.read() as session:
        first = session.query(AuditEntry).filter_by(seq=1).one()
    told = [doing.organisation_id, 1, first.entry_id, "2026-11-23T09:30:00.000120+00:00", "ana@bakery.example"]
    told += ["member_added", "member", "m1", "Zoë: 3 €"]
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
    assert first.seal == hashlib.sha256(bytes(32) + text).digest()


@pytest.mark.parametrize(
    ("forgery", "broken_at"),
    [
        ("UPDATE audit_entry SET actor = 'nobody' WHERE seq = 2", 2),
        ("UPDATE audit_entry SET details = '' WHERE seq = 1", 1),
        ("DELETE FROM audit_entry WHERE seq = 3", 3),
        ("DELETE FROM audit_entry WHERE seq = 4", 4),
        ("UPDATE audit_head SET seq = 3", 5),
    ],
)
def test_a_forgery_is_found_where_it_is(written: tuple[Database, Doing], forgery: str, broken_at: int) -> None:
    database, doing = written
    with database.engine.begin() as connection:
        connection.execute(sa.text(forgery))
    assert verdict(database, doing).broken_at == broken_at


def test_a_record_cut_short_with_its_head_is_found_by_who_was_told(written: tuple[Database, Doing]) -> None:
    database, doing = written

    def cut(tx: Session) -> None:
        third = tx.query(AuditEntry).filter_by(seq=3).one()
        tx.query(AuditEntry).filter_by(seq=4).delete()
        head = tx.query(AuditHead).one()
        head.seq, head.seal = 3, third.seal

    with database.read() as session:
        told = chain.head_of(session, doing.organisation_id)
        assert chain.knows(session, doing.organisation_id, told)
    run_in_tx(database.write, cut)
    assert verdict(database, doing).broken_at == 0
    with database.read() as session:
        assert not chain.knows(session, doing.organisation_id, told)
        assert chain.knows(session, doing.organisation_id, chain.Head(0, b""))


def test_each_organisation_has_a_record_of_its_own(written: tuple[Database, Doing]) -> None:
    database, doing = written
    other = shop(database, "Grocer")
    act(database, other)
    assert verdict(database, other).head.seq == verdict(database, doing).head.seq == 4
    assert verdict(database, other).head.seal != verdict(database, doing).head.seal


def test_entries_from_before_the_chain_are_sealed_in_their_order(database: Database) -> None:
    with database.engine.begin() as connection:
        command.upgrade(config(connection), "0004")
        connection.execute(
            sa.text(
                "INSERT INTO organisation (organisation_id, name, language, created_at, currency, cash_step_minor,"
                " prices_include_tax, unknown_vat_bp)"
                " VALUES ('o', 'Old', 'en', '2026-01-01 00:00:00', 'EUR', 1, true, 0)"
            )
        )
        for number in range(3):
            connection.execute(
                sa.text(
                    "INSERT INTO audit_entry (organisation_id, entry_id, at, actor, action, subject_kind, subject_id,"
                    " details) VALUES ('o', :entry, :at, 'ana', 'x', '', '', 'ü')"
                ),
                {"entry": f"id-{2 - number}", "at": f"2026-01-0{number + 1} 10:00:00"},
            )
    upgrade_database(database.engine)
    with database.read() as session:
        found = chain.verify(session, "o")
        order = [row.entry_id for row in session.query(AuditEntry).order_by(AuditEntry.seq)]
    assert (found.entries, found.broken_at) == (3, 0)
    assert order == ["id-0", "id-1", "id-2"]
