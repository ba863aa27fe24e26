"""Consents on the pages: written down by a clerk, seen on the member's page, handed out, exported."""

from __future__ import annotations

import json

import pytest
from flask.testing import FlaskClient

from backoffice.members.services import find_by_number
from tests.support.office import OfficeBench, csrf_free
from tests.support.web_forms import Page


@pytest.fixture
def member_id(bench: OfficeBench) -> str:
    with bench.office.database.read() as reader:
        found = find_by_number(reader, bench.organisation_id, "2")
    assert found is not None
    return found.member_id


def tell(client: FlaskClient, member_id: str, status: int = 302, **changes: str | list[str]) -> Page:
    """Fill the form in as it stands on the page, with some changes, and send it."""
    where = f"/members/{member_id}/consents"
    form = next(each for each in Page(client.get(where).text).forms if ("source", "paper_form") in each.fields)
    fields: dict[str, str | list[str]] = {"channel": ["email"], "purpose": ["marketing"], **changes}
    sent: dict[str, list[str]] = {}
    for name, value in form.filled(fields):
        sent.setdefault(name, []).append(value)
    answer = client.post(where, data=sent)
    assert answer.status_code == status, answer.text
    return Page(client.get(where).text if status == 302 else answer.text)


def test_a_clerk_writes_decisions_down_and_everybody_sees_what_holds(bench: OfficeBench, member_id: str) -> None:
    client = bench.client("clerk")
    assert "Without a decision nobody writes" in Page(client.get(f"/members/{member_id}/consents").text).text
    shown = tell(client, member_id, purpose=["marketing", "service"], note="folder 7", wording="May we?\r\nYes.")
    assert shown.text.count("may be contacted") == 2
    assert "folder 7" in shown.text
    shown = tell(client, member_id, decision="withdrawn", source="spoken")
    assert shown.text.count("may be contacted") == 1
    page = Page(bench.client("auditor").get(f"/members/{member_id}").text)
    assert "may be contacted" in page.text
    assert "taken back" in page.text
    assert "Consent given" in page.text
    assert all("/consents" not in form.action for form in page.forms)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"channel": []}, "at least one channel"),
        ({"wording": ""}, "words that were shown"),
        ({"day": "2030-01-01"}, "in the future"),
        ({"day": "soon"}, "not a date"),
        ({"source": "one_click"}, "on paper, in words"),
        ({"decision": "perhaps"}, "what was decided"),
        ({"channel": ["phone"], "basis": "legitimate_interest"}, "legal basis"),
    ],
)
def test_a_form_that_cannot_be_taken_says_why_and_keeps_what_was_typed(
    bench: OfficeBench, member_id: str, changes: dict[str, str | list[str]], says: str
) -> None:
    page = tell(bench.client("clerk"), member_id, 422, note="folder 9", **changes)
    assert says in page.text
    assert "folder 9" in page.html
    assert "may be contacted" not in page.text


def test_only_who_keeps_members_may_write_decisions_down(bench: OfficeBench, member_id: str) -> None:
    client = bench.client("auditor")
    with csrf_free(bench.app):
        assert client.post(f"/members/{member_id}/consents").status_code == 403
    assert "<textarea" not in client.get(f"/members/{member_id}/consents").text


def test_what_is_handed_out_and_exported_has_the_words_that_were_shown(bench: OfficeBench, member_id: str) -> None:
    owner = bench.client("owner")
    tell(owner, member_id, wording="=May we?", day="2026-11-20")
    (kept,) = json.loads(owner.get(f"/members/{member_id}/everything.json").text)["consents"]
    assert (kept["channel"], kept["decision"], kept["words_shown"]) == ("email", "granted", "=May we?")
    # the shop is in Berlin: its day began an hour before midnight in UTC
    assert kept["given_at"] == "2026-11-19T23:00:00Z"
    rows = owner.get("/consents.csv").text.splitlines()
    assert rows[1].startswith("2,email,marketing,granted,consent,paper_form,2026-11-19T23:00:00+00:00,")
    assert ",'=May we?," in rows[1]
    other = bench.client("owner", bench.other_organisation())
    assert other.get("/consents.csv").text.splitlines()[1:] == []
