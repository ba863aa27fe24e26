"""A whole sale on the real checkout, as the cashier sees it: the journal, the rules and the words are the real ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from pos_engine.ports.devices import CardIdentity
from tests.support.screen_server import ScreenServer
from tests.support.shop import ANNA_CARD, COFFEE, LOST_CARD, ROLL, RYE, STRANGE_CARD, Shop, line

BREAD = line("1", RYE, 400)
CUP = line("2", COFFEE, 250)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with closing(Shop(tmp_path)) as opened:
        yield opened


@pytest.fixture
def page(chromium: Browser, shop: Shop) -> Iterator[Page]:
    with closing(ScreenServer(shop.till)) as server:
        opened = chromium.new_page()
        opened.goto(server.url)
        yield opened
        opened.close()


def test_card_goods_a_tap_and_the_receipt(page: Page, shop: Shop) -> None:
    expect(page.get_by_role("heading", name="Waiting for goods or a card")).to_be_visible()
    shop.tap(ANNA_CARD)
    expect(page.get_by_role("heading", name="Anna")).to_be_visible()
    expect(page.locator(".points b")).to_have_text("120")
    shop.ring("s1", BREAD, CUP)
    expect(page.locator(".due b")).to_have_text("€5.60")
    expect(page.locator(".offer.applied")).to_have_count(2)

    page.get_by_role("button", name="Members' coffee 0.50 off").click()
    expect(page.locator(".due b")).to_have_text("€6.10")
    expect(page.locator(".offer.declined")).to_contain_text("Left out on request")
    page.get_by_role("button", name="Members' coffee 0.50 off").click()
    expect(page.locator(".due b")).to_have_text("€5.60")

    shop.settle("s1", 560)
    expect(page.get_by_role("heading", name="Sale closed")).to_be_visible()
    expect(page.get_by_text("Receipt 1", exact=True)).to_be_visible()


def test_what_is_missing_is_said_with_its_amount(page: Page, shop: Shop) -> None:
    shop.ring("s1", line("1", ROLL, 1500))
    expect(page.locator(".offer.available").filter(has_text="A coupon for next time")).to_contain_text("€5.00")


@pytest.mark.parametrize("card", [STRANGE_CARD, LOST_CARD], ids=["unknown", "blocked"])
def test_a_card_that_is_no_use_is_said_and_the_sale_goes_on(page: Page, shop: Shop, card: CardIdentity) -> None:
    shop.ring("s1", BREAD)
    shop.tap(card)
    message = shop.till.screen().message
    assert message is not None
    expect(page.locator(".banners")).to_contain_text(message.text)
    expect(page.locator(".due b")).to_have_text("€3.60")


def test_a_parked_sale_waits_and_comes_back_by_keyboard(page: Page, shop: Shop) -> None:
    shop.tap(ANNA_CARD)
    shop.ring("s1", BREAD, CUP)
    page.get_by_role("button", name="Park this sale").click()
    expect(page.get_by_role("heading", name="Waiting for goods or a card")).to_be_visible()
    page.keyboard.press("p")
    expect(page.get_by_role("dialog")).to_contain_text("Anna")
    page.keyboard.press("Enter")
    expect(page.locator(".due b")).to_have_text("€5.60")


def test_the_last_receipts_are_listed_newest_first(page: Page, shop: Shop) -> None:
    for number in range(1, 4):
        shop.sell(f"s{number}", BREAD)
    page.keyboard.press("r")
    expect(page.locator("dialog td:first-child")).to_have_text(["3", "2", "1"])
    expect(page.locator("dialog tr").first).to_contain_text("10:00")  # nine o'clock in UTC, ten in the shop


@pytest.mark.parametrize("width", [1366, 390], ids=["desktop", "phone"])
def test_who_is_not_this_customer_is_sent_away_by_finger_and_by_key(page: Page, shop: Shop, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    button = page.get_by_role("button", name="Not this customer")
    expect(button).to_have_count(0)
    shop.tap(ANNA_CARD)
    button.click()
    expect(page.get_by_role("heading", name="Waiting for goods or a card")).to_be_visible()
    expect(page.locator(".banners")).to_contain_text("Anna's card no longer counts")
    shop.ring("s1", CUP)
    shop.tap(ANNA_CARD)
    shop.ring("s1", CUP)
    expect(page.locator(".due b")).to_have_text("€2.00")
    expect(button).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.keyboard.press("n")
    expect(page.locator(".due b")).to_have_text("€2.50")
    expect(page.get_by_role("heading", name="No card yet")).to_be_visible()
    expect(button).to_have_count(0)
