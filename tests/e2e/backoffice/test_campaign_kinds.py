"""Each kind of campaign as a person makes it: from the page of presets to the till that gives what it promises.

Clicks are counted as the browser sees them; typing is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from backoffice.campaigns.actions import list_campaigns, set_state
from backoffice.db import run_in_tx
from backoffice.members.personal import Person
from backoffice.members.services import MemberInput, add_card, create_member
from backoffice.reports.figures import CampaignFigures, campaign_figures
from tests.support.office import OfficeBench, SellingTill

pytestmark = pytest.mark.browser

COUNT_CLICKS = """addEventListener("pointerdown", (event) => {
  if (event.isTrusted) sessionStorage.setItem("clicks", 1 + Number(sessionStorage.getItem("clicks")));
}, true);"""

CARD = "iso14443a:04B1DA7E000001"
ESPRESSO = "2002"


@pytest.fixture
def till(page: Page, bench: OfficeBench, url: str, tmp_path: Path) -> Iterator[SellingTill]:
    """A till in this shop, where no campaign runs yet; from now on clicks are counted."""

    def stop_all(tx: Session) -> None:
        for campaign in list_campaigns(tx, bench.organisation_id, bench.clock.now().date()):
            set_state(tx, bench.doing, campaign.campaign_id, "stopped")

    run_in_tx(bench.office.database.write, stop_all)
    bench.publish()
    made = SellingTill(tmp_path / "till", bench, url)
    page.add_init_script(COUNT_CLICKS)
    yield made
    made.close()


def begin(page: Page, url: str, search: str, title: str, name: str) -> None:
    """Search what to start from, take it with the keyboard, and give it a name."""
    page.goto(f"{url}/campaigns")
    page.get_by_role("link", name="New campaign").click()
    page.wait_for_url(re.compile("/campaigns/new"))  # loaded with its script: the keys are heard from then on
    page.get_by_label("Search a kind of campaign").press_sequentially(search)
    expect(page.get_by_role("link", name=re.compile(title))).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("preset="))  # the preview follows what is typed from then on
    page.get_by_label("Name, as customers read it").fill(name)


def goods(page: Page, label: str, typed: str, wanted: str) -> None:
    page.get_by_label(label, exact=True).press_sequentially(typed)
    page.get_by_role("button", name=re.compile(f"^{wanted}")).click()


def publish(page: Page, till: SellingTill, clicks_max: int) -> None:
    """Publish, and let the till take it over."""
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("status")).to_contain_text("is published")
    clicks = page.evaluate("Number(sessionStorage.getItem('clicks'))")
    assert 0 < clicks <= clicks_max
    till.refresh()


def programme(page: Page, url: str) -> None:
    """A point for each euro, as the page suggests it."""
    page.goto(f"{url}/programme")
    page.get_by_role("button", name="Save and publish").click()
    expect(page.get_by_role("status")).to_contain_text("The programme is published")


def member(bench: OfficeBench, birthday: date | None = None) -> None:
    """Somebody with a card."""

    def work(tx: Session) -> None:
        made = create_member(tx, bench.doing, MemberInput(Person("Bea", "Lang", birthday=birthday), "900"))
        add_card(tx, bench.doing, made.member_id, CARD)

    run_in_tx(bench.office.database.write, work)


def figures_of(bench: OfficeBench, name: str) -> CampaignFigures:
    """What the campaign's page says of it."""
    today = bench.clock.now().date()
    with bench.office.database.read() as reader:
        found = next(each for each in list_campaigns(reader, bench.organisation_id, today) if each.name == name)
        return campaign_figures(reader, bench.organisation_id, found, today)


def test_v6_mondays_ten_percent(page: Page, url: str, till: SellingTill) -> None:
    begin(page, url, "certain days", "Percent off on certain days", "Bread Mondays")
    goods(page, "On which goods", "bread", "Bread")
    expect(page.locator("[data-trial]")).to_contain_text("Saved")
    publish(page, till, clicks_max=4)
    assert till.sell(("4001", 450, 2)).total_discount_minor == 90


def test_three_for_two(page: Page, url: str, till: SellingTill) -> None:
    begin(page, url, "three two", "Three for two", "Three pastries, pay two")
    goods(page, "On which goods", "pas", "Pastry and cakes")
    expect(page.locator("[data-sentences]")).to_contain_text(
        "Of every 3 pieces of Pastry and cakes the cheapest is free."
    )
    expect(page.locator("[data-trial]")).to_contain_text("Saved")
    publish(page, till, clicks_max=4)
    assert till.sell(("4103", 380, 2), ("4102", 340, 1)).total_discount_minor == 340


def test_double_points_in_the_birthday_week(page: Page, bench: OfficeBench, url: str, till: SellingTill) -> None:
    today = bench.clock.now().date()
    member(bench, (today + timedelta(days=3)).replace(year=1990))
    programme(page, url)
    begin(page, url, "birthday double", "Double points in the birthday week", "Birthday points")
    expect(page.locator("[data-sentences]")).to_contain_text("From 3 days before the member's birthday")
    expect(page.locator("[data-trial]")).to_contain_text("Birthday points")
    publish(page, till, clicks_max=4)
    sold = till.sell(("4103", 380, 5), card_id=CARD)
    assert sum(grant.points for grant in sold.outcome.points) == 38
    bench.clock.forward(timedelta(days=7))
    late = till.sell(("4103", 380, 5), card_id=CARD)
    assert sum(grant.points for grant in late.outcome.points) == 19


@pytest.mark.parametrize("medium", ["paper", "card"])
def test_a_voucher_for_each_full_hundred(
    page: Page, bench: OfficeBench, url: str, till: SellingTill, medium: str
) -> None:
    member(bench)
    begin(page, url, "voucher", "A voucher for each full 100", "20 for next time")
    page.get_by_label("The coupon is").select_option(medium)
    expect(page.locator("[data-sentences]")).to_contain_text("at most 5 on a receipt")
    publish(page, till, clicks_max=3)
    card = CARD if medium == "card" else ""
    assert till.sell(("4103", 9990, 1), card_id=card).issued_coupons == ()
    earned = till.sell(("4103", 12_500, 2), card_id=card)
    assert [coupon.medium for coupon in earned.issued_coupons] == [medium, medium]
    bench.clock.forward(timedelta(days=1))
    codes = tuple(coupon.coupon_id for coupon in earned.issued_coupons) if medium == "paper" else ()
    assert till.sell(("4103", 5000, 1), card_id=card, codes=codes).total_discount_minor == 4000
    till.sync_until_quiet()
    figures = figures_of(bench, "20 for next time")
    assert (figures.issued, figures.redeemed, figures.open, figures.cost_minor) == (2, 2, 0, 4000)


def test_v11_the_tenth_coffee_is_free(page: Page, bench: OfficeBench, url: str, till: SellingTill) -> None:
    member(bench)
    programme(page, url)
    begin(page, url, "stamp", "Stamp card", "The tenth coffee is free")
    page.get_by_label("Its name on the receipt").fill("Coffee")
    goods(page, "Which goods give a stamp", "espr", "Espresso")
    expect(page.locator("[data-sentences]")).to_contain_text("9 stamps fill the card “Coffee”")
    publish(page, till, clicks_max=5)
    for cups in (4, 4):
        assert till.sell((ESPRESSO, 230, cups), card_id=CARD).total_discount_minor == 0
    ninth = till.sell((ESPRESSO, 230, 1), card_id=CARD)
    assert [(told.unit, told.balance) for told in ninth.balances if told.unit.startswith("stamps")] == [
        ("stamps:Coffee", 9)
    ]
    till.sync_until_quiet()  # the receipts go up …
    bench.clock.forward(timedelta(minutes=2))
    till.sync_until_quiet()  # … and what they filled comes down
    tenth = till.sell((ESPRESSO, 230, 1), card_id=CARD)
    assert tenth.total_due_minor == 0
    assert [(told.unit, told.balance) for told in tenth.balances if told.unit.startswith("stamps")] == [
        ("stamps:Coffee", 1)
    ]
    assert till.sell((ESPRESSO, 230, 1), card_id=CARD).total_due_minor == 230
    till.sync_until_quiet()
    figures = figures_of(bench, "The tenth coffee is free")
    assert (figures.issued, figures.redeemed, figures.cost_minor) == (1, 1, 230)
