"""How members come, come again and stay away, on eight people whose visits can be counted by hand (C10)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import insert
from sqlalchemy.orm import Session

from backoffice.audiences.models import MemberDay
from backoffice.bulk import execute_many
from backoffice.db import run_in_tx
from backoffice.organisations.models import Organisation
from backoffice.papers.blocks import Table, Text
from backoffice.papers.mail import rows_of
from backoffice.papers.speaker import Speaker
from backoffice.regular_reports.figures import Care, Share, care_of
from backoffice.regular_reports.kinds import Every, Kind, Period, due_on, period_before
from backoffice.regular_reports.papers import report_paper
from backoffice.web.locales import PAGE_LANGUAGES
from tests.support.office import MONDAY, OfficeBench

VISITS = """
    ann   2026-11-10 2026-11-17    came last week and again this week
    ben   2026-11-11               came last week only
    cem   2026-11-17               comes for the first time
    dan   2026-07-01 2026-11-18    comes again after 140 days
    eve   2026-06-01               away for 174 days
    fay   2025-11-01               gone for more than 360 days: counted no more
    gus   2026-09-17 2026-10-01    a second visit 14 days after the first
    hal   2026-09-20               no second visit within 60 days
"""
"""Everybody spends 10.00 each time. The week is Monday 16 to Sunday 22 November 2026."""
WEEK = period_before(Every.WEEK, MONDAY.date())


def fill(bench: OfficeBench, visits: list[tuple[str, date, int]], store_id: str = "here") -> None:
    rows = [
        {
            "organisation_id": bench.organisation_id,
            "member_id": who,
            "business_day": day,
            "store_id": store_id,
            "visits": 1,
            "spent_minor": spent,
        }
        for who, day, spent in visits
    ]
    run_in_tx(bench.office.database.write, lambda tx: execute_many(tx, insert(MemberDay), rows))


@pytest.fixture
def week(bench: OfficeBench) -> OfficeBench:
    visits = []
    for line in VISITS.split("\n")[1:-1]:
        who, *words = line.split()
        visits += [(who, date.fromisoformat(word), 1_000) for word in words if word.startswith("202")]
    fill(bench, visits)
    return bench


def care(bench: OfficeBench, period: Period, store_id: str = "") -> Care:
    with bench.office.database.read() as reader:
        return care_of(reader, bench.organisation_id, period, store_id)


def test_a_week_counted_by_hand(week: OfficeBench) -> None:
    assert (WEEK.first, WEEK.last) == (date(2026, 11, 16), date(2026, 11, 22))
    assert care(week, WEEK) == Care(
        came=3,  # ann, cem, dan
        new=1,  # cem
        came_back=1,  # dan
        spent_minor=3_000,
        again=Share(1, 2),  # ann of ann and ben
        second=Share(1, 2),  # gus of gus and hal
        away=Share(1, 7),  # eve of all but fay
        value_minor=4_286,  # ten visits of 10.00 by seven members in a year, times three years: 100.00 / 7 x 3
    )
    assert care(week, WEEK.before).came == 2
    assert care(week, WEEK, "here") == care(week, WEEK)
    assert care(week, WEEK, "elsewhere") == Care(0, 0, 0, 0, Share(0, 0), Share(0, 0), Share(0, 0), None)


def test_the_value_of_a_member_is_that_of_the_care_plan(bench: OfficeBench) -> None:
    """2,000 a year for three years: 6,000."""
    fill(bench, [("ann", WEEK.last - timedelta(days=30 * month), 20_000) for month in range(10)])
    assert care(bench, WEEK).value_minor == 600_000


def test_a_sale_that_was_taken_back_is_no_visit(bench: OfficeBench) -> None:
    fill(bench, [("ann", WEEK.first, 1_000)])
    row = {"member_id": "ann", "business_day": WEEK.last, "store_id": "here", "visits": -1, "spent_minor": -1_000}

    def back(tx: Session) -> None:
        tx.execute(insert(MemberDay).values(organisation_id=bench.organisation_id, **row))

    run_in_tx(bench.office.database.write, back)
    assert care(bench, WEEK).came == 0


@pytest.mark.parametrize(
    ("every", "day", "first", "last"),
    [
        (Every.WEEK, "2026-11-23", "2026-11-16", "2026-11-22"),
        (Every.WEEK, "2026-11-29", "2026-11-16", "2026-11-22"),
        (Every.MONTH, "2027-01-01", "2026-12-01", "2026-12-31"),
        (Every.MONTH, "2028-03-31", "2028-02-01", "2028-02-29"),
    ],
)
def test_the_last_whole_week_or_month(every: Every, day: str, first: str, last: str) -> None:
    period = period_before(every, date.fromisoformat(day))
    assert (period.first.isoformat(), period.last.isoformat()) == (first, last)
    assert period.before.last == period.first - timedelta(days=1)


def test_reports_are_due_on_mondays_and_on_the_first() -> None:
    assert due_on(date(2026, 11, 23)) == [Every.WEEK]
    assert due_on(date(2026, 12, 1)) == [Every.MONTH]
    assert due_on(date(2027, 2, 1)) == [Every.WEEK, Every.MONTH]
    assert due_on(date(2026, 11, 24)) == []


def test_an_empty_period_says_so_in_every_language(bench: OfficeBench) -> None:
    told = set()
    with bench.office.database.read() as reader:
        shop = reader.get_one(Organisation, bench.organisation_id)
        for language in PAGE_LANGUAGES:
            for kind in (Kind.CARE, Kind.NETWORK):
                paper = report_paper(reader, Speaker(language, "EUR"), shop, kind, WEEK)
                strong = [each.text for each in paper.blocks if isinstance(each, Text) and each.weight == "strong"]
                assert len(strong) == 1, (language, kind)
                told |= set(strong)
    assert len(told) == 2 * len(PAGE_LANGUAGES)


def test_the_report_has_the_figures(week: OfficeBench) -> None:
    with week.office.database.read() as reader:
        shop = reader.get_one(Organisation, week.organisation_id)
        paper = report_paper(reader, Speaker("en", "EUR"), shop, Kind.CARE, WEEK)
    tables = [block for block in paper.blocks if isinstance(block, Table)]
    assert tables[0].rows[0] == ("Members who came", "3", "2")
    assert tables[1].rows[0][1] == "50% (1 / 2)"
    drawn = [rows_of(block)[1] for block in paper.blocks if type(block).__name__ == "Bars"]
    assert [row[1] for row in drawn[0]] == ["0", "0", "0", "0", "2", "3"]
