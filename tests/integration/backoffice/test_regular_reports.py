"""C10: reports by e-mail, over a real mail server: to whom, when, and each once, whenever the worker is killed."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import select
from sqlalchemy.orm import Session as DatabaseSession
from typing_extensions import override

from backoffice.audit.services import Doing
from backoffice.db import run_in_tx
from backoffice.errors import InputError
from backoffice.identity.models import User
from backoffice.office import Office
from backoffice.organisations.models import Organisation
from backoffice.papers.blocks import Paper
from backoffice.papers.kept import packed
from backoffice.papers.speaker import speaker_for
from backoffice.regular_reports import looks, sending
from backoffice.regular_reports.kinds import Every, Kind, period_before
from backoffice.regular_reports.letters import report_letter
from backoffice.regular_reports.looks import Wanted
from backoffice.regular_reports.models import ReportDelivery, ReportLook, ReportOrder
from backoffice.regular_reports.papers import report_paper
from backoffice.regular_reports.sending import REPORT_JOB, plan_reports, send_again, send_reports
from backoffice.regular_reports.services import order_report
from backoffice.regular_reports.steps import Steps
from backoffice.worker.models import Job
from backoffice.worker.services import ATTEMPTS_MAX, CLAIM_LIFE, Claim, TryLaterError, claim, plan
from backoffice.worker.ticker import tick_long
from tests.support.mailbox import Mailbox, smtp_server
from tests.support.office import MONDAY, OfficeBench, csrf_free

ROOT = Path(__file__).parents[3]
WEEK = "week:2026-11-16"
TODAY = MONDAY.date()
CHILD = """
import sys
from pathlib import Path
from backoffice.office import open_office
from backoffice.regular_reports.sending import REPORT_JOB, send_reports
from backoffice.settings import Settings
from backoffice.worker.services import Claim

data, url, server, organisation = sys.argv[1:]
office = open_office(Settings(Path(data), url, server, "shop@example.org", "https://shop.example"))
send_reports(office, Claim(organisation, "job", REPORT_JOB, "week:2026-11-16"))
"""
"""The worker's part, in a process of its own that can be killed."""


class KillingMailbox(Mailbox):
    """Kills whoever hands the message over, after all of it came and before it is answered."""

    def __init__(self) -> None:
        super().__init__()
        self.victim: subprocess.Popen[bytes] | None = None

    @override
    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        answer = await super().handle_DATA(_server, _session, envelope)
        if self.victim is not None:
            os.kill(self.victim.pid, signal.SIGKILL)
            self.victim.wait(30)
        return answer


class Desk:
    """The bakery with a mail server, and reports that somebody ordered."""

    def __init__(self, bench: OfficeBench, mailbox: KillingMailbox, server: str) -> None:
        self.bench, self.mailbox = bench, mailbox
        self.office: Office = replace(
            bench.office,
            settings=replace(
                bench.office.settings,
                mail_server=server,
                mail_sender="Bakery <shop@example.org>",
                public_url="https://shop.example",
            ),
        )
        bench.app.extensions["office"] = self.office

    def person(self, role: str = "auditor") -> str:
        self.bench.client(role)
        with self.office.database.read() as reader:
            return reader.scalars(select(User.user_id).where(User.email == f"{role}-here@test.example")).one()

    def order(self, user_id: str, kind: Kind = Kind.CARE, every: Every = Every.WEEK) -> str:
        doing = self.bench.doing
        return run_in_tx(
            self.office.database.write, lambda tx: order_report(tx, doing, user_id, kind, every, "").order_id
        )

    def send(self, key: str = WEEK) -> str:
        return send_reports(self.office, Claim(self.bench.organisation_id, "job", REPORT_JOB, key))

    def states(self) -> list[str]:
        with self.office.database.read() as reader:
            return sorted(reader.scalars(select(ReportDelivery.state)))


@pytest.fixture
def desk(bench: OfficeBench) -> Iterator[Desk]:
    mailbox = KillingMailbox()
    with smtp_server(mailbox) as server:
        yield Desk(bench, mailbox, server)


def plain(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def test_a_report_comes_once_with_a_pdf_and_says_that_the_week_was_empty(desk: Desk) -> None:
    desk.order(desk.person())
    assert desk.send() == "Reports sent: 1 of 1"
    assert desk.send() == "Reports sent: 0 of 1", "the same job again, because its worker was killed after the work"
    assert desk.states() == ["sent"]
    (message,) = desk.mailbox.messages
    assert message["To"] == "auditor-here@test.example"
    assert "How members come back, Nov 16, 2026" in message["Subject"]
    assert "No member bought anything in these days." in plain(message)
    (attached,) = message.iter_attachments()
    assert attached.get_content_type() == "application/pdf"
    assert attached.get_content().startswith(b"%PDF")


def test_each_gets_it_in_the_own_language(desk: Desk) -> None:
    user_id = desk.person()
    desk.order(user_id, Kind.NETWORK)

    def speak(tx: DatabaseSession) -> None:
        tx.get_one(User, user_id).language = "de"

    run_in_tx(desk.office.database.write, speak)
    desk.send()
    assert "In diesen Tagen wurde nichts verkauft." in plain(desk.mailbox.messages[0])


def test_the_night_before_monday_plans_it_and_long_ago_nothing(desk: Desk) -> None:
    desk.order(desk.person())
    doing: Doing = desk.bench.doing

    def planned(days_ago: int) -> int:
        day = TODAY - timedelta(days=days_ago)
        return run_in_tx(desk.office.database.write, lambda tx: plan_reports(tx, doing, day))

    assert planned(0) == 1
    assert planned(0) == 0, "planned once"
    assert planned(7) == 1, "a night that is made up for"
    assert planned(14) == 0, "nobody wants old reports all at once"
    assert planned(1) == 0, "on Sundays none is due"
    with desk.office.database.read() as reader:
        assert WEEK in set(reader.scalars(select(Job.due_key).where(Job.kind == REPORT_JOB)))


def test_a_worker_killed_in_the_middle_sends_nobody_two(desk: Desk) -> None:
    order_id = desk.order(desk.person())
    settings = desk.office.settings
    command = [sys.executable, "-c", CHILD, str(settings.data), settings.database_url, settings.mail_server]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    victim = subprocess.Popen([*command, desk.bench.organisation_id], cwd=ROOT, env=environment)
    desk.mailbox.victim = victim
    try:
        victim.wait(120)
    finally:
        victim.kill()
        desk.mailbox.victim = None
    assert victim.returncode == -signal.SIGKILL
    assert desk.states() == ["handing"]
    assert desk.send() == "Reports sent: 0 of 1"
    assert desk.states() == ["in_doubt"]
    assert len(desk.mailbox.messages) == 1, "it was handed over, so it is not sent a second time by itself"
    client = desk.bench.client("owner")
    assert "in doubt" in client.get("/regular-reports").text
    with csrf_free(desk.bench.app):
        assert client.post(f"/regular-reports/{order_id}/again").status_code == 302
    with desk.office.database.read() as reader:
        key = reader.scalars(select(Job.due_key).where(Job.kind == REPORT_JOB)).one()
    assert desk.send(key) == "Reports sent: 1 of 1"
    assert desk.states() == ["sent"]
    assert not send_again(desk.office, desk.bench.organisation_id, order_id), "nothing is left in doubt"


def test_what_is_sent_again_goes_to_those_who_had_ordered_it_then(desk: Desk) -> None:
    order_id = desk.order(desk.person("auditor"))
    desk.mailbox.busy = True
    with pytest.raises(TryLaterError):
        desk.send()
    desk.mailbox.busy = False

    def doubt(tx: DatabaseSession) -> None:
        tx.scalars(select(ReportDelivery)).one().state = "in_doubt"

    run_in_tx(desk.office.database.write, doubt)
    desk.order(desk.person("clerk"))
    assert send_again(desk.office, desk.bench.organisation_id, order_id)
    with desk.office.database.read() as reader:
        key = reader.scalars(select(Job.due_key).where(Job.kind == REPORT_JOB)).one()
    assert desk.send(key) == "Reports sent: 1 of 1"
    assert [str(each["To"]) for each in desk.mailbox.messages] == ["auditor-here@test.example"]


def test_each_letter_renews_the_claim_of_its_job(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long list of slow letters is nobody's to take over while it is worked on."""
    bench = desk.bench
    for role in ("auditor", "clerk"):
        desk.order(desk.person(role))
    run_in_tx(
        desk.office.database.write,
        lambda tx: plan(tx, desk.office.ids, bench.organisation_id, REPORT_JOB, WEEK, bench.clock.now()),
    )
    claimed = run_in_tx(desk.office.database.write, lambda tx: claim(tx, bench.clock, only=(REPORT_JOB,)))
    assert claimed is not None
    write_letter = report_letter

    def slow(*arguments: Any) -> None:
        write_letter(*arguments)
        bench.clock.forward(CLAIM_LIFE - timedelta(minutes=1))
        taken = run_in_tx(desk.office.database.write, lambda tx: claim(tx, bench.clock, only=(REPORT_JOB,)))
        assert taken is None

    monkeypatch.setattr(sending, "report_letter", slow)
    assert send_reports(desk.office, claimed) == "Reports sent: 2 of 2"


def test_ten_days_are_counted_at_the_store(desk: Desk) -> None:
    """At 23:30 UTC on the tenth day it is the eleventh in Berlin: too old there."""
    desk.order(desk.person())
    day = TODAY - timedelta(days=7)

    def planned(hour: int, minute: int) -> int:
        desk.bench.clock.shown = datetime.combine(day + timedelta(days=10), time(hour, minute), UTC)
        return run_in_tx(desk.office.database.write, lambda tx: plan_reports(tx, desk.bench.doing, day))

    assert planned(23, 30) == 0
    assert planned(22, 30) == 1


def test_a_letter_that_cannot_be_made_leaves_nobody_in_doubt(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.order(desk.person())

    def no_memory(*_args: object) -> None:
        raise MemoryError

    with monkeypatch.context() as broken:
        broken.setattr(sending, "report_letter", no_memory)
        with pytest.raises(MemoryError):
            desk.send()
    assert desk.states() == []
    assert desk.send() == "Reports sent: 1 of 1"


def test_a_server_in_trouble_is_asked_again_and_nobody_else_gets_two(desk: Desk) -> None:
    desk.order(desk.person("auditor"))
    desk.order(desk.person("clerk"))
    desk.mailbox.busy = True
    with pytest.raises(TryLaterError):
        desk.send()
    assert desk.states() == ["waiting", "waiting"]
    desk.mailbox.busy = False
    assert desk.send() == "Reports sent: 2 of 2"
    assert sorted(str(each["To"]) for each in desk.mailbox.messages) == [
        "auditor-here@test.example",
        "clerk-here@test.example",
    ]


def test_whoever_lost_the_right_gets_nothing(desk: Desk) -> None:
    user_id = desk.person()
    desk.order(user_id)

    def leave(tx: DatabaseSession) -> None:
        tx.get_one(User, user_id).active = False

    run_in_tx(desk.office.database.write, leave)
    assert desk.send() == "Reports sent: 0 of 1"
    assert desk.mailbox.messages == []
    with pytest.raises(InputError):
        desk.order(user_id, Kind.NETWORK)


def test_the_link_in_the_mail_ends_it_and_opening_it_alone_does_not(desk: Desk) -> None:
    desk.order(desk.person())
    desk.send()
    found = re.search(r"https://shop\.example(/no-more-reports/\S+)", plain(desk.mailbox.messages[0]))
    assert found is not None
    assert f"<https://shop.example{found[1]}>" == desk.mailbox.messages[0]["List-Unsubscribe"].replace(" ", "")
    anybody = desk.bench.app.test_client()
    assert "You get this report" in anybody.get(found[1]).text
    with desk.office.database.read() as reader:
        assert len(reader.scalars(select(ReportOrder)).all()) == 1
    assert "is sent no more" in anybody.post(found[1], data={"List-Unsubscribe": "One-Click"}).text
    with desk.office.database.read() as reader:
        assert reader.scalars(select(ReportOrder)).all() == []
    assert "is sent no more" in anybody.get(found[1]).text
    assert anybody.get(f"{found[1]}x").status_code == 404


def test_everybody_orders_for_themselves_and_owners_for_others(desk: Desk) -> None:
    clerk_id, client = desk.person("clerk"), desk.bench.client("clerk")
    owner = desk.bench.client("owner")
    with csrf_free(desk.bench.app):
        wanted = {"report": "care:month", "store_id": "", "user_id": desk.bench.owner_id}
        assert client.post("/regular-reports", data=wanted).status_code == 302
        assert client.post("/regular-reports", data=wanted).status_code == 422, "once is enough"
        assert client.post("/regular-reports", data={"report": "budget:week"}).status_code == 422
        assert client.post("/regular-reports", data={"report": "gossip:week"}).status_code == 422
        assert owner.post("/regular-reports", data={"report": "network:week", "user_id": clerk_id}).status_code == 302
    with desk.office.database.read() as reader:
        rows = reader.scalars(select(ReportOrder).order_by(ReportOrder.kind)).all()
    assert [(row.kind, row.user_id) for row in rows] == [("care", clerk_id), ("network", clerk_id)]
    assert "clerk-here@test.example" in client.get("/regular-reports").text
    auditor = desk.bench.client("auditor")
    assert "clerk-here" not in auditor.get("/regular-reports").text
    with csrf_free(desk.bench.app):
        assert auditor.post(f"/regular-reports/{rows[0].order_id}/end").status_code == 404
        assert client.post(f"/regular-reports/{rows[0].order_id}/test").status_code == 302
        assert client.post(f"/regular-reports/{rows[0].order_id}/end").status_code == 302
    assert [str(each["To"]) for each in desk.mailbox.messages] == ["clerk-here@test.example"]


def test_a_look_before_it_comes(desk: Desk) -> None:
    client = desk.bench.client("auditor")
    for report in ("care:week", "care:month", "network:week"):
        page = f"/regular-reports/preview?report={report}"
        assert "Not counted yet" in client.get(page).text
        assert client.get(f"/regular-reports/preview.pdf?report={report}").status_code == 302
        assert client.get(f"/regular-reports/preview.csv?report={report}").status_code == 302
        with csrf_free(desk.bench.app):
            assert client.post("/regular-reports/preview", data={"report": report}).status_code == 302
        assert "data-look-bar" in client.get(page).text
        live = f"/regular-reports/preview/live?report={report}"
        assert "HX-Refresh" not in client.get(live).headers
        while tick_long(desk.office):
            pass
        assert client.get(live).headers["HX-Refresh"] == "true"
        assert "Count anew" in client.get(page).text
        assert client.get(f"/regular-reports/preview.pdf?report={report}").data.startswith(b"%PDF")
        assert client.get(f"/regular-reports/preview.csv?report={report}").status_code == 200
    assert client.get("/regular-reports/preview?store_id=nowhere").status_code == 404


def _wanted(desk: Desk, kind: Kind = Kind.CARE, language: str = "en") -> Wanted:
    return Wanted(kind, period_before(Every.WEEK, desk.office.clock.now().date()), "", language, below=False)


def _ask(desk: Desk, wanted: Wanted) -> str:
    return run_in_tx(desk.office.database.write, lambda tx: looks.ask(tx, desk.bench.doing, wanted))


def _look(desk: Desk, wanted: Wanted) -> ReportLook:
    with desk.office.database.read() as reader:
        found = looks.look_of(reader, desk.bench.organisation_id, wanted)
    assert found is not None
    return found


def test_what_a_look_keeps_is_the_report_that_would_be_sent_and_says_how_far_it_is(desk: Desk) -> None:
    heard: list[tuple[int, int]] = []
    for kind in (Kind.CARE, Kind.NETWORK):
        wanted = _wanted(desk, kind, "de")
        _ask(desk, wanted)
        while tick_long(desk.office):
            pass
        look = _look(desk, wanted)
        assert (look.state, look.steps_done) == ("done", look.steps_total)
        assert look.steps_total > 0
        with desk.office.database.read() as reader:
            organisation = reader.get_one(Organisation, desk.bench.organisation_id)
            steps = Steps(lambda done, total: heard.append((done, total)))
            now = report_paper(
                reader, speaker_for(organisation.currency, "de"), organisation, kind, wanted.period, steps=steps
            )
        assert packed(now) == look.body
        kept = looks.paper_of(look)
        assert kept is not None
        assert json.loads(packed(kept)) == json.loads(look.body), "what is read again is the same paper"
        assert heard == [(n, look.steps_total) for n in range(1, look.steps_total + 1)]
        heard.clear()


def test_a_look_is_counted_once_at_a_time_and_few_wait(desk: Desk) -> None:
    first = _ask(desk, _wanted(desk))
    assert _ask(desk, _wanted(desk)) == first
    for language in ("de", "fr", "it", "cs"):
        _ask(desk, _wanted(desk, language=language))
    with pytest.raises(InputError, match="Several reports are being counted"):
        _ask(desk, _wanted(desk, language="zh"))
    while tick_long(desk.office):
        pass
    assert _ask(desk, _wanted(desk)) != first, "counted anew"
    assert _look(desk, _wanted(desk)).state == "waiting"


def test_a_look_that_breaks_off_says_so_and_can_be_asked_for_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    client, page = desk.bench.client("auditor"), "/regular-reports/preview?report=care:week"
    with csrf_free(desk.bench.app):
        client.post("/regular-reports/preview", data={"report": "care:week"})

    def breaks(*_some: object, **_more: object) -> Paper:
        raise RuntimeError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(looks, "report_paper", breaks)
        tick_long(desk.office)
    assert "could not be counted" in client.get(page).text
    with csrf_free(desk.bench.app):
        client.post("/regular-reports/preview", data={"report": "care:week"})
    while tick_long(desk.office):
        pass
    assert "Count anew" in client.get(page).text


def test_a_look_whose_worker_is_cut_off_each_time_is_given_up(desk: Desk) -> None:
    wanted = _wanted(desk)
    _ask(desk, wanted)
    for _attempt in range(ATTEMPTS_MAX):
        run_in_tx(desk.office.database.write, lambda tx: claim(tx, desk.office.clock, only=[looks.JOB_KIND]))
        desk.bench.clock.forward(CLAIM_LIFE + timedelta(seconds=1))
    tick_long(desk.office)
    assert _look(desk, wanted).state == "failed"


def test_few_looks_are_kept(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks, "KEPT_MAX", 2)
    for language in ("en", "de", "fr"):
        _ask(desk, _wanted(desk, language=language))
        while tick_long(desk.office):
            pass
        desk.bench.clock.forward(timedelta(seconds=1))
    with desk.office.database.read() as reader:
        kept = [
            looks.look_of(reader, desk.bench.organisation_id, _wanted(desk, language=each))
            for each in ("en", "de", "fr")
        ]
    assert [each is not None for each in kept] == [False, True, True]
