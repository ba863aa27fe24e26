"""X11: each organisation counts in its own currency, with its own cash step, prices with or without tax."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from backoffice.catalogue.services import ProductInput, save_product
from backoffice.db import run_in_tx
from backoffice.organisations.services import create_organisation, create_store
from pos_engine.checkout.requests import QuoteRequest, RegisterLine
from pos_engine.core.money import Tariff
from tests.support.office import OfficeBench, SellingTill
from tests.support.shop_desk import ShopDesk

CARD = "barcode:2900000088885"


def another_shop(office: OfficeBench, name: str, tariff: Tariff, zone: str) -> ShopDesk:
    """An organisation beside the bakery, with one product; from now on the bench is its."""

    def work(tx: Session) -> str:
        made = create_organisation(tx, office.clock, office.office.ids, name, tariff)
        create_store(tx, office.clock, made.organisation_id, name, zone)
        return made.organisation_id

    office.organisation_id = run_in_tx(office.office.database.write, work)
    lunch = ProductInput("1", "Lunch", price_minor=1, vat_bp=1000)
    run_in_tx(office.office.database.write, lambda tx: save_product(tx, office.doing, lunch))
    return ShopDesk(office)


@dataclass(frozen=True)
class Lunch:
    """A shop's offer as its owner types it, and what a lunch then costs; `points`: one for each hundred paid."""

    tariff: Tariff
    zone: str
    off: str
    spend: str
    price_minor: int
    due_minor: int
    points: int
    shown: str


LUNCHES = (
    Lunch(Tariff("JPY"), "Asia/Tokyo", "500", "5000", 5_400, 4_900, 49, "¥500"),
    Lunch(Tariff("KWD"), "Asia/Kuwait", "0.500", "5.000", 5_400, 4_900, 0, "KWD0.500"),
    Lunch(Tariff("CHF", 5), "Europe/Zurich", "5.00", "50.00", 5_403, 4_903, 0, "CHF5.00"),
    Lunch(Tariff("USD", prices_include_tax=False), "America/New_York", "5.00", "50.00", 5_400, 5_390, 0, "$5.00"),
)


def test_x11_an_offer_and_points_in_the_currency_of_the_shop(office: OfficeBench, tmp_path: Path) -> None:
    for lunch in LUNCHES:
        tariff = lunch.tariff
        desk = another_shop(office, f"Noodles {tariff.currency}", tariff, lunch.zone)
        anna = desk.member("Anna", CARD)
        desk.send("/programme", r"/programme$", earn_points="1", earn_per="100")
        offer = desk.campaign("spend_amount", name="For hungry ones", amount=lunch.off, minimum_spend=lunch.spend)
        till = SellingTill(tmp_path / tariff.currency, office)
        try:
            line = RegisterLine(line_id="1", product_id="1", unit_price_minor=lunch.price_minor, quantity=1)
            quote = till.checkout.quote(QuoteRequest("look", (line,)))
            assert (quote.currency, quote.cash_step_minor) == (tariff.currency, tariff.cash_step_minor)
            till.checkout.void("look", "17")
            sold = till.sell(("1", lunch.price_minor, 1), card_id=CARD)
            assert (sold.currency, sold.total_due_minor) == (tariff.currency, lunch.due_minor)
            assert sum(grant.points for grant in sold.outcome.points) == lunch.points
            till.sync_until_quiet()
        finally:
            till.close()
        assert lunch.shown in desk.page(f"/campaigns/{offer}").text
        assert f"Points {lunch.points}" in desk.page(f"/members/{anna}").text
