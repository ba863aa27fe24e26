"""The cashier screen as a browser shows it, over a real HTTP server and its event stream."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from pos_engine.daemon.screen import CLIENTS_MAX
from tests.evidence import used
from tests.support.screen_server import HEARTBEAT_S, ShownTill
from tests.support.screens import CLOSED, FULL, IDLE, TROUBLE

LOOK_MS = 5_000
DESKTOP = {"width": 1366, "height": 768}
TABLET = {"width": 768, "height": 1024}


@pytest.fixture
def till() -> Iterator[ShownTill]:
    served = ShownTill()
    yield served
    served.close()


@pytest.fixture(params=[DESKTOP, TABLET], ids=["desktop", "tablet"])
def page(request: pytest.FixtureRequest, chromium: Browser, till: ShownTill) -> Iterator[Page]:
    opened = chromium.new_page(viewport=request.param)
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.set_default_timeout(LOOK_MS)
    opened.goto(till.url)
    yield opened
    opened.close()
    assert complaints == [], "the page broke a rule of its own security policy, or its script failed"


def nothing_is_cut_off(page: Page) -> bool:
    """No sideways scrolling, and the total to pay is inside the window."""
    wide: bool = page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    box = page.locator(".due b").bounding_box()
    assert box is not None
    assert page.viewport_size is not None
    return wide and box["y"] + box["height"] <= page.viewport_size["height"]


def test_a_sale_appears_changes_and_closes_by_itself(page: Page, till: ShownTill) -> None:
    expect(page.get_by_role("heading", name="Waiting for goods or a card")).to_be_visible()
    till.show(FULL)
    expect(page.get_by_role("heading", name="Anna Nováková")).to_be_visible()
    expect(page.locator(".tier")).to_have_text("Gold")
    expect(page.locator(".points b")).to_have_text("1240")
    expect(page.locator(".offer.applied .saving")).to_have_text(["-€1.29", "-€0.48"])
    expect(page.locator(".offer.available .note")).to_have_text(["add 4.20", "add 2.00"])
    expect(page.locator(".due b")).to_have_text("€26.23")
    assert nothing_is_cut_off(page)
    till.show(CLOSED)
    expect(page.get_by_role("heading", name="Sale closed")).to_be_visible()
    till.show(IDLE)
    expect(page.get_by_role("heading", name="Waiting for goods or a card")).to_be_visible()


def test_trouble_is_seen_and_the_total_stays(page: Page, till: ShownTill) -> None:
    till.show(TROUBLE)
    expect(page.locator("#live .banner.error p").first).to_have_text(
        "This card is not known here. The sale goes on without it."
    )
    expect(page.get_by_text("The printer is out of paper. Put in a new roll.")).to_be_visible()
    assert nothing_is_cut_off(page)


def test_offers_are_tapped_by_finger_and_by_digit(page: Page, till: ShownTill) -> None:
    till.show(FULL)
    page.get_by_role("button", name="10 % on every kind of bread").click()
    page.keyboard.press("3")
    page.wait_for_function("() => !document.querySelector('.offer button:disabled')")
    assert till.checkout.taps == [("decline", "4711@2026-11-20", "bread"), ("accept", "4711@2026-11-20", "coffee")]


def test_the_second_tap_is_sent_when_the_first_is_answered(page: Page, till: ShownTill) -> None:
    till.show(FULL)
    held: list[Route] = []

    def hold_the_first(route: Route) -> None:
        held.append(route)
        if len(held) > 1:
            route.continue_()

    page.route("**/screen/offer", hold_the_first)
    page.get_by_role("button", name="10 % on every kind of bread").click()
    page.keyboard.press("3")
    page.wait_for_function("() => document.querySelectorAll('.offer button:disabled').length === 2")
    assert len(held) == 1, "two requests side by side may arrive in any order"
    held[0].continue_()
    page.wait_for_function("() => !document.querySelector('.offer button:disabled')")
    assert [offer for *_, offer in till.checkout.taps] == ["bread", "coffee"]


def test_receipts_are_found_and_printed_again_by_keyboard_alone(page: Page, till: ShownTill) -> None:
    older = replace(till.checkout.receipts[0], receipt_id="till-1:1:16", sequence_no=16)
    till.checkout.receipts = (till.checkout.receipts[0], older)
    page.keyboard.press("r")
    expect(page.get_by_role("button", name="Print again").first).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_text("A copy of receipt 16 is being printed.")).to_be_visible()
    assert till.checkout.taps == [("reprint", "till-1:1:16", "")]
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_a_parked_sale_is_resumed(page: Page, till: ShownTill) -> None:
    till.show(FULL)
    page.get_by_role("button", name="Parked 1").click()
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert till.checkout.taps == [("resume", "4709@2026-11-20")]


def test_a_screen_that_is_redrawn_keeps_the_focus(page: Page, till: ShownTill) -> None:
    till.show(FULL)
    button = page.get_by_role("button", name="Mondays 10 % on all main dishes")
    button.focus()
    till.show(replace(FULL, outbox_count=1, offline=True))
    expect(page.get_by_text("Off line")).to_be_visible()
    expect(button).to_be_focused()


def test_a_daemon_that_goes_away_is_noticed_and_comes_back(chromium: Browser) -> None:
    till = ShownTill()
    page = chromium.new_page()
    page.goto(till.url)
    expect(page.get_by_role("heading", name="Waiting for goods or a card")).to_be_visible()
    till.close()
    expect(page.locator("#lost")).to_be_visible(timeout=4 * LOOK_MS)
    page.close()


def test_a_refusal_is_said_on_the_screen(chromium: Browser, till: ShownTill) -> None:
    page = chromium.new_page()
    till.show(FULL)
    till.checkout.refuse_text = "The sale is closed. Void it instead."
    page.goto(till.url)
    page.get_by_role("button", name="Park this sale").click()
    expect(page.get_by_text("The sale is closed. Void it instead.")).to_be_visible()
    page.close()


def test_browsers_that_went_away_free_their_places(till: ShownTill) -> None:
    for _ in range(3 * CLIENTS_MAX):
        with httpx.stream("GET", f"{till.url}/events", timeout=LOOK_MS / 1000) as stream:
            assert stream.status_code in {200, 503}
            if stream.status_code == 503:
                break
            used("http", "event stream")
            assert next(stream.iter_lines()) == "retry: 1000"
    freed = threading.Event()
    for _ in range(100):
        if till.feed.clients == 0:
            freed.set()
            break
        freed.wait(HEARTBEAT_S)
    assert freed.is_set(), f"{till.feed.clients} of {CLIENTS_MAX} places are still held"
