"""Flows as staff use them: from a preset over HTTP to an e-mail that arrives, and what the pages say about it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from backoffice.app import create_app
from backoffice.flows import services
from backoffice.flows.form import Birthday, EntersSegment, Joined, NotSeen, Wait, decode
from backoffice.flows.states import FlowState
from backoffice.members.personal import Person
from backoffice.messaging.kinds import State
from tests.support.flows import FlowBench
from tests.support.mailbox import Mailbox, smtp_server
from tests.support.messages import MessageBench
from tests.support.office import OfficeBench, csrf_free

DAY = timedelta(days=1)


@dataclass
class Desk:
    """A shop with a mail server, and somebody of its staff at the pages."""

    shop: FlowBench
    client: FlaskClient
    mailbox: Mailbox

    def post(self, url: str, status: int = 302, /, **fields: str) -> TestResponse:
        answer = self.client.post(url, data=fields)
        assert answer.status_code == status, answer.text
        return answer

    def begun(self, preset: str) -> str:
        """A draft from a preset; its id."""
        return self.post("/flows/new", preset=preset).headers["Location"].split("/")[2]

    def text(self, url: str) -> str:
        answer = self.client.get(url)
        assert answer.status_code == 200, url
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))

    def turn(self, after: timedelta = timedelta()) -> None:
        """The worker's turn: flows, then messages."""
        self.shop.turn(after)
        self.shop.shop.turn()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    bench = OfficeBench(tmp_path_factory.mktemp("flows") / "office")
    mailbox = Mailbox()
    with smtp_server(mailbox) as address:
        shop = MessageBench(bench, address)
        bench.app = create_app(shop.office)
        with csrf_free(bench.app):
            yield Desk(FlowBench(bench, shop), bench.client(), mailbox)
    bench.close()


@pytest.fixture(autouse=True)
def _begin_in_the_morning(desk: Desk) -> Iterator[None]:
    """Outside quiet hours, with an empty mailbox; flows of other tests end."""
    clock = desk.shop.bench.clock
    clock.forward(clock.now().replace(hour=9, minute=0, second=0) + DAY - clock.now())
    desk.mailbox.messages.clear()
    yield
    with desk.shop.bench.office.database.read() as reader:
        running = [
            flow.flow_id for flow in services.flows_of(reader, desk.shop.organisation_id) if flow.state == "running"
        ]
    for flow_id in running:
        desk.shop.act(services.end, flow_id)


def test_f1_a_welcome_from_the_preset_to_the_mail_that_arrives(desk: Desk) -> None:
    flow_id = desk.begun("welcome")
    page = desk.text(f"/flows/{flow_id}")
    assert "Today nobody would come in." in page
    assert "Nothing stands in the way." in page
    desk.post(f"/flows/{flow_id}/act/start")
    desk.shop.bench.clock.forward(timedelta(seconds=1))
    ada = desk.shop.member("Ada")
    desk.turn()
    assert [(str(each["To"]), str(each["Subject"])) for each in desk.mailbox.messages] == [
        ("ada@example.org", "Welcome to Bakery-café and garage")
    ]
    page = desk.text(f"/flows/{flow_id}")
    assert "Wait 14 days 1" in page
    assert "Ada Wait 14 days goes on" in page
    assert "message on its way" in desk.text(f"/flows/{flow_id}/members/{ada}")
    desk.turn(14 * DAY)
    assert [str(each["Subject"]) for each in desk.mailbox.messages][1:] == ["Your card is waiting"]
    assert {row.state for row in desk.shop.dispatches(flow_id)} == {State.SENT}
    assert "is through" in desk.text(f"/flows/{flow_id}/members/{ada}")
    assert "Welcome through" in desk.text(f"/members/{ada}/messages")


def no_leap_day(desk: Desk) -> date:
    """Today, or a day outside February."""
    clock = desk.shop.bench.clock
    if clock.now().month == 2:
        clock.forward(30 * DAY)
    return clock.now().date()


def test_a_birthday_is_greeted_on_the_day_each_year(desk: Desk) -> None:
    today = no_leap_day(desk)
    flow_id = desk.begun("birthday")
    desk.post(f"/flows/{flow_id}/act/start")
    for name, day in (("Today", today), ("Tomorrow", today + DAY)):
        desk.shop.member(name, birthday=day.replace(year=1990))
    desk.turn(timedelta(minutes=1))
    desk.turn(timedelta(minutes=1))
    assert [str(each["To"]) for each in desk.mailbox.messages] == ["today@example.org"]
    desk.turn(DAY)
    assert [str(each["To"]) for each in desk.mailbox.messages][1:] == ["tomorrow@example.org"]
    desk.turn(today.replace(year=today.year + 1) - desk.shop.bench.clock.now().date())
    assert [str(each["To"]) for each in desk.mailbox.messages][2:] == ["today@example.org"]


def test_who_stays_away_already_is_only_noted_and_enters_when_it_begins_to_hold(desk: Desk) -> None:
    flow_id = desk.begun("away")
    desk.shop.bench.clock.forward(60 * DAY)
    late = desk.shop.member("Late")
    page = desk.text(f"/flows/{flow_id}")
    assert "people it holds today already; they do not come in" in page
    desk.post(f"/flows/{flow_id}/act/start")
    desk.turn(DAY)
    assert desk.shop.places(flow_id) == []
    desk.turn(57 * DAY)
    assert [place.member_id for place in desk.shop.places(flow_id)] == [late]
    desk.turn(DAY)
    assert len(desk.shop.places(flow_id)) == 1
    assert [str(each["To"]) for each in desk.mailbox.messages] == ["late@example.org"]


def test_the_editor_adds_moves_and_takes_back_steps(desk: Desk) -> None:
    flow_id = desk.begun("blank")
    url = f"/flows/{flow_id}/edit"
    fields = {"name": "Mine", "trigger": "not_seen", "trigger.not_seen.weeks": "6"}
    desk.post(url, act="add:s:wait", **fields)
    step = {"s.0.kind": "wait", "s.0.id": "1", "s.0.days": "4"}
    desk.post(url, act="add:s:check", **fields, **step)
    question = {"s.1.kind": "check", "s.1.id": "2", "s.1.ask": "came", "s.1.days": "3"}
    desk.post(url, act="add:s.1.n:end", **fields, **step, **question)
    end = {"s.1.n.0.kind": "end", "s.1.n.0.id": "3"}
    desk.post(url, act="up:s.1", **fields, **step, **question, **end)
    form = decode(desk.shop.flow(flow_id).form)
    assert form.trigger == NotSeen(6)
    assert [each.step_id for each in form.steps] == ["2", "1"]
    assert form.steps[1] == Wait(step_id="1", days=4)
    desk.post(url, act="undo")
    assert [each.step_id for each in decode(desk.shop.flow(flow_id).form).steps] == ["1", "2"]
    refused = desk.post(url, 422, act="save", **fields, **(step | {"s.0.days": "many"}))
    assert "is not a whole number" in refused.text
    assert desk.post(url, 422, act="up:s.9", **fields).status_code == 422
    assert 'name="s.1.n.0.kind" value="end"' in desk.client.get(url).text


def test_a_page_says_what_is_missing_and_starts_nothing_before(desk: Desk) -> None:
    flow_id = desk.shop.draft(desk.shop.form(EntersSegment("gone"), Wait(step_id="1", days=0)))
    page = desk.text(f"/flows/{flow_id}")
    assert "Choose the segment that lets somebody in." in page
    assert "Wait between 1 and" in page
    desk.post(f"/flows/{flow_id}/act/start", 422)
    assert desk.shop.flow(flow_id).state == FlowState.DRAFT
    desk.post(f"/flows/{flow_id}/delete")
    assert desk.client.get(f"/flows/{flow_id}").status_code == 404


def test_those_who_ask_are_settled_together_or_one_by_one(desk: Desk) -> None:
    flow_id = desk.shop.started(Joined(), Wait(step_id="1", days=1), desk.shop.send("2"))
    ada, ben, cem = (desk.shop.member(name) for name in ("Ada2", "Ben2", "Cem2"))
    desk.turn()
    desk.post(f"/flows/{flow_id}/act/pause")
    desk.shop.bench.clock.forward(9 * DAY)
    desk.post(f"/flows/{flow_id}/act/resume")
    desk.turn()
    assert desk.mailbox.messages == []
    assert "3 ask what to do:" in desk.text(f"/flows/{flow_id}")
    desk.post(f"/flows/{flow_id}/members/{cem}/out", run="1", reason="moved away")
    desk.post(f"/flows/{flow_id}/members/{ben}/skip", run="1")
    desk.post(f"/flows/{flow_id}/asking", step="2", act="move")
    desk.turn()
    assert [str(each["To"]) for each in desk.mailbox.messages] == ["ada2@example.org"]
    assert "moved away" in desk.text(f"/flows/{flow_id}/members/{cem}")
    assert "moved on by hand" in desk.text(f"/flows/{flow_id}/members/{ada}")


def test_a_couple_with_one_mailbox_has_two_birthdays(desk: Desk) -> None:
    today = no_leap_day(desk)
    desk.shop.started(Birthday(0), desk.shop.send("1"))
    both = [Person(name, email="home@example.org", birthday=day.replace(year=1980))
            for name, day in (("Eva", today), ("Tom", today + DAY))]  # fmt: skip
    desk.shop.shop.members(both)
    desk.turn(timedelta(minutes=1))
    desk.turn(DAY)
    assert [str(each["To"]) for each in desk.mailbox.messages].count("home@example.org") == 2
