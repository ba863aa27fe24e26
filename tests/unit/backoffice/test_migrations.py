"""What earlier versions have stored is there after a revision that makes tables anew."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection, MetaData, Table, text

from backoffice.db import Database, open_database
from backoffice.migrate import config
from tests.support.databases import drop_database, new_database_url

RECEIPTS = 3
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
FILLERS: dict[type, object] = {int: 0, bool: False, bytes: b"", str: "", date: NOON.date(), datetime: NOON}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    url = new_database_url()
    opened = open_database(url or tmp_path / "office.db")
    yield opened
    opened.close()
    drop_database(url)


def put(connection: Connection, table: str, **values: object) -> None:
    """A row of a revision that no model describes any more; what is not named is filled by its type."""
    described = Table(table, MetaData(), autoload_with=connection)
    row: dict[str, object] = {}
    for column in described.columns:
        if column.name in values or not column.nullable:
            row[column.name] = values.get(column.name, FILLERS[column.type.python_type])
    connection.execute(described.insert(), row)


def fill(connection: Connection) -> None:
    """Three receipts with two lines and a redemption each, as they were kept before."""
    till = {"organisation_id": "o", "workstation_id": "w"}
    put(connection, "organisation", organisation_id="o", currency="EUR", language="en")
    put(connection, "store", organisation_id="o", store_id="s")
    put(connection, "workstation", store_id="s", **till)
    for seq in range(1, RECEIPTS + 1):
        key = {**till, "epoch": 1, "seq": seq}
        put(connection, "receipt", sale_ref=f"sale-{seq}", raw=b"{}" * 4000, **key)
        for number in (1, 2):
            put(connection, "receipt_line", line_id=f"{number}", name=f"Ware {number}", due_minor=seq * number, **key)
        put(connection, "redemption", campaign_id="c", offer_id="f", discount_minor=seq, coupon_ids="[]", **key)


def told(database: Database) -> tuple[list[tuple[int, ...]], ...]:
    asked = (
        "SELECT seq, length(raw) FROM receipt ORDER BY seq",
        "SELECT seq, due_minor FROM receipt_line WHERE name LIKE 'Ware%' ORDER BY seq, line_id",
        "SELECT seq, discount_minor FROM redemption ORDER BY seq",
    )
    with database.read() as session:
        return tuple([tuple(row) for row in session.execute(text(query))] for query in asked)


def test_receipts_keep_their_lines_and_redemptions(database: Database) -> None:
    with database.engine.begin() as connection:
        command.upgrade(config(connection), "0014")
        fill(connection)
    before = told(database)
    with database.engine.begin() as connection:
        command.upgrade(config(connection), "0013")
    assert told(database) == before
    assert [len(rows) for rows in before] == [RECEIPTS, 2 * RECEIPTS, RECEIPTS]
    with database.engine.begin() as connection:
        command.downgrade(config(connection), "0014")
    assert told(database) == before


def test_what_was_asked_about_campaigns_stays_asked(database: Database) -> None:
    with database.engine.begin() as connection:
        command.upgrade(config(connection), "0028")
        put(connection, "organisation", organisation_id="o", currency="EUR", language="en")
        put(connection, "campaign", organisation_id="o", campaign_id="c")
        said = {"sha256": "a" * 64, "state": "refused", "submitted_by": "x@example.org", "note": "Too generous"}
        put(connection, "campaign_approval", organisation_id="o", campaign_id="c", **said)
        command.upgrade(config(connection), "0030")
        asked = "SELECT {} sha256, state, submitted_by, decided_at, note FROM {}"
        rows = connection.execute(text(asked.format("subject_kind, subject_id,", "approval"))).all()
        assert [tuple(row) for row in rows] == [
            ("campaign", "c", "a" * 64, "refused", "x@example.org", None, "Too generous")
        ]
        command.downgrade(config(connection), "0028")
        rows = connection.execute(text(asked.format("", "campaign_approval"))).all()
        assert [tuple(row) for row in rows] == [("a" * 64, "refused", "x@example.org", None, "Too generous")]


def test_members_are_counted_when_their_numbers_begin_to_be_kept(database: Database) -> None:
    with database.engine.begin() as connection:
        command.upgrade(config(connection), "0049")
        for own in ("o", "p"):
            put(connection, "organisation", organisation_id=own, currency="EUR", language="en")
            put(connection, "member_group", organisation_id=own, group_id="g", name="G")
        for number in range(3):
            put(connection, "member", organisation_id="o", member_id=f"m{number}", number=f"{number}")
        put(connection, "member_in_group", organisation_id="o", member_id="m1", group_id="g")
        command.upgrade(config(connection), "0046")
    with database.read() as session:
        rows = session.execute(text("SELECT organisation_id, group_id, members FROM member_count ORDER BY group_id"))
        assert [tuple(row) for row in rows] == [("o", "", 3), ("o", "g", 1)]
