"""The page of what is out of the ordinary: a till that prices otherwise, and a card that always meets one cashier."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from backoffice.db import run_in_tx
from backoffice.reports.late_cards import LateCards, late_cards
from backoffice.reports.unusual import Checked, check_sample, same_hands
from backoffice.sync_api.models import CampaignSetRow, Receipt
from pos_engine.checkout.requests import CommitRequest, QuoteRequest, RegisterLine
from pos_engine.wire.sync import ReceiptDocument, Tender
from tests.support.office import OfficeBench, SellingTill, card_of

TODAY = date(2026, 11, 23)


def checked(bench: OfficeBench) -> Checked:
    with bench.office.database.read() as reader:
        return check_sample(reader, bench.organisation_id, TODAY)


def tampered(tx: Session, receipt_id: str, before: bytes, after: bytes) -> None:
    """A till of which somebody changed the program: the receipt says something else than its inputs give."""
    workstation_id, epoch, seq = receipt_id.split(":")
    row = tx.scalars(
        select(Receipt).where(
            Receipt.workstation_id == workstation_id, Receipt.epoch == int(epoch), Receipt.seq == int(seq)
        )
    ).one()
    document = msgspec.json.decode(row.raw, type=ReceiptDocument)
    outcome = bytes(document.outcome)
    assert before in outcome
    changed = msgspec.structs.replace(document, outcome=msgspec.Raw(outcome.replace(before, after, 1)))
    row.raw = msgspec.json.encode(changed)


def test_a_till_that_prices_otherwise_is_shown_and_no_other(bench: OfficeBench, till: SellingTill) -> None:
    honest = till.sell(("5001", 980, 1), ("4002", 390, 2), card_id=card_of(2))
    plain = till.sell(("4002", 390, 1))
    till.sync_until_quiet()
    assert checked(bench) == Checked(alike=2, unknown=0, differing=())
    page = bench.client("auditor").get("/unusual").text
    assert "2 receipts were priced again and are right." in page
    assert f"/receipts/{honest.receipt_id.replace(':', '/')}" not in page

    due = f'"total_due_minor":{plain.total_due_minor}'.encode()
    run_in_tx(bench.office.database.write, lambda tx: tampered(tx, plain.receipt_id, due, b'"total_due_minor":90'))
    found = checked(bench)
    assert [found.alike, found.unknown, len(found.differing)] == [1, 0, 1]
    assert (found.differing[0].paid.total_due_minor, found.differing[0].again.total_due_minor) == (90, 390)
    page = bench.client("auditor").get("/unusual").text
    assert "1 receipt was priced again and is right." in page
    assert page.count("0.90") == 1


def test_what_cannot_be_priced_again_is_not_called_right(bench: OfficeBench, till: SellingTill) -> None:
    till.sell(("5001", 980, 1), card_id=card_of(2))
    till.sync_until_quiet()

    def spoil(tx: Session) -> None:
        tx.execute(update(CampaignSetRow).values(raw=b"{"))

    run_in_tx(bench.office.database.write, spoil)
    assert checked(bench) == Checked(alike=0, unknown=1, differing=())
    assert "1 could not be checked" in bench.client("auditor").get("/unusual").text


def test_a_card_that_meets_one_cashier_again_and_again_is_named(bench: OfficeBench, till: SellingTill) -> None:
    for _each in range(3):
        till.sell(("4002", 390, 1), card_id=card_of(2))
    for number in (1, 1, 3):
        till.sell(("4002", 390, 1), card_id=card_of(number))
    till.sync_until_quiet()
    with bench.office.database.read() as reader:
        found = same_hands(reader, bench.organisation_id, TODAY, TODAY)
        assert not same_hands(reader, bench.other_organisation(), TODAY, TODAY)
    assert [(each.operator, each.days, each.sales, each.most_a_day) for each in found] == [("17", 1, 3, 3)]
    page = bench.client("auditor").get("/unusual").text
    assert f"member={found[0].member_id}" in page
    assert "No card met the same cashier" in bench.client("auditor").get("/unusual?last=2026-01-31").text


def sold(till: SellingTill, *baskets: tuple[int, str], seconds: int = 0, operator: str = "17") -> None:
    """A sale whose register tells of these baskets one after the other: how many lines, and the card it has by then."""
    lines = tuple(
        RegisterLine(line_id=str(each), product_id="4002", unit_price_minor=390, quantity=1) for each in (1, 2)
    )
    sale_ref, due = f"{operator}-{till.journal.max_seq()}", 0
    for count, card_id in baskets:
        basket = QuoteRequest(sale_ref=sale_ref, lines=lines[:count], operator=operator, card_id=card_id)
        due = till.checkout.quote(basket).total_due_minor
    till.clock.forward(timedelta(seconds=seconds))
    tenders = (Tender(kind="cash", amount_minor=due),)
    till.checkout.commit(CommitRequest(sale_ref=sale_ref, tendered_minor=due, tenders=tenders, operator=operator))


def test_cashiers_of_late_cards_stand_beside_each_other(bench: OfficeBench, till: SellingTill) -> None:
    card, other = card_of(2), card_of(3)
    for _each in range(3):
        sold(till, (2, ""), (2, card), seconds=2, operator="18")
    sold(till, (1, card), (2, card), operator="18")
    sold(till, (1, ""), (2, card), seconds=1, operator="17")
    sold(till, (2, ""), (2, other), seconds=5, operator="17")
    sold(till, (2, other), seconds=1, operator="17")
    sold(till, (2, ""), operator="17")
    page = bench.client("auditor").get("/unusual").text
    assert "No sale of these days says when its card came." in page
    till.sync_until_quiet()
    with bench.office.database.read() as reader:
        found = late_cards(reader, bench.organisation_id, TODAY, TODAY)
        assert not late_cards(reader, bench.other_organisation(), TODAY, TODAY)
        assert not late_cards(reader, bench.organisation_id, TODAY - timedelta(days=9), TODAY - timedelta(days=1))
    assert found == [LateCards("18", 4, 3, 3, 3, 1), LateCards("17", 3, 2, 1, 0, 0)]
    assert [each.last_bp for each in found] == [7_500, 0]
    page = bench.client("auditor").get("/unusual").text
    assert "75%" in page
    assert "are worth a question" in page


@pytest.mark.parametrize("query", ["last=0001-01-01", "first=9999-12-31", "last=9999-12-31", "first=1900-01-01&last=x"])
@pytest.mark.parametrize("page", ["/unusual", "/day-end"])
def test_days_at_the_ends_of_the_calendar_are_answered(bench: OfficeBench, page: str, query: str) -> None:
    assert bench.client("auditor").get(f"{page}?{query}").status_code == 200
