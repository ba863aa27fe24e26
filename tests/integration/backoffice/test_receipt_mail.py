"""A receipt by e-mail through a real SMTP server, from the till's sale to what arrives in the member's mailbox."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import select
from sqlalchemy.orm import Session as DatabaseSession

from backoffice.db import run_in_tx
from backoffice.errors import InputError
from backoffice.members import personal
from backoffice.members.models import Card, Member
from backoffice.organisations.models import Organisation
from backoffice.receipt_mail.services import receipt_mail
from backoffice.receipt_mail.smtp import send
from tests.support.office import OfficeBench, SellingTill, card_of
from tests.support.programs import free_port
from tests.support.scanning import lines_of

SENDER = "Bakery <shop@example.org>"


class Mailbox:
    """Takes every message but those for `nobody@…`."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []

    async def handle_RCPT(  # noqa: N802 (the library's name)
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: object
    ) -> str:
        if address.startswith("nobody@"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        assert isinstance(content, bytes)
        self.messages.append(message_from_bytes(content, policy=policy.default))
        return "250 taken"


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def server(mailbox: Mailbox) -> Iterator[str]:
    controller = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield f"smtp+plain://127.0.0.1:{controller.port}"
    controller.stop()


@pytest.fixture
def receipt_id(bench: OfficeBench, till: SellingTill) -> str:
    card_id = card_of(2)
    closed = till.sell(("5001", 980, 1), ("4002", 390, 2), card_id=card_id)
    till.sync_until_quiet()

    def give_an_address(tx: DatabaseSession) -> None:
        card = tx.get_one(Card, (bench.organisation_id, card_id))
        member = tx.get_one(Member, (bench.organisation_id, card.member_id))
        member.language = "cs"
        person = personal.Person("Přemysl", "Šťastný", email="premysl@example.org")
        personal.save(tx, bench.organisation_id, member.member_id, person)

    run_in_tx(bench.office.database.write, give_an_address)
    return closed.receipt_id


def made(bench: OfficeBench, receipt_id: str, recipient: str = "") -> EmailMessage:
    with bench.office.database.read() as reader:
        organisation = reader.scalars(
            select(Organisation).where(Organisation.organisation_id == bench.organisation_id)
        ).one()
        return receipt_mail(reader, organisation, receipt_id, SENDER, recipient, bench.clock.now())


def plain_lines(text: str) -> list[str]:
    return [" ".join(line.replace("\u00a0", " ").split()) for line in text.splitlines() if line.strip()]


def test_text_pdf_and_html_of_what_arrives_say_the_same(
    bench: OfficeBench, mailbox: Mailbox, server: str, receipt_id: str
) -> None:
    send(server, made(bench, receipt_id))
    (arrived,) = mailbox.messages
    assert arrived["To"] == "premysl@example.org"
    assert arrived["Subject"].startswith("Vaše účtenka")
    text, page = arrived.get_body(("plain",)), arrived.get_body(("html",))
    (pdf,) = arrived.iter_attachments()
    assert text is not None
    assert page is not None
    lines = plain_lines(text.get_content())
    note = lines.pop()
    assert "CELKEM" in " ".join(lines)
    rules = [line for line in lines if set(line) == {"-"} or "8<" in line]
    assert lines_of(pdf.get_content()) == [line for line in lines if line not in rules]
    shown = page.get_content().replace("&nbsp;", " ")
    for line in lines:
        if line not in rules:
            assert all(word in shown for word in line.split()), line
    assert note in shown


def test_a_name_cannot_write_into_the_page_or_the_head(bench: OfficeBench, receipt_id: str) -> None:
    def rename(tx: DatabaseSession) -> None:
        tx.get_one(Organisation, bench.organisation_id).name = "<script>alert(1)</script> & Co\nBcc: all@example.org"

    run_in_tx(bench.office.database.write, rename)
    message = made(bench, receipt_id)
    assert "Bcc" not in message
    assert message["Subject"].endswith("& Co Bcc: all@example.org")
    page = message.get_body(("html",))
    assert page is not None
    assert "<script" not in page.get_content()
    assert "&lt;script&gt;" in page.get_content()


def test_the_same_receipt_is_known_as_the_same_message(bench: OfficeBench, receipt_id: str) -> None:
    one, two, other = (made(bench, receipt_id, to)["Message-ID"] for to in ("", "", "other@example.org"))
    assert one == two
    assert one != other


@pytest.mark.parametrize(
    ("receipt", "recipient", "says"),
    [("nonsense", "", "till-1:1:42"), ("till-9:1:1", "", "has arrived"), ("", "not an address", "no e-mail address")],
)
def test_what_is_missing_is_said(bench: OfficeBench, receipt_id: str, receipt: str, recipient: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        made(bench, receipt or receipt_id, recipient)


def test_a_server_that_refuses_or_is_not_there(bench: OfficeBench, server: str, receipt_id: str) -> None:
    with pytest.raises(InputError, match="550 no such mailbox"):
        send(server, made(bench, receipt_id, "nobody@example.org"))
    with pytest.raises(InputError, match="did not take the message"):
        send(f"smtp+plain://127.0.0.1:{free_port()}", made(bench, receipt_id))
    with pytest.raises(InputError, match="STARTTLS"):
        send(server.replace("smtp+plain", "smtp"), made(bench, receipt_id))
    for wrong in ("http://x", "smtp://", "smtp://h:99999"):
        with pytest.raises(InputError, match="must be like"):
            send(wrong, made(bench, receipt_id))
