"""Rows past the ORM."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from backoffice.audiences.models import MemberDay
from backoffice.bulk import add_tuples, put, streamed, table_of
from backoffice.db import Database, open_database, run_in_tx
from backoffice.ids import UuidIds
from backoffice.loyalty.models import LedgerAccount, TillPart
from backoffice.migrate import upgrade_database
from backoffice.organisations.models import Store
from backoffice.organisations.services import create_organisation
from backoffice.sync_api.models import RightAccount
from pos_engine.core.money import Tariff
from tests.support.databases import ON_POSTGRESQL, drop_database, new_database_url
from tests.support.till import HandClock

KEYS = ("organisation_id", "store_id")
MONDAY, TUESDAY = (datetime(2026, 11, day, tzinfo=UTC) for day in (23, 24))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    url = new_database_url()
    opened = open_database(url or tmp_path / "office.db")
    upgrade_database(opened.engine)
    yield opened
    opened.close()
    drop_database(url)


def test_what_is_put_again_is_written_anew_but_for_what_only_a_new_row_gets(database: Database) -> None:
    def work(session: Session) -> str:
        return create_organisation(session, HandClock(), UuidIds(), "Bakery", Tariff()).organisation_id

    organisation_id = run_in_tx(database.write, work)

    def row(store_id: str, name: str, created_at: datetime) -> dict[str, object]:
        return {
            "organisation_id": organisation_id,
            "store_id": store_id,
            "name": name,
            "zone": "Europe/Berlin",
            "created_at": created_at,
        }

    def write(session: Session) -> None:
        put(session, Store, KEYS, [])
        put(session, Store, KEYS, [row("one", "One", MONDAY)], only_new=("created_at",))
        put(session, Store, KEYS, [row("one", "Won", TUESDAY), row("two", "Two", TUESDAY)], only_new=("created_at",))

    run_in_tx(database.write, write)
    with database.read() as session:
        stores = session.execute(select(Store.name, Store.created_at).order_by(Store.store_id)).all()
    assert [tuple(store) for store in stores] == [("Won", MONDAY), ("Two", TUESDAY)]


def test_running_sums_begin_with_what_a_new_key_brings_and_grow_from_then_on(database: Database) -> None:
    def work(session: Session) -> str:
        return create_organisation(session, HandClock(), UuidIds(), "Bakery", Tariff()).organisation_id

    organisation_id = run_in_tx(database.write, work)
    keys = ("organisation_id", "member_id", "business_day", "store_id")

    def add(session: Session, *rows: tuple[str, int, int]) -> None:
        named = ((organisation_id, member_id, MONDAY.date(), "one", *sums) for member_id, *sums in rows)
        add_tuples(session, MemberDay, keys, ("visits", "spent_minor"), named)

    def write(session: Session) -> None:
        add(session)
        add(session, ("anna", 1, 500), ("bert", 1, 900))
        add(session, ("anna", 2, -120), ("carl", 1, 2**40))

    run_in_tx(database.write, write)
    with database.read() as session:
        days = session.execute(
            select(MemberDay.member_id, MemberDay.visits, MemberDay.spent_minor).order_by(MemberDay.member_id)
        ).all()
    assert [tuple(day) for day in days] == [("anna", 3, 380), ("bert", 1, 900), ("carl", 1, 2**40)]


def test_what_rows_do_not_name_begins_with_its_default_and_stays(database: Database) -> None:
    def work(session: Session) -> str:
        return create_organisation(session, HandClock(), UuidIds(), "Bakery", Tariff()).organisation_id

    whose = {"organisation_id": run_in_tx(database.write, work), "right_id": "uses|bread"}

    def write(session: Session) -> None:
        put(session, RightAccount, ("organisation_id", "right_id"), [{**whose, "campaign_id": "spring"}])
        session.connection().execute(update(table_of(RightAccount)).values(out=3))
        put(session, RightAccount, ("organisation_id", "right_id"), [{**whose, "campaign_id": "autumn"}])

    run_in_tx(database.write, write)
    with database.read() as session:
        assert session.execute(select(RightAccount.campaign_id, RightAccount.out)).all() == [("autumn", 3)]


def test_days_beside_sums_are_written_anew_or_kept_where_they_are_earlier(database: Database) -> None:
    def work(session: Session) -> str:
        return create_organisation(session, HandClock(), UuidIds(), "Bakery", Tariff()).organisation_id

    organisation_id = run_in_tx(database.write, work)
    early, late = date(2026, 11, 23), date(2027, 1, 31)

    def account(session: Session, amount: int, expires_on: date | None) -> None:
        keys, row = ("organisation_id", "owner", "unit"), (organisation_id, "anna", "points", amount, expires_on)
        add_tuples(session, LedgerAccount, keys, ("balance",), [row], earliest=("next_expiry_on",))

    def part(session: Session, amount: int, last_on: date) -> None:
        keys = ("organisation_id", "owner", "unit", "workstation_id", "epoch")
        row = (organisation_id, "anna", "points", "till", 1, amount, last_on)
        add_tuples(session, TillPart, keys, ("amount",), [row], anew=("last_on",))

    def write(session: Session) -> list[date | None]:
        told: list[date | None] = []
        for expires_on in (None, late, None, early, late):
            account(session, 5, expires_on)
            told.append(session.scalar(select(LedgerAccount.next_expiry_on)))
        part(session, 2, late)
        part(session, 1, early)
        return told

    assert run_in_tx(database.write, write) == [None, late, late, early, early]
    with database.read() as session:
        assert session.scalar(select(LedgerAccount.balance)) == 25
        assert session.execute(select(TillPart.amount, TillPart.last_on)).all() == [(3, early)]


def test_a_reading_that_is_not_read_to_its_end_leaves_nothing_open(database: Database) -> None:
    with database.read() as session:
        tables = select(text("name")).select_from(text("sqlite_master"))
        if ON_POSTGRESQL:
            tables = select(text("tablename")).select_from(text("pg_tables"))
        assert len(list(islice(streamed(session, tables, 2), 3))) == 3
        if ON_POSTGRESQL:
            assert session.scalars(text("SELECT name FROM pg_cursors WHERE name <> ''")).all() == []
        assert len(list(streamed(session, tables, 2))) > 3
