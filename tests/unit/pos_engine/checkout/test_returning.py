"""Goods come back at the till: each unit once, in any steps, with the card or without it, on line and off line."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec
import pytest

from pos_engine.checkout.errors import CheckoutError
from pos_engine.checkout.originals import OriginalsUnreachableError
from pos_engine.checkout.requests import ReturnRequest
from pos_engine.core.outcome import Outcome
from pos_engine.core.returns import ReturnedLine, UnitPlace
from pos_engine.wire.returns import OriginalAnswer, ReturnedBefore
from pos_engine.wire.sync import ReceiptDocument
from tests.support.journal_checks import everything
from tests.support.shop import ANNA_CARD, COFFEE, ROLL, RYE, Shop, line


@dataclass
class Office:
    """The back-office as far as returns ask it. `reached` False: no line."""

    known: dict[str, OriginalAnswer] = field(default_factory=dict)
    reached: bool = True

    def ask(self, receipt_id: str) -> OriginalAnswer | None:
        if not self.reached:
            raise OriginalsUnreachableError
        return self.known.get(receipt_id)


@pytest.fixture
def office(shop: Shop) -> Office:
    office = Office()
    shop.till.use_originals(office, offline_returns_minor=1_000)
    return office


def sold(shop: Shop) -> str:
    """Two rye breads at 4.00 and a coffee at 3.00, for Anna: bread is 10 % off on Mondays, her coffee 0.50."""
    shop.tap(ANNA_CARD)
    return shop.sell("sale", line("1", RYE, 400, 2), line("2", COFFEE, 300)).receipt_id


def back(shop: Shop, receipt_id: str, ref: str, *lines: tuple[str, int]) -> int:
    wanted = tuple(ReturnedLine(line_id, count) for line_id, count in lines)
    return shop.till.take_back(ReturnRequest(ref, receipt_id, wanted, operator="17")).refund_minor


def receipts(shop: Shop) -> list[tuple[ReceiptDocument, Outcome]]:
    return [(row, msgspec.json.decode(row.outcome, type=Outcome)) for row in everything(shop.journal)]


@pytest.mark.usefixtures("office")
def test_in_any_steps_exactly_what_was_paid(shop: Shop) -> None:
    receipt_id = sold(shop)
    paid = receipts(shop)[0][1].total_due_minor
    steps = [
        back(shop, receipt_id, "r1", ("1", 1)),
        back(shop, receipt_id, "r2", ("2", 1)),
        back(shop, receipt_id, "r3"),
    ]
    assert steps == [360, 250, 360]
    assert sum(steps) == paid == 970
    outcomes = [outcome for _, outcome in receipts(shop)]
    for name in ("total_value_minor", "total_discount_minor", "total_due_minor"):
        assert sum(getattr(outcome, name) for outcome in outcomes) == 0
    assert sum(rate.tax_minor for outcome in outcomes for rate in outcome.vat) == 0
    booked: dict[str, int] = {}
    for row, _ in receipts(shop):
        for booking in row.bookings:
            booked[booking.unit] = booked.get(booking.unit, 0) + booking.amount
    assert set(booked.values()) == {0}, "points, stamps and the visit are undone, whoever holds the card"
    assert shop.journal.used(["bread-10"], "")["bread-10"].total_uses == 0


@pytest.mark.usefixtures("office")
def test_nothing_comes_back_twice(shop: Shop) -> None:
    receipt_id = sold(shop)
    assert back(shop, receipt_id, "r1", ("1", 2)) == 720
    with pytest.raises(CheckoutError, match="has only 0 such units left") as refused:
        back(shop, receipt_id, "r2", ("1", 1))
    assert refused.value.code == "return_refused"
    assert back(shop, receipt_id, "r1", ("1", 2)) == 720, "the same reference is the same return"
    assert len(receipts(shop)) == 2


def test_a_restart_in_between_forgets_nothing(shop: Shop, office: Office) -> None:
    receipt_id = sold(shop)
    back(shop, receipt_id, "r1", ("1", 2))
    shop.restart()
    shop.till.use_originals(office, 1_000)
    with pytest.raises(CheckoutError, match="only 0 such units left"):
        back(shop, receipt_id, "r2", ("1", 1))


def test_what_came_back_elsewhere_is_gone_here(shop: Shop, office: Office) -> None:
    receipt_id = sold(shop)
    raw = everything(shop.journal)[0]
    elsewhere = ReturnedBefore(receipt_id="till-2:1:9", units=(UnitPlace("1", 0),), due_minor=360, refund_minor=360)
    office.known[receipt_id] = OriginalAnswer(raw=msgspec.json.encode(raw).decode(), returns=(elsewhere,))
    with pytest.raises(CheckoutError, match="has only 1 such units left"):
        back(shop, receipt_id, "r1", ("1", 2))
    assert back(shop, receipt_id, "r2") == 610


def test_a_receipt_of_another_till_is_the_back_offices(shop: Shop, office: Office) -> None:
    sold(shop)
    own = everything(shop.journal)[0]
    other = msgspec.structs.replace(own, workstation_id="till-2", seq=9)
    office.known["till-2:1:9"] = OriginalAnswer(raw=msgspec.json.encode(other).decode())
    assert back(shop, "till-2:1:9", "r1", ("2", 1)) == 250
    office.reached = False
    with pytest.raises(CheckoutError, match="is of another till") as refused:
        back(shop, "till-2:1:8", "r2")
    assert refused.value.code == "return_unreachable"


def test_off_line_own_receipts_come_back_within_the_bound(shop: Shop, office: Office) -> None:
    first = sold(shop)
    second = shop.sell("later", line("1", COFFEE, 900)).receipt_id
    office.reached = False
    assert back(shop, first, "r1") == 970
    with pytest.raises(CheckoutError, match=r"this till may refund €0\.30 more") as refused:
        back(shop, second, "r2")
    assert refused.value.code == "return_unreachable"
    returned = receipts(shop)[-1][0].returned
    assert returned is not None
    assert not returned.checked, "the back-office is told that nobody was asked"
    shop.journal.acknowledge(1, 3)
    assert back(shop, second, "r2") == 900


@pytest.mark.usefixtures("office")
def test_a_cancelled_sale_and_a_return_cannot_come_back(shop: Shop) -> None:
    receipt_id = sold(shop)
    other = shop.sell("voided", line("1", ROLL, 90)).receipt_id
    shop.till.void("voided", "17")
    closed = shop.till.take_back(ReturnRequest("r1", receipt_id, (ReturnedLine("1"),)))
    for refused in (other, closed.receipt_id, "nobody:1:1"):
        with pytest.raises(CheckoutError):
            back(shop, refused, "r2")
    with pytest.raises(CheckoutError, match="came back already"):
        shop.till.void("sale", "17")
    with pytest.raises(CheckoutError, match="is a return"):
        shop.till.void("r1", "17")


@pytest.mark.usefixtures("office")
def test_the_paper_says_return_and_names_the_receipt(shop: Shop) -> None:
    receipt_id = sold(shop)
    closed = shop.till.take_back(ReturnRequest("r1", receipt_id, (ReturnedLine("1"),)))
    text = shop.till.receipt_text(closed.receipt_id)
    assert "RETURN" in text
    assert receipt_id in text
    assert "-€3.60" in text
    assert shop.till.screen().message is not None
