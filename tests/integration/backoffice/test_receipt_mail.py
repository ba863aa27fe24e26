"""A receipt by e-mail through a real SMTP server, from the till's sale to what arrives in the member's mailbox."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session as DatabaseSession

from backoffice.db import run_in_tx
from backoffice.errors import InputError
from backoffice.members import personal
from backoffice.members.models import Card, Member
from backoffice.members.services import MemberInput, update_member
from backoffice.office import Office
from backoffice.organisations.models import Organisation
from backoffice.receipt_mail.planning import RECEIPT_MAIL
from backoffice.receipt_mail.services import receipt_mail
from backoffice.receipt_mail.smtp import send
from backoffice.web.said import told
from backoffice.worker.models import Job
from backoffice.worker.ticker import tick
from tests.support.mailbox import Mailbox, smtp_server
from tests.support.office import OfficeBench, SellingTill, card_of
from tests.support.programs import free_port
from tests.support.scanning import lines_of

SENDER = "Bakery <shop@example.org>"


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def server(mailbox: Mailbox) -> Iterator[str]:
    with smtp_server(mailbox) as address:
        yield address


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
    rules = [line for line in lines if set(line) == {"-"} or "8<" in line or line.startswith("[QR ")]
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


def wants_receipts(bench: OfficeBench, number: int, *, wanted: bool = True, email: str = "ada@example.org") -> None:
    """What staff do on the member's form."""
    with bench.office.database.read() as reader:
        card = reader.get_one(Card, (bench.organisation_id, card_of(number)))
        member = reader.get_one(Member, (bench.organisation_id, card.member_id))
    person = personal.Person("Ada", "Post", email=email)
    values = MemberInput(person, member.number, "de", receipts_by_mail=wanted)
    run_in_tx(bench.office.database.write, lambda tx: update_member(tx, bench.doing, member.member_id, values))


def mailing(bench: OfficeBench, server: str) -> Office:
    return replace(bench.office, settings=replace(bench.office.settings, mail_server=server, mail_sender=SENDER))


def jobs(bench: OfficeBench) -> list[tuple[str, str, str]]:
    with bench.office.database.read() as reader:
        rows = reader.scalars(select(Job).where(Job.kind == RECEIPT_MAIL).order_by(Job.due_key))
        return [(row.due_key, row.state, " ".join(told(row.result))) for row in rows]


def test_a_member_who_asked_gets_every_receipt_once_and_nobody_else(
    bench: OfficeBench, till: SellingTill, mailbox: Mailbox, server: str
) -> None:
    wants_receipts(bench, 3)
    till.sync_until_quiet()
    mine = [till.sell(("5001", 980, 1), card_id=card_of(3)).receipt_id for _ in range(2)]
    till.sell(("5001", 980, 1), card_id=card_of(4))
    till.sell(("5001", 980, 1))
    till.sync_until_quiet()
    till.sync_until_quiet()
    tick(mailing(bench, server))
    tick(mailing(bench, server))
    assert jobs(bench) == [(receipt_id, "done", "sent") for receipt_id in mine]
    assert [message["To"] for message in mailbox.messages] == ["ada@example.org"] * 2
    assert len({message["Message-ID"] for message in mailbox.messages}) == 2
    assert all(message["Subject"].startswith("Ihr Beleg") for message in mailbox.messages)


def test_a_server_in_trouble_is_asked_again_and_a_refusal_is_final(
    bench: OfficeBench, till: SellingTill, mailbox: Mailbox, server: str
) -> None:
    wants_receipts(bench, 3)
    till.sync_until_quiet()
    receipt_id = till.sell(("5001", 980, 1), card_id=card_of(3)).receipt_id
    till.sync_until_quiet()
    office = mailing(bench, server)
    mailbox.busy = True
    tick(office)
    ((_, state, why),) = jobs(bench)
    assert (state, "451 try again later" in why) == ("waiting", True)
    tick(office)
    assert jobs(bench)[0][1] == "waiting", "not before its time"
    mailbox.busy = False
    bench.clock.forward(timedelta(minutes=2))
    tick(office)
    assert jobs(bench) == [(receipt_id, "done", "sent")]
    assert len(mailbox.messages) == 1
    wants_receipts(bench, 3, email="nobody@example.org")
    till.sell(("5001", 980, 1), card_id=card_of(3))
    till.sync_until_quiet()
    tick(office)
    assert "550 no such mailbox" in jobs(bench)[-1][2]
    assert "@" not in jobs(bench)[-1][2], "what a job said outlives a member"
    assert jobs(bench)[-1][1] == "failed"


def test_who_no_longer_wants_them_or_has_no_server_gets_none(
    bench: OfficeBench, till: SellingTill, mailbox: Mailbox, server: str
) -> None:
    wants_receipts(bench, 3)
    till.sync_until_quiet()
    till.sell(("5001", 980, 1), card_id=card_of(3))
    till.sync_until_quiet()
    tick(bench.office)
    assert "BACKOFFICE_MAIL_SERVER" in jobs(bench)[0][2]
    till.sell(("5001", 980, 1), card_id=card_of(3))
    till.sync_until_quiet()
    wants_receipts(bench, 3, wanted=False)
    tick(mailing(bench, server))
    assert jobs(bench)[-1][1:] == ("done", "no longer wanted")
    assert mailbox.messages == []


def test_a_server_that_stays_away_is_given_up_at_last(bench: OfficeBench, till: SellingTill) -> None:
    wants_receipts(bench, 3)
    till.sync_until_quiet()
    till.sell(("5001", 980, 1), card_id=card_of(3))
    till.sync_until_quiet()
    office = mailing(bench, f"smtp+plain://127.0.0.1:{free_port()}")
    states = []
    for _ in range(6):
        tick(office)
        states.append(jobs(bench)[0][1])
        bench.clock.forward(timedelta(hours=7))
    assert states == ["waiting"] * 4 + ["failed"] * 2


def test_the_form_has_a_tick_and_wants_an_address_for_it(bench: OfficeBench) -> None:
    client = bench.client()
    page = client.get("/members/new").text
    assert 'name="receipts_by_mail"' in page
    token = re.findall(r'name="csrf_token" value="([^"]+)"', page)
    form = {"first_name": "Eva", "last_name": "Neu", "receipts_by_mail": "yes", "csrf_token": token[0] if token else ""}
    refused = client.post("/members/new", data=form)
    assert refused.status_code == 422
    assert "receipts by e-mail need an e-mail address" in refused.text
    saved = client.post("/members/new", data=form | {"email": "eva@example.org"})
    assert saved.status_code == 302
    edited = client.get(saved.headers["Location"] + "/edit").text
    assert 'name="receipts_by_mail" value="yes" checked' in edited


def test_the_members_own_address_gets_the_link_to_the_own_page(bench: OfficeBench, receipt_id: str) -> None:
    def texts(recipient: str, public_url: str) -> list[str]:
        with bench.office.database.read() as reader:
            organisation = reader.get_one(Organisation, bench.organisation_id)
            now = bench.clock.now()
            message = receipt_mail(reader, organisation, receipt_id, SENDER, recipient, now, public_url)
        parts = [message.get_body((kind,)) for kind in ("plain", "html")]
        return [part.get_content() for part in parts if part is not None]

    for text in texts("", "https://shop.example/"):
        assert "Vaše body, kupóny a účtenky" in text
        (address,) = re.findall(r"https://shop\.example(/my/[\w.~-]+)", text)
        assert bench.app.test_client().get(address).status_code == 303, "it opens the page"
    for others in (texts("other@example.org", "https://shop.example"), texts("", "")):
        assert not any("/my/" in text for text in others), "nobody else gets it"
