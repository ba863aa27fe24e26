"""V5 as a person builds it: everybody who was not here for some weeks, by clicks, with the count that follows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.office import OfficeBench, SellingTill, card_of

pytestmark = pytest.mark.browser


@pytest.fixture
def five_weeks_later(bench: OfficeBench, url: str, tmp_path: Path) -> Iterator[None]:
    """The first member bought something today, five weeks after all of them had joined; nobody else was ever here."""
    bench.clock.forward(timedelta(weeks=5))
    till = SellingTill(tmp_path / "till", bench, url)
    till.sell(("4001", 450, 1), card_id=card_of(1))
    till.sync_until_quiet()
    yield
    till.close()


@pytest.mark.usefixtures("five_weeks_later")
def test_everybody_away_for_more_than_four_weeks(url: str, page: Page) -> None:
    page.goto(f"{url}/segments")
    page.get_by_role("link", name="New segment").first.click()
    page.get_by_role("link", name=re.compile("No visit for some weeks")).click()
    page.wait_for_url(re.compile("preset="))
    matched = page.locator("[data-step=matched]")
    everybody_else = int(matched.inner_text())
    assert everybody_else > 2
    weeks = page.get_by_label("More than")
    assert weeks.input_value() == "4"
    weeks.fill("6")
    expect(matched).to_have_text("0")
    weeks.fill("5")
    expect(matched).to_have_text("0")
    weeks.fill("4")
    expect(matched).to_have_text(str(everybody_else))
    page.get_by_label("Name").fill("Away for a month")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Away for a month")
    page.goto(f"{url}/segments")
    expect(page.get_by_role("row", name=re.compile("Away for a month"))).to_contain_text(
        "last visit more than 28 days ago"
    )
