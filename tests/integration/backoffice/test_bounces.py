"""Messages that come back, links that are followed, unsubscribing by the link of one message."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from backoffice.app import create_app
from backoffice.cli import main
from backoffice.consent.kinds import Channel
from backoffice.consent.suppression import found
from backoffice.members.personal import Person
from backoffice.messaging.bounces import take_bounce
from backoffice.messaging.hook_routes import BOUNCE_SECRET
from backoffice.messaging.kinds import Event, MailingState, State
from backoffice.messaging.models import DispatchEvent
from tests.support.mailbox import Mailbox, smtp_server
from tests.support.messages import PUBLIC_URL, MessageBench
from tests.support.office import OfficeBench

ADA = Person("Ada", "Lovelace", "ada@example.org")
DSN = """\
From: MAILER-DAEMON@mx.example.org
To: {to}
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; ada@example.org
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} said the server

--B
Content-Type: {kind}

Message-ID: {message_id}
Subject: Hello Ada

--B--
"""
ARF = """\
From: fbl@provider.example
To: abuse@shop.example.org
Subject: FW: Hello Ada
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="B"

--B
Content-Type: text/plain

This is an email abuse report.

--B
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: SomeGenerator/1.0
Version: 1

--B
Content-Type: message/rfc822

Message-ID: {message_id}
Subject: Hello Ada

text
--B--
"""


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def shop(bench: OfficeBench, mailbox: Mailbox) -> Iterator[MessageBench]:
    with smtp_server(mailbox) as address:
        yield MessageBench(bench, address)


@pytest.fixture
def sent(shop: MessageBench) -> tuple[str, str]:
    """A mailing that arrived at Ada."""
    ada = shop.member(ADA)
    mailing_id = shop.mailing([ada])
    shop.launch(mailing_id)
    shop.turn()
    assert shop.states(mailing_id) == {ada: State.SENT}
    return mailing_id, ada


@pytest.fixture
def client(shop: MessageBench) -> FlaskClient:
    return create_app(shop.office).test_client()


def returned(mailbox: Mailbox, status: str = "5.1.1", action: str = "failed", to: str = "", kind: str = "") -> bytes:
    text = DSN.format(
        to=to or mailbox.senders[0],
        action=action,
        status=status,
        message_id=mailbox.messages[0]["Message-ID"],
        kind=kind or "text/rfc822-headers",
    )
    return text.encode()


def take(shop: MessageBench, raw: bytes, recipient: str = "") -> Event | None:
    return shop.write(lambda tx: take_bounce(tx, shop.office.clock, shop.office.ids, raw, recipient))


@pytest.mark.parametrize(
    ("status", "action", "state"),
    [
        ("5.1.1", "failed", State.HARD_BOUNCE),
        ("5.7.1", "failed", State.HARD_BOUNCE),
        ("5.2.2", "failed", State.SOFT_BOUNCE),
        ("4.4.7", "failed", State.SOFT_BOUNCE),
        ("4.4.1", "delayed", State.SENT),
        ("2.0.0", "delivered", State.DELIVERED),
    ],
)
def test_f9_a_report_moves_the_message_to_its_state(
    shop: MessageBench, mailbox: Mailbox, sent: tuple[str, str], status: str, action: str, state: State
) -> None:
    mailing_id, ada = sent
    assert "+" in mailbox.senders[0]
    take(shop, returned(mailbox, status, action))
    assert shop.states(mailing_id)[ada] == state
    with shop.office.database.read() as reader:
        blocked = found(reader, shop.organisation_id, Channel.EMAIL, ADA.email)
    assert bool(blocked) == (state is State.HARD_BOUNCE)
    assert (shop.row(mailing_id).state == MailingState.SENDING) == (state is State.SOFT_BOUNCE)


def test_it_is_known_by_the_original_inside_when_a_service_rewrote_the_return_path(
    shop: MessageBench, mailbox: Mailbox, sent: tuple[str, str]
) -> None:
    raw = returned(mailbox, to="something@else.example", kind="message/rfc822")
    assert take(shop, raw) is Event.HARD_BOUNCE
    assert shop.states(sent[0])[sent[1]] == State.HARD_BOUNCE


@pytest.mark.usefixtures("sent")
def test_a_server_that_keeps_to_no_standard_is_understood(shop: MessageBench, mailbox: Mailbox) -> None:
    old = EmailMessage()
    old["From"], old["To"] = "MAILER-DAEMON@old.example", mailbox.senders[0]
    old["Subject"] = "failure notice"
    old.set_content(
        "Hi. This is the qmail-send program at old.example.\nI'm afraid I wasn't able to deliver your message to the"
        " following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n"
        "<ada@example.org>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy\n"
    )
    assert take(shop, old.as_bytes()) is Event.HARD_BOUNCE


def test_f9_a_complaint_blocks_for_good(shop: MessageBench, mailbox: Mailbox, sent: tuple[str, str]) -> None:
    raw = ARF.format(message_id=mailbox.messages[0]["Message-ID"]).encode()
    assert take(shop, raw) is Event.COMPLAINT
    assert shop.states(sent[0])[sent[1]] == State.COMPLAINT
    take(shop, returned(mailbox, "2.0.0", "delivered"))
    assert shop.states(sent[0])[sent[1]] == State.COMPLAINT
    with shop.office.database.read() as reader:
        row = found(reader, shop.organisation_id, Channel.EMAIL, ADA.email)
    assert row is not None
    assert row.reason == "complaint"


def test_what_is_not_ours_or_says_nothing_changes_nothing(
    shop: MessageBench, mailbox: Mailbox, sent: tuple[str, str]
) -> None:
    away = EmailMessage()
    away["From"], away["To"], away["Subject"] = ADA.email, mailbox.senders[0], "I am away"
    away["Auto-Submitted"] = "auto-replied"
    away.set_content("Back on Monday.")
    assert take(shop, away.as_bytes()) is None
    local, _at, domain = mailbox.senders[0].partition("@")
    forged = f"{local[:-1]}{'0' if local[-1] != '0' else '1'}@{domain}"
    raw = returned(mailbox, to=forged).replace(str(mailbox.messages[0]["Message-ID"]).encode(), b"<a@b>")
    assert take(shop, raw) is None
    assert take(shop, b"\xff\x00 no message at all") is None
    assert shop.states(sent[0])[sent[1]] == State.SENT


def test_a_mail_service_hands_bounces_over_with_our_secret(
    shop: MessageBench, client: FlaskClient, mailbox: Mailbox, sent: tuple[str, str]
) -> None:
    raw = returned(mailbox)
    assert client.post("/hooks/bounces", data=raw).status_code == 403
    bearer = {"Authorization": f"Bearer {shop.office.settings.secret(BOUNCE_SECRET)}"}
    assert client.post("/hooks/bounces", data=raw, headers=bearer).text == "hard_bounce"
    assert shop.states(sent[0])[sent[1]] == State.HARD_BOUNCE


def test_the_command_reads_a_maildir_once(
    shop: MessageBench, mailbox: Mailbox, sent: tuple[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "Maildir"
    for part in ("new", "cur", "tmp"):
        (folder / part).mkdir(parents=True)
    (folder / "new" / "1.a.host").write_bytes(returned(mailbox))
    settings = shop.office.settings
    options = ["--data", str(settings.data), "--database-url", settings.database_url]
    runner = CliRunner()
    first = runner.invoke(main, [*options, "bounces", "--maildir", str(folder)], catch_exceptions=False)
    assert "hard_bounce" in first.output
    assert "1 messages were read" in first.output
    second = runner.invoke(main, [*options, "bounces", "--maildir", str(folder)], catch_exceptions=False)
    assert "0 messages were read" in second.output
    assert shop.states(sent[0])[sent[1]] == State.HARD_BOUNCE


def test_f8_clicks_and_opens_are_counted_and_lead_to_the_messages_own_target_only(
    shop: MessageBench, client: FlaskClient, mailbox: Mailbox, sent: tuple[str, str]
) -> None:
    page = mailbox.messages[0].get_body(("html",))
    assert page is not None
    links = re.findall(rf'"{PUBLIC_URL}(/l/[^"]+)"', page.get_content())
    pixel = re.findall(rf'"{PUBLIC_URL}(/o/[^"]+)"', page.get_content())
    assert len(links) == 1
    for _twice in range(2):
        answer = client.get(links[0])
        assert answer.status_code == 302
        assert answer.headers["Location"] == "https://bakery.example.org/rolls?from=mail&n=1"
    assert client.get(links[0][:-1] + ("0" if links[0][-1] != "0" else "1")).status_code == 404
    assert client.get(pixel[0]).mimetype == "image/gif"
    assert client.get("/o/none").mimetype == "image/gif"
    with shop.office.database.read() as reader:
        rows = {(row.kind, row.detail): row.count for row in reader.query(DispatchEvent)}
    assert rows == {("clicked", "en:2"): 2, ("opened", ""): 1}
    assert shop.states(sent[0])[sent[1]] == State.SENT


def test_f9_one_click_unsubscribes_from_offers_and_is_seen_on_the_message(
    shop: MessageBench, client: FlaskClient, mailbox: Mailbox, sent: tuple[str, str]
) -> None:
    url = str(mailbox.messages[0]["List-Unsubscribe"]).strip("<>").removeprefix(PUBLIC_URL)
    assert client.get(url).status_code == 200
    assert shop.states(sent[0])[sent[1]] == State.SENT, "a scanner that follows links unsubscribes nobody"
    assert client.post(url, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert shop.states(sent[0])[sent[1]] == State.UNSUBSCRIBED
    with pytest.raises(ValueError, match="Nobody would get"):
        shop.launch(shop.mailing([sent[1]]))
