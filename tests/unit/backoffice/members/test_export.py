"""Taking the list of members out: as it is filtered, as CSV and as a sheet, written into the record."""

from __future__ import annotations

import io

from openpyxl import load_workbook
from sqlalchemy import select

from backoffice.audit.models import AuditEntry
from backoffice.db import run_in_tx
from backoffice.members.export import HEADER
from backoffice.members.personal import Person
from backoffice.members.services import MemberInput, create_member
from tests.support.office import OfficeBench


def test_the_sheet_and_the_csv_say_the_same_and_both_are_on_record(bench: OfficeBench) -> None:
    evil = MemberInput(Person("=cmd|' /C calc'!A0", "Evil"), "666", "cs")
    run_in_tx(bench.office.database.write, lambda tx: create_member(tx, bench.doing, evil).member_id)
    client = bench.client("auditor")
    sheet = load_workbook(io.BytesIO(client.get("/members.xlsx?q=evil").data)).worksheets[0]
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0] == HEADER
    assert [row[:3] + row[9:10] for row in rows[1:]] == [("666", "=cmd|' /C calc'!A0", "Evil", "cs")]
    assert sheet["B2"].data_type == "s"
    lines = client.get("/members.csv?q=evil").text.splitlines()
    assert len(lines) == 2
    assert "'=cmd|" in lines[1]
    with bench.office.database.read() as reader:
        said = reader.scalars(
            select(AuditEntry.details).where(AuditEntry.action == "members_exported").order_by(AuditEntry.entry_id)
        ).all()
    assert said == ["xlsx, searched", "csv, searched"]


def test_the_list_gives_the_addresses_of_what_it_shows(bench: OfficeBench) -> None:
    found = bench.client().get("/members?q=becker", headers={"HX-Request": "true"}).text
    assert "/members.xlsx?q=becker" in found
    assert 'hx-swap-oob="true"' in found
    assert "members.xlsx" not in bench.client("clerk").get("/members").text
    assert bench.client("clerk").get("/members.xlsx").status_code == 403
