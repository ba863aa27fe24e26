"""A real browser on a real server: signing in, building a campaign with its preview, publishing it to a real till."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.support.office import OfficeBench, SellingTill

pytestmark = pytest.mark.browser

PHONE_WIDTH = 390


def choose(page: Page, label: str, typed: str, wanted: str) -> None:
    """Use a picker as people do: type a few letters, take the offered thing."""
    page.get_by_label(label, exact=True).press_sequentially(typed)
    page.get_by_role("button", name=re.compile(f"^{wanted}")).click()


def test_a_campaign_is_built_previewed_published_and_sold_with(
    page: Page, bench: OfficeBench, url: str, tmp_path: Path
) -> None:
    till = SellingTill(tmp_path / "till", bench, url)
    page.get_by_role("link", name="New campaign").click()
    page.get_by_role("link", name=re.compile("Percent off on certain days")).click()
    page.get_by_label("Name, as customers read it").fill("Monday cakes")
    page.get_by_label("How much").first.fill("20")
    choose(page, "On which goods", "pas", "Pastry and cakes")
    words = page.locator("[data-sentences]")
    expect(words).to_contain_text("20% off Pastry and cakes.")
    expect(page.locator("[data-trial]")).to_contain_text("Saved")
    choose(page, "Except", "plu", "Plum cake")
    expect(words).to_contain_text("but not Plum cake")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("status")).to_contain_text("“Monday cakes” is published")
    tills = page.locator("[data-tills]")
    expect(tills.get_by_text("not yet")).to_have_count(2)
    till.refresh()
    expect(tills.get_by_text("received", exact=True)).to_be_visible(timeout=10_000)
    expect(tills.get_by_text("active", exact=True)).to_be_visible(timeout=10_000)
    assert till.sell(("4103", 380, 1), ("4102", 340, 1)).total_discount_minor == 76
    till.sync_until_quiet()
    expect(page.get_by_text("€0.76").first).to_be_visible(timeout=10_000)
    till.close()


def test_the_preview_follows_every_field_while_typing(page: Page, url: str) -> None:
    page.goto(f"{url}/campaigns/new?preset=next_visit")
    words = page.locator("[data-sentences]")
    expect(words).to_contain_text("From a purchase of €20.00.")
    page.get_by_label("From a purchase of").fill("35")
    expect(words).to_contain_text("From a purchase of €35.00.")
    page.get_by_text("Percent", exact=True).click()
    page.get_by_label("How much").first.fill("15")
    expect(words).to_contain_text("15% off the whole basket.")
    page.get_by_text("Tuesday", exact=True).click()
    expect(words).to_contain_text("On: Tuesday.")
    page.get_by_label("How much").first.fill("fifteen")
    expect(page.get_by_text("Still missing:")).to_be_visible()


def test_the_sample_basket_can_be_changed(page: Page, url: str) -> None:
    page.goto(f"{url}/campaigns/new?preset=spend_amount")
    trial = page.locator("[data-trial]")
    page.get_by_text("Change the sample").click()
    page.get_by_label("Brake pads, front").fill("0")
    expect(trial).to_contain_text("more needed")
    page.get_by_label("Add a product …").press_sequentially("batt")
    page.get_by_role("button", name=re.compile("^Battery")).click()
    expect(trial).to_contain_text("Battery 70 Ah")
    expect(trial).to_contain_text("€5.00")


def _type_while_the_preview_is_late(page: Page, picker: Locator) -> Locator:
    """Take a line out of the sample and type into the picker before the preview has answered; the choice offered."""
    late: list[Route] = []
    page.route("**/campaigns/preview", lambda route: late.append(route))  # noqa: PLW0108 - Playwright marks functions
    with page.expect_request("**/campaigns/preview"):
        page.get_by_label("Brake pads, front").fill("0")
    with page.expect_request("**/campaigns/preview"):
        picker.focus()
    picker.press_sequentially("batt")
    battery = page.get_by_role("button", name=re.compile("^Battery"))
    expect(battery).to_be_visible()
    with page.expect_event("requestfinished", lambda request: request.url.endswith("/campaigns/preview")):
        late[-1].continue_()
    page.unroute("**/campaigns/preview")
    return battery


def test_a_late_preview_does_not_sweep_away_what_is_being_typed(page: Page, url: str) -> None:
    page.goto(f"{url}/campaigns/new?preset=spend_amount")
    page.get_by_text("Change the sample").click()
    picker = page.get_by_label("Add a product …")
    battery = _type_while_the_preview_is_late(page, picker)
    expect(picker).to_have_value("batt")
    battery.click()
    trial = page.locator("[data-trial]")
    expect(trial).to_contain_text("Battery 70 Ah")
    expect(trial).not_to_contain_text("Brake pads")


def test_words_left_in_a_picker_do_not_hold_the_preview_back(page: Page, url: str) -> None:
    page.goto(f"{url}/campaigns/new?preset=spend_amount")
    page.get_by_text("Change the sample").click()
    picker = page.get_by_label("Add a product …")
    _type_while_the_preview_is_late(page, picker)
    expect(picker).to_have_value("batt")
    page.get_by_label("Name, as customers read it").click()
    expect(page.locator("[data-trial]")).to_contain_text("more needed")


def test_a_picker_works_from_the_keyboard_alone(page: Page, url: str) -> None:
    page.goto(f"{url}/campaigns/new?preset=free_product")
    picker = page.get_by_label("Which product; with several, the customer chooses")
    picker.press_sequentially("esp")
    expect(page.get_by_role("button", name=re.compile("^Espresso"))).to_be_visible()
    picker.press("Enter")
    expect(page.locator("[data-sentences]")).to_contain_text("1 free: Espresso.")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator("[data-sentences]")).not_to_contain_text("Espresso")


def answer_late(route: Route) -> None:
    """Let the server's answer take longer than a person takes for the next letters."""
    route.request.frame.page.wait_for_timeout(600)
    route.continue_()


def test_letters_typed_while_choosing_do_not_take_the_preview_away(page: Page, url: str) -> None:
    page.goto(f"{url}/campaigns/new?preset=free_product")
    page.route("**/campaigns/preview", answer_late)
    picker = page.get_by_label("Which product; with several, the customer chooses")
    picker.press_sequentially("esp")
    expect(page.get_by_role("button", name=re.compile("^Espresso"))).to_be_visible()
    picker.press("Enter")
    picker.press_sequentially("cap")
    expect(page.get_by_role("button", name=re.compile("^Cappuccino"))).to_be_visible()
    expect(page.locator("[data-sentences]")).to_contain_text("1 free: Espresso.")


def test_the_instant_search_needs_no_mouse(page: Page, url: str) -> None:
    page.goto(f"{url}/members")
    page.keyboard.press("/")
    page.keyboard.type("nov")
    expect(page.locator("#rows tr")).to_have_count(1)
    expect(page.locator("#rows")).to_contain_text("Petra Novák")
    page.get_by_label("Search members").fill("nobody at all")
    expect(page.locator("#rows")).to_contain_text("Nobody matches")


def test_blocking_a_card_and_taking_it_back(page: Page, url: str) -> None:
    page.goto(f"{url}/members?q=anna")
    page.get_by_role("link", name="Anna Becker").click()
    page.get_by_role("button", name="Block", exact=True).click()
    expect(page.get_by_text("blocked", exact=True)).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("blocked", exact=True)).to_have_count(0)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/campaigns",
        "/campaigns/new",
        "/campaigns/new?preset=member_coupon",
        "/members",
        "/members/new",
        "/products",
        "/categories",
        "/tills",
        "/reconciliation",
        "/imports",
        "/people",
    ],
)
def test_a_phone_needs_no_sideways_scrolling(page: Page, url: str, path: str) -> None:
    page.set_viewport_size({"width": PHONE_WIDTH, "height": 844})
    page.goto(f"{url}{path}")
    expect(page.locator("main")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE_WIDTH
    page.get_by_role("button", name="Menu").click()
    expect(page.get_by_role("link", name="Receipts", exact=True)).to_be_visible()
