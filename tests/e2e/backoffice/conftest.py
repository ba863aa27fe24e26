"""The bakery's back-office on its real server, and a browser that has signed in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from backoffice.demo.install import OWNER
from tests.evidence import used
from tests.support.office import OfficeBench, served

VENDOR = Path(__file__).parents[3] / "backoffice" / "static" / "vendor"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[OfficeBench]:
    if not (VENDOR / "htmx.min.js").exists():
        pytest.skip("the pages' packages are not installed (make setup)")
    made = OfficeBench(tmp_path / "office")
    yield made
    made.close()


@pytest.fixture
def url(bench: OfficeBench) -> Iterator[str]:
    with served(bench.app) as address:
        yield address


@pytest.fixture
def page(chromium: Browser, bench: OfficeBench, url: str) -> Iterator[Page]:
    """Somebody who has signed in. A page that reports an error of its own fails the test."""
    context = chromium.new_context(locale="en-GB", viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    opened.goto(url)
    opened.get_by_label("E-mail address").fill(OWNER)
    opened.get_by_label("Password").fill(bench.password())
    opened.get_by_role("button", name="Sign in").click()
    expect(opened.get_by_role("heading", name="Overview")).to_be_visible()
    used("http", "back-office pages")
    yield opened
    context.close()
    # htmx says so when a poll is cut off because the page is left.
    assert [error for error in errors if not error.startswith(("htmx:afterRequest", "htmx:sendAbort"))] == []
