"""The night prices a sample of receipts again: what a till priced otherwise is said, and mailed to who asked, once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import msgspec
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.db import run_in_tx
from backoffice.identity.models import User
from backoffice.office import Office
from backoffice.regular_reports.kinds import Every, Kind
from backoffice.regular_reports.models import ReportDelivery
from backoffice.regular_reports.sending import send_again, send_priced
from backoffice.regular_reports.services import order_report
from backoffice.reports.priced_otherwise import PRICED_ALARM, look_at_prices
from backoffice.sync_api.models import Receipt
from backoffice.worker.kinds import RUNNERS
from backoffice.worker.models import Job
from backoffice.worker.services import Claim
from pos_engine.wire.sync import ReceiptDocument
from tests.support.mailbox import Mailbox, smtp_server
from tests.support.office import OfficeBench, SellingTill

TODAY = date(2026, 11, 23)
SAID = "PRICED OTHERWISE BY A TILL: 1 OF 2 RECEIPTS."


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, str]]:
    made = Mailbox()
    with smtp_server(made) as server:
        yield made, server


def office_that_mails(bench: OfficeBench, server: str) -> Office:
    settings = replace(
        bench.office.settings, mail_server=server, mail_sender="shop@example.org", public_url="https://shop.example"
    )
    return replace(bench.office, settings=settings)


def ordered(bench: OfficeBench, role: str, kind: Kind) -> str:
    bench.client(role)
    with bench.office.database.read() as reader:
        user_id = reader.scalars(select(User.user_id).where(User.email == f"{role}-here@test.example")).one()
    doing = bench.doing
    return run_in_tx(
        bench.office.database.write, lambda tx: order_report(tx, doing, user_id, kind, Every.HAPPENS, "").order_id
    )


def give_away(tx: Session) -> None:
    """The receipt of 3.90 says that 0.90 was paid: somebody changed the program of that till."""
    row = tx.scalars(select(Receipt).where(Receipt.total_due_minor == 390)).one()
    document = msgspec.json.decode(row.raw, type=ReceiptDocument)
    less = bytes(document.outcome).replace(b'"total_due_minor":390', b'"total_due_minor":90', 1)
    assert less != bytes(document.outcome)
    row.raw = msgspec.json.encode(msgspec.structs.replace(document, outcome=msgspec.Raw(less)))


def keys(bench: OfficeBench) -> list[str]:
    with bench.office.database.read() as reader:
        return list(reader.scalars(select(Job.due_key).where(Job.kind == PRICED_ALARM).order_by(Job.due_key)))


def test_the_night_says_it_and_mails_it_once_to_who_asked(
    bench: OfficeBench, till: SellingTill, mailbox: tuple[Mailbox, str]
) -> None:
    office = office_that_mails(bench, mailbox[1])
    order_id = ordered(bench, "auditor", Kind.PRICED)
    ordered(bench, "owner", Kind.BUDGET)
    till.sell(("5001", 980, 1))
    till.sell(("4002", 390, 1))
    till.sync_until_quiet()
    night = Claim(bench.organisation_id, "night", "reconcile", "2026-11-22")
    assert "PRICED OTHERWISE" not in RUNNERS["reconcile"](office, night)
    assert keys(bench) == []

    run_in_tx(bench.office.database.write, give_away)
    assert SAID in RUNNERS["reconcile"](office, night)
    assert SAID in RUNNERS["reconcile"](office, night), "a worker that was killed does it again"
    (key,) = keys(bench)
    assert key == "priced:2026-11-23:1:2"
    assert look_at_prices(office, bench.other_organisation(), TODAY) == []

    job = Claim(bench.organisation_id, "mail", PRICED_ALARM, key)
    assert send_priced(office, job) == "Reports sent: 1 of 1"
    assert send_priced(office, job) == "Reports sent: 0 of 1"
    (message,) = mailbox[0].messages
    assert message["To"] == "auditor-here@test.example"
    assert "priced otherwise" in message["Subject"]
    body = message.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert "Of 2 receipts that were priced again this night, 1 should be different." in text
    assert "https://shop.example/unusual" in text

    def fail(tx: Session) -> None:
        tx.get_one(ReportDelivery, (bench.organisation_id, order_id, key)).state = "in_doubt"

    run_in_tx(bench.office.database.write, fail)
    assert send_again(office, bench.organisation_id, order_id)
    again = next(each for each in keys(bench) if each != key)
    assert send_priced(office, replace(job, due_key=again)) == "Reports sent: 1 of 1"
    assert len(mailbox[0].messages) == 2


def test_a_store_and_a_week_are_not_asked_of_an_alarm(bench: OfficeBench) -> None:
    page = bench.client("auditor").get("/regular-reports").text
    assert "A till priced otherwise, as it happens" in page
    assert "priced" not in bench.client("auditor").get("/regular-reports/preview").text
