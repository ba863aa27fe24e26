"""Pictures of the cashier screen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Browser

from pos_engine.checkout.screen import ScreenState
from tests.support.screen_server import ShownTill
from tests.support.screens import CLOSED, FULL, IDLE, TROUBLE

DESKTOP = (1366, 768)
TABLET = (768, 1024)

SHOTS: dict[str, tuple[ScreenState, tuple[int, int]]] = {
    "till.png": (FULL, DESKTOP),
    "till-waiting.png": (IDLE, DESKTOP),
    "till-trouble.png": (TROUBLE, DESKTOP),
    "till-closed.png": (CLOSED, DESKTOP),
    "till-tablet.png": (FULL, TABLET),
    "till-chinese.png": (replace(FULL, language="zh", currency="CNY"), TABLET),
}


def take(browser: Browser, folder: Path) -> Iterator[Path]:
    """The screen in its states, and the list of receipts."""
    with closing(ShownTill()) as till:
        for name, (state, (width, height)) in SHOTS.items():
            page = browser.new_page(viewport={"width": width, "height": height})
            till.show(state)
            page.goto(till.url)
            page.wait_for_function("() => document.querySelector('main') && document.fonts.status === 'loaded'")
            page.screenshot(path=folder / name)
            yield folder / name
            page.close()
        page = browser.new_page(viewport={"width": DESKTOP[0], "height": DESKTOP[1]})
        till.show(FULL)
        page.goto(till.url)
        page.keyboard.press("r")
        page.get_by_role("button", name="Print again").first.wait_for()
        page.screenshot(path=folder / "till-receipts.png")
        yield folder / "till-receipts.png"
        page.close()
