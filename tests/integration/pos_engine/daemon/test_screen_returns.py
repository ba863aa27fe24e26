"""Goods come back on the cashier's screen, in a real browser, on the real checkout: found, chosen, confirmed.

Ten per cent off bread on Mondays; two loaves at 4.00 and a coffee at 2.50 cost 9.70.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from pos_engine.checkout.originals import NobodyToAsk
from pos_engine.checkout.requests import ReturnRequest
from pos_engine.core.campaign import Offer
from pos_engine.core.conditions.all_of import AllOf
from pos_engine.core.programme import Programme
from pos_engine.core.returns import ReturnedLine
from pos_engine.core.rewards.points import Points
from pos_engine.daemon.originals import BackOfficeOriginals
from pos_engine.sync.http_client import HttpBackOffice
from tests.support.office import OfficeBench, SellingTill
from tests.support.screen_server import ScreenServer
from tests.support.shop import ANNA_CARD, BREAD_DAY, COFFEE, RYE, Shop, a_campaign, a_set, line

POINTS = a_campaign("points", Offer("p", "Points", AllOf(), Points(points=10, per_minor=100), phase="points"))
"""Ten for each full 1.00."""
LOAVES, CUP = line("1", RYE, 400, 2), line("2", COFFEE, 250)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with closing(Shop(tmp_path)) as opened:
        opened.till.use_originals(NobodyToAsk(), 10_000)
        yield opened


@pytest.fixture
def page(chromium: Browser, shop: Shop) -> Iterator[Page]:
    with closing(ScreenServer(shop.till, shop.till)) as server:
        opened = chromium.new_page()
        complaints: list[str] = []
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.goto(server.url)
        yield opened
        opened.close()
        assert complaints == []


def returned(shop: Shop) -> list[tuple[str, int]]:
    return [(r.kind, r.total_due_minor) for r in shop.till.recent_receipts() if r.kind == "return"]


def test_found_by_number_chosen_and_confirmed_by_keyboard_alone(page: Page, shop: Shop) -> None:
    shop.sell("s1", LOAVES, CUP)
    shop.sell("s2", CUP)
    page.keyboard.press("b")
    expect(page.get_by_label("Number on the receipt, its code, or a card number")).to_be_focused()
    expect(page.locator("dialog td:first-child")).to_have_text(["2", "1"])
    page.keyboard.type("1")
    page.keyboard.press("Enter")
    expect(page.locator("dialog td:first-child")).to_have_text(["1"])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Goods of receipt 1 come back")).to_be_visible()
    loaf = page.get_by_label("Come back: Rye bread")
    expect(loaf).to_be_focused()
    expect(page.locator("dialog tbody tr").first).to_contain_text("€3.60")
    expect(page.get_by_role("button", name="Take back", exact=True)).to_be_disabled()
    page.keyboard.press("ArrowUp")
    confirm = page.get_by_role("button", name="Take back, €3.60 to the customer")
    expect(confirm).to_be_enabled()
    expect(page.locator("[data-refund-of='1']")).to_have_text("€3.60")
    expect(page.locator("#refund li")).to_have_text(["Cash: €3.60"])
    assert returned(shop) == [], "looking changes nothing"
    page.keyboard.press("Enter")
    expect(confirm).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#refusal")).to_have_text("Taken back: €3.60 to the customer")
    assert returned(shop) == [("return", -360)]


def test_all_that_is_left_with_one_key_and_then_nothing(page: Page, shop: Shop) -> None:
    sale = shop.sell("s1", LOAVES, CUP)
    shop.till.take_back(ReturnRequest("r0", sale.receipt_id, (ReturnedLine("1", 1),)))
    page.keyboard.press("b")
    page.get_by_role("button", name="Choose").click()
    expect(page.locator("dialog tbody tr").first).to_contain_text("1 of 2")
    expect(page.get_by_role("heading", name=re.compile("Goods of receipt"))).to_be_visible()
    page.keyboard.press("a")
    page.get_by_role("button", name="Take back, €6.10 to the customer").click()
    expect(page.locator("#refusal")).to_contain_text("€6.10")
    assert sum(minor for _, minor in returned(shop)) == -sale.total_due_minor
    page.keyboard.press("b")
    page.get_by_role("button", name="Choose").click()
    expect(page.get_by_text("All of it came back already.")).to_be_visible()


def test_the_card_at_the_till_finds_its_own_sales_and_says_what_becomes_of_points(page: Page, shop: Shop) -> None:
    earning = Programme(points_step=10, step_minor=10)
    shop.publish(a_set(2, BREAD_DAY, POINTS, programme=earning))
    shop.till.refresh()
    shop.sell("s1", CUP)
    shop.tap(ANNA_CARD)
    shop.sell("s2", LOAVES)
    shop.sell("s3", CUP)
    shop.tap(ANNA_CARD)
    expect(page.get_by_role("heading", name="Anna")).to_be_visible()
    page.keyboard.press("b")
    expect(page.locator("dialog td:first-child")).to_have_text(["2"])
    page.get_by_role("button", name="Choose").click()
    expect(page.get_by_role("heading", name=re.compile("Goods of receipt"))).to_be_visible()
    page.keyboard.press("a")
    expect(page.locator("#refund li")).to_have_text(["Cash: €7.20", "Points taken back: 70"])


def test_a_scanned_receipt_opens_by_itself(page: Page, shop: Shop) -> None:
    sale = shop.sell("s1", LOAVES)
    expect(page.get_by_role("heading", name="Sale closed")).to_be_visible()
    shop.scan(sale.receipt_id)
    expect(page.get_by_role("heading", name="Goods of receipt 1 come back")).to_be_visible()
    page.keyboard.press("Escape")
    shop.ring("s2", CUP)
    expect(page.get_by_role("dialog")).not_to_be_visible()


def test_a_wrong_number_is_said_in_the_tills_language(chromium: Browser, tmp_path: Path) -> None:
    with closing(Shop(tmp_path, language="de")) as shop, closing(ScreenServer(shop.till, shop.till)) as server:
        page = chromium.new_page()
        page.goto(server.url)
        page.keyboard.press("b")
        expect(page.locator("#return-find")).to_be_focused()
        page.keyboard.type("77")
        page.keyboard.press("Enter")
        expect(page.locator('#return-find[value="77"]')).to_be_focused()
        expect(page.get_by_text("Kein solcher Verkauf an dieser Kasse")).to_be_visible()
        page.get_by_label("Nummer auf dem Beleg, sein Code oder eine Kartennummer").fill("other:1:7")
        page.keyboard.press("Enter")
        expect(page.locator("#refusal")).to_have_text(re.compile("Das Büro muss gefragt werden"))
        page.close()


def test_what_is_typed_while_a_search_goes_on_stays(chromium: Browser, tmp_path: Path) -> None:
    with closing(Shop(tmp_path)) as shop, closing(ScreenServer(shop.till, shop.till)) as server:
        page = chromium.new_page()
        page.goto(server.url)
        page.keyboard.press("b")
        search = page.locator("#return-find")
        expect(search).to_be_focused()
        held: list[Route] = []

        def hold(route: Route) -> None:
            held.append(route)

        page.route("**/screen/returns?find=77", hold)
        search.fill("77")
        with page.expect_request("**/screen/returns?find=77"):
            page.keyboard.press("Enter")
        search.fill("78")
        with page.expect_response("**/screen/returns?find=77"):
            held[0].continue_()
        expect(page.locator('#return-find[value="77"]')).to_be_focused()
        expect(search).to_have_value("78")
        page.close()


def test_a_receipt_of_another_till_by_its_code(chromium: Browser, tmp_path: Path) -> None:
    bench = OfficeBench(tmp_path / "office")
    front, garden = (SellingTill(tmp_path / name, bench, name=name) for name in ("front", "garden"))
    with closing(HttpBackOffice(bench.clock, httpx.WSGITransport(app=bench.app))) as asked:
        garden.checkout.use_originals(BackOfficeOriginals(asked, garden.journal), 0)
        sale = front.sell(("4002", 390, 2), ("2005", 260, 1))
        front.sync_until_quiet()
        with closing(ScreenServer(garden.checkout, garden.checkout)) as server:
            page = chromium.new_page()
            page.goto(server.url)
            page.keyboard.press("b")
            expect(page.locator("#return-find")).to_be_focused()
            page.keyboard.type(sale.receipt_id)
            page.keyboard.press("Enter")
            page.get_by_label(re.compile("Come back: ")).first.fill("1")
            page.get_by_role("button", name=re.compile("Take back, ")).click()
            expect(page.locator("#refusal")).to_contain_text("Taken back")
            page.close()
    (back,) = [r for r in garden.checkout.recent_receipts() if r.kind == "return"]
    assert 0 < -back.total_due_minor < sale.total_due_minor
    garden.sync_until_quiet()
    for till in (front, garden):
        till.close()
    bench.close()


def test_the_return_is_made_once_and_only_by_the_tills_own_page(shop: Shop) -> None:
    sale = shop.sell("s1", LOAVES)
    with closing(ScreenServer(shop.till, shop.till)) as server, httpx.Client(base_url=server.url) as browser:
        own = {"Origin": server.url}
        page = browser.get("/screen/return", params={"receipt_id": sale.receipt_id}).text
        ref = re.findall('name="return_ref" value="([^"]+)"', page)[0]
        fields = {"receipt_id": sale.receipt_id, "return_ref": ref, "line-1": "1"}
        assert browser.post("/screen/return", data=fields).status_code == 403
        assert browser.post("/screen/return", data=fields, headers={"Origin": "http://elsewhere"}).status_code == 403
        assert returned(shop) == []
        for _ in range(2):
            assert browser.post("/screen/return", data=fields, headers=own).status_code == 200
        assert returned(shop) == [("return", -360)], "the answer was lost and the tap repeated"
        for wrong, status in (
            ({**fields, "line-1": "x"}, 400),
            ({**fields, "line-1": "0"}, 400),
            ({**fields, "return_ref": ""}, 400),
            ({**fields, "return_ref": "another", "line-1": "2"}, 409),
            ({**fields, "return_ref": "another", "line-9": "1"}, 409),
        ):
            assert browser.post("/screen/return", data=wrong, headers=own).status_code == status, wrong
        refused = browser.get("/screen/return/refund", params={"receipt_id": sale.receipt_id, "line-1": "2"})
        assert (refused.status_code, "came back already" in refused.text) == (409, True)
    assert len(returned(shop)) == 1
