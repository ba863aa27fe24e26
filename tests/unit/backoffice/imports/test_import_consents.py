"""Consents in a file of members: what a file may say, and that an old file takes nothing back that was taken back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from backoffice.consent.contact import Reason, may_contact
from backoffice.consent.kinds import Channel, Decision, Purpose, Source
from backoffice.consent.ledger import Line, Said, history_of, record
from backoffice.db import run_in_tx
from backoffice.imports.consents import WORDINGS_MAX
from backoffice.imports.plan import Checked
from backoffice.imports.runs import apply_file, check_file
from backoffice.members.services import find_by_number
from tests.support.office import MONDAY, OfficeBench

HEAD = "number,email,newsletter,sms_service,consent_date,consent_wording,consent_source\n"


def check(bench: OfficeBench, text: str) -> Checked:
    with bench.office.database.read() as reader:
        return check_file(
            reader, bench.organisation_id, "members", text.encode(), lambda _done: None, bench.clock.now()
        )[1]


def take(bench: OfficeBench, text: str) -> dict[str, int]:
    return run_in_tx(
        bench.office.database.write,
        lambda tx: apply_file(tx, bench.doing, "members", text.encode(), lambda _done: None).summary,
    )


def lines(bench: OfficeBench, number: str) -> list[Line]:
    with bench.office.database.read() as reader:
        return history_of(reader, bench.organisation_id, member_of(bench, number))


def member_of(bench: OfficeBench, number: str) -> str:
    with bench.office.database.read() as reader:
        found = find_by_number(reader, bench.organisation_id, number)
    assert found is not None
    return found.member_id


def may(bench: OfficeBench, number: str) -> Reason:
    with bench.office.database.read() as reader:
        return may_contact(
            reader, bench.organisation_id, member_of(bench, number), Channel.EMAIL, Purpose.MARKETING, bench.clock.now()
        ).reason


def unsubscribed(bench: OfficeBench, number: str, at: datetime) -> None:
    said = Said(member_of(bench, number), Channel.EMAIL, Purpose.MARKETING, Decision.WITHDRAWN, Source.ONE_CLICK, at)
    run_in_tx(bench.office.database.write, lambda tx: record(tx, bench.doing, [said]))


def test_a_file_brings_consents_with_their_day_words_and_origin(bench: OfficeBench) -> None:
    text = (
        HEAD
        + "900,ada@example.org,Ja,,03.02.2025,Send me news,web form 2025\n901,alan@example.org,no,x,,,\n902,,,,,,\n"
    )
    assert take(bench, text) == {"new": 3, "consents": 2, "withdrawals": 1}
    (ada,) = lines(bench, "900")
    assert (ada.entry.channel, ada.entry.purpose, ada.entry.decision) == ("email", "marketing", "granted")
    assert (ada.wording, ada.note, ada.entry.source) == ("Send me news", "web form 2025", "import")
    assert ada.entry.given_at == datetime(2025, 2, 3, tzinfo=UTC)
    assert {(line.entry.purpose, line.entry.decision) for line in lines(bench, "901")} == {
        ("marketing", "withdrawn"),
        ("service", "granted"),
    }
    assert lines(bench, "902") == []
    assert [may(bench, number) for number in ("900", "901", "902")] == [
        Reason.ALLOWED,
        Reason.WITHDRAWN,
        Reason.NO_CONSENT,
    ]


@pytest.mark.parametrize("day", ["", "03.02.2025"])
def test_the_old_list_brought_again_writes_to_nobody_who_unsubscribed(bench: OfficeBench, day: str) -> None:
    text = HEAD + f"900,ada@example.org,yes,,{day},,\n"
    take(bench, text)
    bench.clock.forward(timedelta(days=3))
    assert may(bench, "900") is Reason.ALLOWED
    unsubscribed(bench, "900", bench.clock.now())
    bench.clock.forward(timedelta(days=3))
    summary = take(bench, text)
    assert may(bench, "900") is Reason.WITHDRAWN
    assert len(lines(bench, "900")) == 2
    assert summary.get("kept_withdrawn", 0) == (0 if day else 1)


def test_a_later_day_in_a_file_counts_and_an_undated_no_always_does(bench: OfficeBench) -> None:
    take(bench, HEAD + "900,ada@example.org,yes,,,,\n")
    unsubscribed(bench, "900", MONDAY)
    bench.clock.forward(timedelta(days=10))
    assert take(bench, HEAD + "900,ada@example.org,yes,,2026-11-28,,\n")["consents"] == 1
    assert may(bench, "900") is Reason.ALLOWED
    assert take(bench, HEAD + "900,ada@example.org,no,,,,\n")["withdrawals"] == 1
    assert may(bench, "900") is Reason.WITHDRAWN


@pytest.mark.parametrize(
    ("row", "column", "says"),
    [
        ("900,a@b.c,perhaps,,,,", "email_marketing", "yes or no"),
        ("900,a@b.c,yes,,2027-01-01,,", "consent_date", "future"),
        ("900,a@b.c,yes,,soon,,", "consent_date", "1980-12-31"),
        (f"900,a@b.c,yes,,,,{'x' * 201}", "consent_source", "200 characters"),
    ],
)
def test_a_mistake_is_named_by_its_column(bench: OfficeBench, row: str, column: str, says: str) -> None:
    (issue,) = check(bench, HEAD + row + "\n").issues
    assert issue.column == column
    assert says in issue.text


def test_a_basis_that_does_not_carry_it_is_refused(bench: OfficeBench) -> None:
    head = "number,email_marketing,email_service,consent_basis\n"
    (issue,) = check(bench, head + "900,yes,,contract\n901,,yes,Contract\n").issues
    assert (issue.row, issue.column) == (2, "email_marketing")
    (unknown,) = check(bench, head + "900,yes,,because\n").issues
    assert "legitimate_interest" in unknown.text


def test_a_wording_of_each_person_is_no_wording(bench: OfficeBench) -> None:
    rows = "".join(f"{900 + n},,yes,,,I am number {n} and agree,\n" for n in range(WORDINGS_MAX + 1))
    (issue,) = check(bench, HEAD + rows).issues
    assert (issue.row, issue.column) == (WORDINGS_MAX + 2, "consent_wording")
