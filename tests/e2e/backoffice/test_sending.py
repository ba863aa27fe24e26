"""A message is sent by hand: the number that has to be typed is counted at the moment somebody types it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from backoffice.consent.kinds import Channel
from backoffice.members.personal import Person
from backoffice.messaging import services
from backoffice.messaging.audience import Audience
from tests.support.messages import MessageBench
from tests.support.office import OfficeBench

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [1280, 390])
def test_the_number_is_counted_when_somebody_is_about_to_type_it(
    bench: OfficeBench, url: str, page: Page, width: int
) -> None:
    shop = MessageBench(bench)
    shop.member(Person("Ada", email="ada@example.org"), Channel.EMAIL)
    mailing_id = shop.mailing([])
    shop.write(lambda tx: services.choose_audience(tx, bench.doing, mailing_id, Audience(everybody=True)))
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{url}/messages/{mailing_id}")
    typed = page.get_by_label("Type the number of messages to send them")
    hint, waterfall = page.locator("#h-count"), page.locator("#who-gets-it")
    expect(hint).to_have_text("It is 1 now.")
    shop.member(Person("Ben", email="ben@example.org"), Channel.EMAIL)
    typed.focus()
    expect(hint).to_contain_text("It is 2 now. Counted")
    expect(waterfall.get_by_role("row").last).to_contain_text("2")
    assert typed.evaluate("field => field === document.activeElement"), "the field keeps the cursor"
    assert typed.get_attribute("aria-describedby") == "h-count"
