"""V11: points pay from a minimum balance on, and not below it."""

from __future__ import annotations

from pathlib import Path

from pos_engine.checkout.requests import CommitRequest, QuoteRequest, RegisterLine
from pos_engine.ports.devices import CardIdentity, CardPresented
from pos_engine.wire.sync import Tender
from tests.support.office import OfficeBench, SellingTill
from tests.support.shop_desk import ShopDesk

CARD = CardIdentity("iso14443a", "04C0FFEE000011", "desfire", "key")
"""Proven by its key: a plain tag is copied in seconds, so it earns and may not spend."""
CURRY = 1050


def test_v11_points_are_no_money_until_the_least_balance_is_reached(office: OfficeBench, tmp_path: Path) -> None:
    """A point for each euro, ten points are worth one, from a balance of fifteen on."""
    desk = ShopDesk(office)
    anna = desk.member("Anna", CARD.card_id)
    desk.send(
        "/programme", r"/programme$", earn_points="1", earn_per="1.00", points_step="10", step_worth="1.00",
        points_min="15", as_discount="yes", points_offline="bounded", points_ceiling="100",
    )  # fmt: skip
    till = SellingTill(tmp_path / "till", office)
    try:
        bought = [_buy(till, number, points=20) for number in (1, 2, 3)]
        # taken off, and the points that the receipt then says
        assert bought == [(0, 10), (0, 20), (200, 8)]
        till.sync_until_quiet()
    finally:
        till.close()
    assert "Points 8" in desk.page(f"/members/{anna}").text


def _buy(till: SellingTill, number: int, *, points: int) -> tuple[int, int]:
    """A curry, with so many points; what they took off, and the balance on the receipt."""
    line = RegisterLine(line_id="1", product_id="5002", unit_price_minor=CURRY, quantity=1)
    ref = f"curry-{number}"
    till.checkout.reader_event("counter", CardPresented(CARD))
    quote = till.checkout.quote(QuoteRequest(sale_ref=ref, lines=(line,), points=points))
    due = quote.total_due_minor
    closed = till.checkout.commit(
        CommitRequest(sale_ref=ref, tendered_minor=due, tenders=(Tender(kind="cash", amount_minor=due),))
    )
    (balance,) = [told.balance for told in closed.balances if told.unit == "points"]
    return CURRY - due, balance
