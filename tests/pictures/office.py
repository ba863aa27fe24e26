"""Pictures of the back-office: every page at the width of a desk and of a phone, after three weeks of real sales."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Browser, Page

from backoffice.demo.bakery_data import PRODUCTS
from backoffice.demo.install import OWNER
from tests.support.office import OfficeBench, SellingTill, card_of, served

DESK = (1280, 900)
PHONE = (390, 844)
SALES_A_DAY = 6
DAYS = 21

PAGES = {
    "overview": "/",
    "campaigns": "/campaigns",
    "campaign-start": "/campaigns/new",
    "members": "/members",
    "member": "/members?q=jonas",
    "groups": "/groups",
    "card-artwork": "/card-artwork",
    "products": "/products",
    "categories": "/categories",
    "receipts": "/receipts",
    "receipt": "/receipts",
    "tills": "/tills",
    "reconciliation": "/reconciliation",
    "imports": "/imports",
    "people": "/people",
}
FOLLOWED = {"member": "#rows a", "receipt": "#rows tr:has(.text-green:not(:empty)) a"}
"""Pages reached by the first such link of the page they are listed with."""


def take(browser: Browser, folder: Path) -> Iterator[Path]:
    """Sell for three weeks, then look at everything."""
    with tempfile.TemporaryDirectory() as scratch:
        bench = OfficeBench(Path(scratch) / "office")
        till = SellingTill(Path(scratch) / "till", bench)
        _sell(till)
        with served(bench.app) as url:
            for name, size in (("", DESK), ("-phone", PHONE)):
                context = browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="en-GB")
                page = context.new_page()
                page.goto(url)
                yield _shot(page, folder / f"office-sign-in{name}.png")
                _sign_in(page, bench)
                yield from _pages(page, url, folder, name)
                yield _campaign(page, url, folder / f"campaign{name}.png")
                context.close()
        till.close()
        bench.close()


def _sell(till: SellingTill) -> None:
    chance = random.Random(5)
    prices = {product[0]: product[3] for product in PRODUCTS}
    for _ in range(DAYS):
        for _ in range(SALES_A_DAY):
            goods = [(each, prices[each], chance.choice((1, 1, 2))) for each in chance.sample(sorted(prices), 3)]
            card = card_of(chance.randrange(1, 13)) if chance.random() < 0.7 else ""
            till.sell(*goods, card_id=card)
            till.clock.forward(timedelta(minutes=70))
        till.sync_until_quiet()
        till.clock.forward(timedelta(hours=24, minutes=-70 * SALES_A_DAY))
    till.sync_until_quiet()
    till.sync.reconcile(till.clock.now().date() - timedelta(days=1))


def _sign_in(page: Page, bench: OfficeBench) -> None:
    page.get_by_label("E-mail address").fill(OWNER)
    page.get_by_label("Password").fill(bench.password())
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Overview").wait_for()


def _pages(page: Page, url: str, folder: Path, name: str) -> Iterator[Path]:
    for code, path in PAGES.items():
        page.goto(url + path)
        if code in FOLLOWED:
            page.locator(FOLLOWED[code]).first.click()
            page.wait_for_load_state()
        yield _shot(page, folder / f"office-{code}{name}.png")
    page.goto(f"{url}/campaigns")
    page.get_by_role("link", name="2 € off your next visit").click()
    page.locator("canvas").wait_for()
    yield _shot(page, folder / f"office-campaign-results{name}.png")


def _campaign(page: Page, url: str, path: Path) -> Path:
    """The form while it is being filled in, with its preview."""
    page.goto(f"{url}/campaigns/new?preset=weekday_percent")
    page.get_by_label("Name, as customers read it").fill("Mondays 10 % on all main dishes")
    page.get_by_label("On which goods").press_sequentially("main")
    page.get_by_role("button", name="Main dishes").click()
    page.locator("[data-sentences]", has_text="Main dishes").wait_for()
    page.locator("[data-trial]", has_text="Saved").wait_for()
    page.mouse.move(0, 0)
    page.evaluate("window.scrollTo(0, 0)")
    page.screenshot(path=path)
    return path


def _shot(page: Page, path: Path) -> Path:
    page.wait_for_function("() => document.fonts.status === 'loaded'")
    page.screenshot(path=path, full_page=True)
    return path
