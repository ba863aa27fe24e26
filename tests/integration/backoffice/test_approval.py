"""Campaigns that a second person approves: the way there, what voids it, and who may not."""

from __future__ import annotations

import re
from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.audit.models import AuditEntry
from backoffice.campaigns.actions import list_campaigns
from backoffice.db import run_in_tx
from backoffice.organisations.models import Organisation
from tests.support.office import OfficeBench
from tests.support.visitor import token_of
from tests.support.web_forms import Page


class Staff:
    """Somebody at a browser, in one role."""

    def __init__(self, bench: OfficeBench, role: str) -> None:
        self.client = bench.client(role)
        self.email = f"{role}-here@test.example"
        self._token = token_of(self.client.get("/account").text)

    def post(self, where: str, **fields: str) -> int:
        return self.client.post(where, data={"csrf_token": self._token, **fields}).status_code

    def edit(self, campaign_id: str, act: str, **changes: str | list[str]) -> int:
        where = f"/campaigns/{campaign_id}/edit"
        form = Page(self.client.get(where).text).form(where)
        fields: dict[str, list[str]] = {}
        for name, value in form.filled({**changes, "act": act}):
            fields.setdefault(name, []).append(value)
        return self.client.post(where, data=fields).status_code

    def page(self, campaign_id: str) -> str:
        return self.client.get(f"/campaigns/{campaign_id}").text


def seen_on(page: str) -> str:
    """The hash that the page's buttons send."""
    found = re.search(r'name="seen" value="([0-9a-f]{64})"', page)
    assert found is not None
    return found[1]


@pytest.fixture
def campaign_id(bench: OfficeBench) -> str:
    """A copy of one of the bakery's, in an organisation that wants two people."""

    def want(tx: Session) -> None:
        tx.get_one(Organisation, bench.organisation_id).campaigns_need_approval = True

    run_in_tx(bench.office.database.write, want)
    with bench.office.database.read() as reader:
        return list_campaigns(reader, bench.organisation_id, date(2026, 11, 23))[0].campaign_id


@pytest.fixture
def editor(bench: OfficeBench, campaign_id: str) -> Staff:
    """Who changes the campaign."""
    made = Staff(bench, "campaign_editor")
    assert made.edit(campaign_id, "save", name="Autumn breads") == 302
    return made


@pytest.fixture
def approver(bench: OfficeBench) -> Staff:
    return Staff(bench, "campaign_approver")


def acts(bench: OfficeBench) -> list[tuple[str, str]]:
    with bench.office.database.read() as reader:
        rows = reader.execute(
            select(AuditEntry.action, AuditEntry.actor)
            .where(AuditEntry.subject_kind == "campaign", AuditEntry.actor.like("%@test.example"))
            .order_by(AuditEntry.seq)
        )
        return [(row.action, row.actor.partition("-")[0]) for row in rows]


def test_a_campaign_is_submitted_approved_and_published(
    bench: OfficeBench, campaign_id: str, editor: Staff, approver: Staff
) -> None:
    where, asked = f"/campaigns/{campaign_id}", f"/approvals/campaign/{campaign_id}"
    assert editor.post(f"{where}/publish") == 422
    assert editor.edit(campaign_id, "publish") == 422, "no way around it by the form"
    assert editor.edit(campaign_id, "submit") == 302
    assert editor.post(f"{where}/publish") == 422
    assert "waits for approval" in editor.client.get("/campaigns").text
    assert "An owner or an approver looks at it" in editor.page(campaign_id)
    page = approver.page(campaign_id)
    assert f"{where}/publish" not in page
    assert approver.post(f"{asked}/approve", seen=seen_on(page)) == 302
    assert "Approved by campaign_approver-here@test.example" in editor.page(campaign_id)
    assert approver.post(f"{where}/publish") == 403, "who approves does not publish"
    assert editor.post(f"{where}/publish") == 302
    assert acts(bench) == [
        ("campaign_changed", "campaign_editor"),
        ("campaign_changed", "campaign_editor"),
        ("campaign_submitted", "campaign_editor"),
        ("campaign_approved", "campaign_approver"),
        ("campaign_published", "campaign_editor"),
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Winter breads"},
        {"percent": "75"},
        {"ends_on": "2027-06-30"},
        {"weekdays": ["1", "2"]},
        {"uses_total": "5"},
    ],
)
def test_any_change_voids_the_approval(
    campaign_id: str, editor: Staff, approver: Staff, change: dict[str, str | list[str]]
) -> None:
    where, asked = f"/campaigns/{campaign_id}", f"/approvals/campaign/{campaign_id}"
    editor.post(f"{asked}/submit")
    seen = seen_on(approver.page(campaign_id))
    approver.post(f"{asked}/approve", seen=seen)
    assert editor.edit(campaign_id, "save", **change) == 302
    assert "changed: needs approval anew" in editor.page(campaign_id)
    assert editor.post(f"{where}/publish") == 422
    assert approver.post(f"{asked}/approve", seen=seen) == 422, "an old yes says nothing of the new"


def test_a_change_while_somebody_looks_is_not_approved_with_it(
    campaign_id: str, editor: Staff, approver: Staff
) -> None:
    asked = f"/approvals/campaign/{campaign_id}"
    editor.post(f"{asked}/submit")
    seen = seen_on(approver.page(campaign_id))
    editor.edit(campaign_id, "submit", percent="90")
    assert approver.post(f"{asked}/approve", seen=seen) == 422
    assert approver.post(f"{asked}/approve", seen=seen_on(approver.page(campaign_id))) == 302


def test_nobody_approves_their_own(bench: OfficeBench, campaign_id: str, editor: Staff, approver: Staff) -> None:
    asked, owner = f"/approvals/campaign/{campaign_id}", Staff(bench, "owner")
    assert editor.post(f"{asked}/approve", seen="0" * 64) == 403, "an editor approves nothing"
    owner.post(f"{asked}/submit")
    seen = seen_on(approver.page(campaign_id))
    assert "your own work" in owner.page(campaign_id)
    assert owner.post(f"{asked}/approve", seen=seen) == 422, "who submitted it"
    owner.edit(campaign_id, "save", name="By the owner")
    editor.post(f"{asked}/submit")
    seen = seen_on(approver.page(campaign_id))
    assert owner.post(f"{asked}/approve", seen=seen) == 422, "who changed it last"
    assert approver.post(f"{asked}/approve", seen=seen) == 302


def test_a_refusal_says_why(campaign_id: str, editor: Staff, approver: Staff) -> None:
    where, asked = f"/campaigns/{campaign_id}", f"/approvals/campaign/{campaign_id}"
    editor.post(f"{asked}/submit")
    seen = seen_on(approver.page(campaign_id))
    assert approver.post(f"{asked}/refuse", seen=seen, note="  ") == 422
    assert approver.post(f"{asked}/refuse", seen=seen, note="Too <generous>") == 302
    page = editor.page(campaign_id)
    assert "“Too &lt;generous&gt;”" in page
    assert editor.post(f"{where}/publish") == 422
    assert approver.post(f"{asked}/approve", seen=seen) == 422, "asked and answered"
    assert editor.edit(campaign_id, "submit", percent="5") == 302
    assert approver.post(f"{asked}/approve", seen=seen_on(approver.page(campaign_id))) == 302


def test_without_the_setting_nobody_is_asked(bench: OfficeBench) -> None:
    editor = Staff(bench, "campaign_editor")
    with bench.office.database.read() as reader:
        campaign_id = list_campaigns(reader, bench.organisation_id, date(2026, 11, 23))[0].campaign_id
    assert editor.edit(campaign_id, "publish", name="At once") == 302
    assert "Approval" not in editor.page(campaign_id)


def test_what_cannot_be_published_is_not_submitted(campaign_id: str, editor: Staff) -> None:
    assert editor.edit(campaign_id, "submit", ends_on="2020-01-01") == 422
    assert "waits for approval" not in editor.client.get("/campaigns").text
