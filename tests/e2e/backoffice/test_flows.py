"""F1 as a person does it: a welcome from the preset, by clicks, to the e-mail that a new member gets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from backoffice.app import create_app
from tests.support.flows import FlowBench
from tests.support.mailbox import Mailbox, smtp_server
from tests.support.messages import MessageBench
from tests.support.office import OfficeBench

pytestmark = pytest.mark.browser

POLLED_WITHIN_MS = 20_000
"""The page asks every 5 seconds."""


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def shop(tmp_path: Path, mailbox: Mailbox) -> Iterator[MessageBench]:
    """The bakery with a mail server."""
    bench = OfficeBench(tmp_path / "office")
    with smtp_server(mailbox) as address:
        made = MessageBench(bench, address)
        bench.app = create_app(made.office)
        yield made
    bench.close()


@pytest.fixture
def bench(shop: MessageBench) -> OfficeBench:
    return shop.bench


def test_a_welcome_flow_from_its_preset_to_the_mail(page: Page, shop: MessageBench, mailbox: Mailbox) -> None:
    page.get_by_role("link", name="Flows").click()
    page.get_by_role("link", name="New flow").first.click()
    page.get_by_role("button", name=re.compile("A greeting to everybody who joins")).click()
    page.get_by_label("Days to wait").fill("7")
    page.get_by_text("Add a step").last.click()
    page.get_by_role("button", name="Wait some days").last.click()
    expect(page.get_by_label("Days to wait")).to_have_count(2)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_label("Days to wait")).to_have_count(1)
    page.get_by_label("Days to wait").fill("7")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Nothing stands in the way.")).to_be_visible()
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text("The flow runs.")).to_be_visible()
    flows = FlowBench(shop.bench, shop)
    shop.bench.clock.forward(timedelta(minutes=1))
    flows.member("Ada")
    flows.turn()
    shop.turn()
    assert [str(each["To"]) for each in mailbox.messages] == ["ada@example.org"]
    expect(page.locator(".flow-line", has_text="Wait 7 days")).to_have_text(
        re.compile(r"Wait 7 days\s*1\s*$"), timeout=POLLED_WITHIN_MS
    )
    page.get_by_role("link", name="1 people stand here").click()
    page.locator("#people").get_by_role("link", name=re.compile("Ada")).click()
    expect(page.get_by_role("heading", name="Ada")).to_be_visible()
    page.get_by_role("button", name="Move on now").click()
    flows.turn()
    shop.turn()
    assert [str(each["Subject"]) for each in mailbox.messages][1:] == ["Your card is waiting"]


def test_a_question_with_conditions_is_built_by_clicks(page: Page) -> None:
    page.goto(page.url.rstrip("/") + "/flows/new")
    page.get_by_role("button", name=re.compile("From nothing")).click()
    page.get_by_text("Add a step").last.click()
    page.get_by_role("button", name="Ask something: two ways").click()
    builder = page.get_by_role("group", name="Group of conditions")
    expect(builder).to_be_hidden()
    page.get_by_label("Do these conditions hold?").check()
    builder.get_by_text("Add a condition").click()
    builder.get_by_role("button", name="Language").click()
    builder.get_by_text("Français").click()
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Does this hold? speaks Français")).to_be_visible()
    page.get_by_role("link", name="Who would come in now").click()
    expect(page.get_by_text("Whoever becomes a member comes in at once.")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
