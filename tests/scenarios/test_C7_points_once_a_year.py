"""C7: points are earned all year and used in one window of the year; outside of it the till says so."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pos_engine.checkout.errors import CheckoutError
from pos_engine.checkout.requests import QuoteRequest, RegisterLine
from pos_engine.ports.devices import CardIdentity, CardPresented
from tests.support.office import OfficeBench, SellingTill
from tests.support.shop_desk import ShopDesk

CARD = CardIdentity("iso14443a", "04C0FFEE000031", "desfire", "key")
CURRY = 1000


def test_c7_points_can_be_used_in_advent_only(office: OfficeBench, tmp_path: Path) -> None:
    """A point for each euro, ten points are worth one; from the first of December to Christmas Eve."""
    desk = ShopDesk(office)
    desk.member("Anna", CARD.card_id)
    desk.send(
        "/programme", r"/programme$", earn_points="1", earn_per="1.00", points_step="10", step_worth="1.00",
        as_discount="yes", points_offline="bounded", points_ceiling="100", usable_from="12-01", usable_until="12-24",
    )  # fmt: skip
    till = SellingTill(tmp_path / "till", office)
    try:
        till.sell(("5002", CURRY, 1), card_id=CARD.card_id)
        with pytest.raises(CheckoutError, match="time of the year"):
            _wish(till, "still november")
        office.clock.shown = datetime(2026, 12, 1, 9, tzinfo=UTC)
        assert _wish(till, "december") == 100
        office.clock.shown = datetime(2026, 12, 25, 9, tzinfo=UTC)
        with pytest.raises(CheckoutError, match="time of the year"):
            _wish(till, "christmas")
    finally:
        till.close()


def test_c7_a_day_that_is_none_and_half_a_window_are_refused(office: OfficeBench) -> None:
    desk = ShopDesk(office)
    for window in (
        {"usable_from": "31-12"},
        {"usable_from": "12-01"},
        {"usable_from": "12-32", "usable_until": "12-31"},
    ):
        with pytest.raises(AssertionError, match=r"month and a day|first and the last day"):
            desk.send("/programme", r"/programme$", earn_points="1", earn_per="1.00", **window)


def _wish(till: SellingTill, name: str) -> int:
    """Ring up a curry with Anna's card and tap ten points; what they take off."""
    till.checkout.reader_event("counter", CardPresented(CARD))
    line = RegisterLine(line_id="1", product_id="5002", unit_price_minor=CURRY, quantity=1)
    try:
        before = till.checkout.quote(QuoteRequest(sale_ref=name, lines=(line,)))
        return before.total_due_minor - till.checkout.use_points(name, 10).total_due_minor
    finally:
        till.checkout.void(name, "17")
