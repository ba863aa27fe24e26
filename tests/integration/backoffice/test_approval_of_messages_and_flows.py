"""Messages and flows that a second person approves: the same way for both, what voids it, who is told, who may not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backoffice.app import create_app
from backoffice.approvals.models import Approval
from backoffice.audiences.conditions import Visits
from backoffice.audiences.segments import save_segment
from backoffice.audiences.tree import AudienceTree, Group
from backoffice.flows import services as flows
from backoffice.flows.form import EntersSegment, Joined, Wait
from backoffice.messaging import services
from backoffice.messaging.models import MessageTemplate
from backoffice.organisations.models import Organisation
from backoffice.worker.models import Job
from backoffice.worker.ticker import tick
from tests.support.flows import FlowBench
from tests.support.mailbox import Mailbox, smtp_server
from tests.support.messages import MessageBench
from tests.support.office import OfficeBench, csrf_free

ROLES = ("owner", "campaign_editor", "campaign_approver")


@dataclass
class Desk:
    """The shop, its mailbox, and one person in each role."""

    flows: FlowBench
    shop: MessageBench
    mailbox: Mailbox
    clients: dict[str, FlaskClient]

    def post(self, role: str, url: str, **fields: str) -> int:
        return self.clients[role].post(url, data=fields).status_code

    def page(self, role: str, url: str) -> str:
        answer = self.clients[role].get(url)
        assert answer.status_code == 200, url
        return answer.text

    def submit(self, kind: str, subject_id: str, role: str = "campaign_editor") -> int:
        return self.post(role, f"/approvals/{kind}/{subject_id}/submit")

    def approve(self, kind: str, subject_id: str, page: str, role: str = "campaign_approver") -> int:
        """What the button on the page does."""
        return self.post(role, f"/approvals/{kind}/{subject_id}/approve", seen=seen_on(self.page(role, page)))

    def mailing(self) -> tuple[str, str]:
        """A draft that the editor wrote last; its id and its page."""
        member = self.flows.member("Ada")
        mailing_id = self.shop.mailing([member])
        self.content(mailing_id, "Rolls")
        return mailing_id, f"/messages/{mailing_id}"

    def content(self, mailing_id: str, subject: str, role: str = "campaign_editor") -> int:
        fields = {"subject": subject, "block-0-kind": "text", "block-0-text": "Fresh."}
        return self.post(role, f"/messages/{mailing_id}/content?language=en", **fields)


def seen_on(page: str) -> str:
    """The hash that the page's buttons send."""
    found = re.search(r'name="seen" value="([0-9a-f]{64})"', page)
    return found[1] if found else ""


@pytest.fixture(scope="module")
def open_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    bench = OfficeBench(tmp_path_factory.mktemp("approvals") / "office")
    mailbox = Mailbox()
    with smtp_server(mailbox) as address:
        shop = MessageBench(bench, address)
        bench.app = create_app(shop.office)

        def want(tx: Session) -> None:
            organisation = tx.get_one(Organisation, bench.organisation_id)
            organisation.mailings_need_approval = organisation.flows_need_approval = True

        shop.write(want)
        with csrf_free(bench.app):
            yield Desk(FlowBench(bench, shop), shop, mailbox, {role: bench.client(role) for role in ROLES})
    bench.close()


@pytest.fixture
def desk(open_desk: Desk) -> Desk:
    """Nothing asked, nothing to be told, an empty mailbox."""

    def forget(tx: Session) -> None:
        tx.execute(delete(Approval))
        tx.execute(delete(Job).where(Job.kind == "approval_notice"))

    open_desk.shop.write(forget)
    open_desk.mailbox.messages.clear()
    return open_desk


def states(desk: Desk) -> list[tuple[str, str]]:
    with desk.shop.office.database.read() as reader:
        return [(row.subject_kind, row.state) for row in reader.scalars(select(Approval))]


def test_a_message_goes_out_once_somebody_else_has_approved_it(desk: Desk) -> None:
    mailing_id, page = desk.mailing()
    assert "It is sent once a second person has approved it." in desk.page("campaign_editor", page)
    assert desk.post("campaign_editor", f"{page}/launch", count="1") == 422
    assert desk.submit("mailing", mailing_id) == 302
    assert desk.post("campaign_editor", f"{page}/launch", count="1") == 422
    assert "waits for approval" in desk.page("campaign_editor", "/messages")
    assert desk.approve("mailing", mailing_id, page) == 302
    assert desk.post("campaign_approver", f"{page}/launch", count="1") == 403, "who approves does not send"
    assert desk.post("campaign_editor", f"{page}/launch", count="1") == 302
    assert desk.shop.row(mailing_id).state == "sending"


@pytest.mark.parametrize(
    ("address", "fields"),
    [
        ("settings", {"name": "Rolls", "purpose": "marketing", "rule": "email_else_sms"}),
        ("settings", {"name": "Rolls", "purpose": "service", "rule": "email"}),
        ("audience", {"whom": "everybody"}),
        ("timing", {"rate": "7"}),
        ("content?language=en", {"subject": "Half price", "block-0-kind": "text", "block-0-text": "Fresh."}),
    ],
)
def test_any_change_of_a_message_voids_the_approval(desk: Desk, address: str, fields: dict[str, str]) -> None:
    mailing_id, page = desk.mailing()
    desk.submit("mailing", mailing_id)
    seen = seen_on(desk.page("campaign_approver", page))
    assert desk.approve("mailing", mailing_id, page) == 302
    assert desk.post("campaign_editor", f"{page}/{address}", **fields) == 302
    assert "changed: needs approval anew" in desk.page("campaign_editor", page)
    assert desk.post("campaign_editor", f"{page}/launch", count="1") == 422
    assert desk.post("campaign_approver", f"/approvals/mailing/{mailing_id}/approve", seen=seen) == 422


def test_taking_somebody_off_the_list_is_a_change(desk: Desk) -> None:
    mailing_id, page = desk.mailing()
    desk.submit("mailing", mailing_id)
    assert desk.approve("mailing", mailing_id, page) == 302
    other = desk.flows.member("Bob")
    desk.shop.write(lambda tx: services.take_off(tx, desk.shop.bench.doing, mailing_id, other, "asked"))
    assert "changed: needs approval anew" in desk.page("campaign_editor", page)


def test_another_name_for_staff_alone_keeps_the_approval(desk: Desk) -> None:
    mailing_id, page = desk.mailing()
    desk.submit("mailing", mailing_id)
    desk.approve("mailing", mailing_id, page)
    fields = {"name": "Rolls of May", "purpose": "marketing", "rule": "email"}
    assert desk.post("campaign_editor", f"{page}/settings", **fields) == 302
    assert desk.post("campaign_editor", f"{page}/launch", count="1") == 302


def test_nobody_approves_a_message_of_their_own(desk: Desk) -> None:
    mailing_id, page = desk.mailing()
    assert desk.submit("mailing", mailing_id, "owner") == 302
    seen = seen_on(desk.page("campaign_approver", page))
    asked = f"/approvals/mailing/{mailing_id}"
    assert "your own work" in desk.page("owner", page)
    assert desk.post("owner", f"{asked}/approve", seen=seen) == 422, "who submitted it"
    assert desk.post("campaign_editor", f"{asked}/approve", seen=seen) == 403, "an editor approves nothing"
    desk.content(mailing_id, "By the owner", "owner")
    desk.submit("mailing", mailing_id)
    seen = seen_on(desk.page("campaign_approver", page))
    assert desk.post("owner", f"{asked}/approve", seen=seen) == 422, "who changed it last"
    assert desk.post("campaign_approver", f"{asked}/approve", seen=seen) == 302


def test_a_moment_that_was_approved_is_not_moved_by_the_author_alone(desk: Desk) -> None:
    mailing_id, page = desk.mailing()
    ahead = {"day": (desk.shop.bench.clock.now() + timedelta(days=2)).date().isoformat(), "time": "11:00"}
    assert desk.post("campaign_editor", f"{page}/timing", when="later", **ahead) == 302
    assert desk.shop.row(mailing_id).send_at is not None
    desk.submit("mailing", mailing_id)
    desk.approve("mailing", mailing_id, page)
    assert desk.post("campaign_editor", f"{page}/launch", count="1") == 302
    assert desk.shop.row(mailing_id).state == "scheduled"
    assert desk.post("campaign_editor", f"{page}/timing", when="now") == 422
    assert desk.post("owner", f"{page}/timing", when="now") == 302, "a second person sends it at once"
    assert desk.shop.row(mailing_id).state == "sending"


def test_a_message_that_cannot_be_sent_is_not_submitted(desk: Desk) -> None:
    mailing_id, page = desk.mailing()
    desk.content(mailing_id, "")
    assert desk.submit("mailing", mailing_id) == 422
    assert "Submit for approval" not in desk.page("campaign_editor", page)
    assert states(desk) == []


def test_a_draft_that_is_thrown_away_asks_nobody_any_more(desk: Desk) -> None:
    mailing_id, page = desk.mailing()
    desk.submit("mailing", mailing_id)
    assert desk.post("campaign_editor", f"{page}/act/delete") == 302
    assert states(desk) == []
    assert "Nothing waits for approval" in desk.page("campaign_approver", "/approvals")


def test_a_flow_starts_once_somebody_else_has_approved_it(desk: Desk) -> None:
    flow_id = desk.flows.draft(desk.flows.form(Joined(), desk.flows.send()), "Welcome, all")
    page = f"/flows/{flow_id}"
    assert desk.post("campaign_editor", f"{page}/act/start") == 422
    assert desk.submit("flow", flow_id) == 302
    assert "Welcome, all" in desk.page("campaign_approver", "/approvals")
    assert desk.approve("flow", flow_id, page) == 302
    assert desk.post("campaign_editor", f"{page}/act/start") == 302
    assert "People come in by what was approved." in desk.page("campaign_editor", page)
    changed = desk.flows.form(Joined(), Wait(step_id="9", days=3), desk.flows.send())
    made = desk.flows.bench.doing
    desk.flows.write(lambda tx: flows.save_form(tx, made, flow_id, "Welcome, all", changed))
    assert desk.post("campaign_editor", f"{page}/act/use") == 422, "a changed form is approved before it counts"
    desk.submit("flow", flow_id)
    assert desk.approve("flow", flow_id, page) == 302
    assert desk.post("campaign_editor", f"{page}/act/use") == 302
    assert desk.post("campaign_editor", f"{page}/act/end") == 302


def test_a_template_of_a_flow_is_part_of_what_is_approved(desk: Desk) -> None:
    step = desk.flows.send()
    flow_id = desk.flows.draft(desk.flows.form(Joined(), step), "Templates")
    page, template = f"/flows/{flow_id}", f"/message-templates/{step.template_id}?language=en"
    desk.submit("flow", flow_id)
    desk.approve("flow", flow_id, page)
    fields = {"subject": "Other words", "block-0-kind": "text", "block-0-text": "Other."}
    assert desk.post("owner", template, **fields) == 302
    assert "changed: needs approval anew" in desk.page("campaign_editor", page)
    assert desk.post("campaign_editor", f"{page}/act/start") == 422
    desk.submit("flow", flow_id)
    seen = seen_on(desk.page("campaign_approver", page))
    refused = desk.post("owner", f"/approvals/flow/{flow_id}/approve", seen=seen)
    assert refused == 422, "the words of the template are the owner's own"
    assert desk.approve("flow", flow_id, page) == 302
    with desk.shop.office.database.read() as reader:
        row = reader.get_one(MessageTemplate, (desk.flows.organisation_id, step.template_id))
        assert row.changed_by == "owner-here@test.example"


def test_a_segment_of_a_flow_is_part_of_what_is_approved(desk: Desk) -> None:
    def saved(segment_id: str, least: int) -> str:
        tree = AudienceTree(root=Group(parts=(Visits(at_least=least, days=30),)))
        made = desk.flows.bench.doing
        return desk.flows.write(lambda tx: save_segment(tx, made, segment_id, "Often here", tree).segment_id)

    segment_id = saved("", 3)
    flow_id = desk.flows.draft(desk.flows.form(EntersSegment(segment_id=segment_id), desk.flows.send()), "Segments")
    desk.submit("flow", flow_id)
    assert desk.approve("flow", flow_id, f"/flows/{flow_id}") == 302
    saved(segment_id, 1)
    assert desk.post("campaign_editor", f"/flows/{flow_id}/act/start") == 422


def test_those_who_may_answer_are_told_and_then_who_asked(desk: Desk) -> None:
    mailing_id, page = desk.mailing()
    desk.submit("mailing", mailing_id)
    assert 'badge bg-purple text-white ms-1">1<' in desk.page("campaign_approver", "/members")
    assert "badge bg-purple text-white" not in desk.page("campaign_editor", "/members"), "editors approve nothing"
    tick(desk.shop.office)
    told = {str(each["To"]): each for each in desk.mailbox.messages}
    assert {"owner-here@test.example", "campaign_approver-here@test.example"} <= set(told)
    assert "campaign_editor-here@test.example" not in told, "who asked knows it"
    letter = told["campaign_approver-here@test.example"]
    assert "“Rolls” waits for your approval" in letter["Subject"]
    assert f"https://shop.example.org{page}" in letter.get_content()
    desk.mailbox.messages.clear()
    seen = seen_on(desk.page("campaign_approver", page))
    asked = f"/approvals/mailing/{mailing_id}/refuse"
    assert desk.post("campaign_approver", asked, seen=seen, note="Too {many} rolls") == 302
    tick(desk.shop.office)
    (answer,) = desk.mailbox.messages
    assert answer["To"] == "campaign_editor-here@test.example"
    assert "Too {many} rolls" in answer.get_content()


def test_a_notice_waits_for_a_mail_server_in_trouble(desk: Desk) -> None:
    mailing_id, _page = desk.mailing()
    desk.submit("mailing", mailing_id)
    desk.mailbox.busy = True
    try:
        tick(desk.shop.office)
    finally:
        desk.mailbox.busy = False
    assert desk.mailbox.messages == []
    desk.shop.bench.clock.forward(timedelta(minutes=2))
    tick(desk.shop.office)
    assert desk.mailbox.messages


def test_a_question_about_what_changed_meanwhile_tells_nobody_of_the_old_one(desk: Desk) -> None:
    mailing_id, _page = desk.mailing()
    desk.submit("mailing", mailing_id)
    desk.content(mailing_id, "Other words")
    desk.submit("mailing", mailing_id)
    tick(desk.shop.office)
    told = [str(each["To"]) for each in desk.mailbox.messages]
    assert len(told) == len(set(told)) > 0, "of the newer question alone, each once"


def test_another_organisation_asks_for_itself(desk: Desk) -> None:
    mailing_id, page = desk.mailing()
    desk.submit("mailing", mailing_id)
    seen = seen_on(desk.page("campaign_approver", page))
    stranger = desk.shop.bench.client("owner", desk.shop.bench.other_organisation())
    for act in ("submit", "approve", "refuse"):
        answer = stranger.post(f"/approvals/mailing/{mailing_id}/{act}", data={"seen": seen, "note": "no"})
        assert answer.status_code == 404, act
    assert "Nothing waits for approval" in stranger.get("/approvals").text
    assert stranger.post(f"/approvals/letter/{mailing_id}/approve", data={"seen": seen}).status_code == 404
    assert states(desk) == [("mailing", "submitted")]
