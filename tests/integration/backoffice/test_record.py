"""The page of the record: narrowed by person, kind and day, taken out as CSV, and checked as a chain."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from backoffice.audit.models import AuditEntry
from backoffice.audit.search import PAGE_ROWS
from backoffice.audit.services import Doing
from backoffice.db import run_in_tx
from tests.support.office import OfficeBench
from tests.support.web_forms import Page


def note(bench: OfficeBench, actor: str, kind: str, details: str = "", times: int = 1) -> None:
    doing = Doing(bench.organisation_id, actor, bench.clock, bench.office.ids)

    def work(tx: Session) -> None:
        for _ in range(times):
            doing.note(tx, "something_done", kind, "one", details)

    run_in_tx(bench.office.database.write, work)


def test_the_record_is_narrowed_by_person_kind_and_day(bench: OfficeBench) -> None:
    bench.clock.forward(timedelta(hours=13, minutes=30))  # 22:30 UTC is 23:30 in Zurich
    note(bench, "ann@example.org", "member", "before midnight")
    bench.clock.forward(timedelta(hours=1))
    note(bench, "bob@example.org", "campaign", "after midnight")
    auditor = bench.client("auditor")

    def shown(question: str) -> tuple[bool, bool]:
        text = Page(auditor.get(f"/record?{question}").text).text
        return "before midnight" in text, "after midnight" in text

    assert shown("") == (True, True)
    assert shown("actor=ann@example.org") == (True, False)
    assert shown("kind=campaign") == (False, True)
    assert shown("from=2026-11-23&to=2026-11-23") == (True, False)
    assert shown("from=2026-11-24") == (False, True)
    assert shown("actor=nobody") == (False, False)
    for wrong in ("from=yesterday", "to=0001-01-01", "to=9999-12-31"):
        assert auditor.get(f"/record?{wrong}").status_code == 422
    assert bench.client("clerk").get("/record").status_code == 403


def test_long_records_are_shown_a_page_at_a_time(bench: OfficeBench) -> None:
    note(bench, "ann@example.org", "member", times=PAGE_ROWS + 5)
    auditor = bench.client("auditor")
    first = auditor.get("/record?actor=ann@example.org").text
    assert first.count("something done") == PAGE_ROWS
    older = first.split('href="/record?')[1].split('"')[0].replace("&amp;", "&")
    assert "before=" in older
    assert auditor.get(f"/record?{older}").text.count("something done") == 5


def test_the_file_has_every_seal_and_no_formula(bench: OfficeBench) -> None:
    note(bench, "ann@example.org", "member", '=HYPERLINK("https://evil.example")')
    answer = bench.client("auditor").get("/record.csv?actor=ann@example.org")
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert [row["details"] for row in rows] == ['\'=HYPERLINK("https://evil.example")']
    assert len(rows[0]["seal"]) == 64
    whole = list(csv.DictReader(io.StringIO(bench.client("owner").get("/record.csv").data.decode("utf-8-sig"))))
    assert [int(row["seq"]) for row in whole] == list(range(1, len(whole) + 1))


@pytest.mark.parametrize("changed", [False, True])
def test_the_page_says_whether_the_record_is_whole(bench: OfficeBench, *, changed: bool) -> None:
    note(bench, "ann@example.org", "member", "as it was")
    if changed:
        run_in_tx(
            bench.office.database.write,
            lambda tx: tx.execute(
                update(AuditEntry).where(AuditEntry.details == "as it was").values(details="as it suits")
            ).close(),
        )
    text = Page(bench.client("auditor").get("/record?check=1").text).text
    assert ("was changed from outside" in text) == changed
    assert ("none was changed" in text) != changed
