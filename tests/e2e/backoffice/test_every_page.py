"""Every page that the route table knows, in a real browser: no barrier that axe-core finds, and light to load.

One browser and one shop for all of them: at the width of a desk and of a phone, with a shop's data and with none. A new
route is looked at the day it is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy.orm import Session

from backoffice.app import create_app
from backoffice.consent.links import Link, LinkKind, signed, until
from backoffice.db import run_in_tx
from backoffice.identity.links import password_link, set_up_link
from backoffice.identity.rights import Right
from backoffice.office import open_office
from backoffice.organisations.services import create_organisation, create_store
from backoffice.selfservice.links import own_page_link
from backoffice.settings import Settings
from backoffice.vault import vault_of
from backoffice.web.access import access_of
from pos_engine.core.money import Tariff
from tests.evidence import used
from tests.support import axe
from tests.support.databases import drop_database, new_database_url
from tests.support.every_route import address, methods, real_things, rules
from tests.support.office import OfficeBench, SellingTill, served
from tests.support.page_sweep import DESK, Sweep
from tests.support.screen_server import ShownTill
from tests.support.screens import CLOSED, FULL, IDLE, TROUBLE

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("every-page")]

NO_PAGES = ("/static/", "/fs-static/", "/sync/", "/l/", "/o/", "/message-pictures/", "/verify", "/api/v1/")
"""Open addresses that answer machines, with files, or lead on."""

SHOWN = (
    (IDLE, "Waiting for goods or a card"),
    (FULL, "Anna Nováková"),
    (TROUBLE, "The printer is out of paper"),
    (CLOSED, "Sale closed"),
)
"""States of a till's screen, and a word by which each is known."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OfficeBench]:
    if not axe.AXE.exists():
        pytest.skip("axe-core is not installed (make setup)")
    folder = tmp_path_factory.mktemp("every-page")
    bench = OfficeBench(folder / "office")
    till = SellingTill(folder / "till", bench)
    till.sell(("5001", 980, 1), ("7003", 1680, 1), card_id="iso14443a:04BA5E00000002")
    till.sync_until_quiet()
    till.close()
    yield bench
    bench.close()


@pytest.fixture(scope="module")
def values(shop: OfficeBench) -> dict[str, str]:
    return real_things(shop)


@pytest.fixture(scope="module")
def url(shop: OfficeBench) -> Iterator[str]:
    with served(shop.app) as address_:
        yield address_


def signed_in(chromium: Browser, client: FlaskClient, url: str) -> BrowserContext:
    """A browser with the session of a test's client."""
    cookie = client.get_cookie("backoffice")
    assert cookie is not None
    context = chromium.new_context(locale="en-GB", viewport=DESK)
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": url}])
    return context


def html_of(client: FlaskClient, path: str) -> str:
    """What a browser would show as a page; empty for a file, a piece of a page, and a way to somewhere else."""
    answer = client.get(path)
    assert answer.status_code in {200, 302, 404}, (path, answer.status_code)
    is_page = answer.status_code == 200 and answer.mimetype == "text/html" and "</html>" in answer.text
    return answer.text if is_page else ""


def starts(path: str, html: str) -> list[str]:
    """Forms that a page offers with something chosen already: its address with what stands behind the `?`."""
    found = re.findall(r'href="(' + re.escape(path) + r'\?preset=[^"]+)"', html)
    return sorted({each.replace("&amp;", "&") for each in found})


def sweep(page: Page, url: str, paths: Iterable[str], forms: Iterable[str] = ()) -> Sweep:
    seen = Sweep()
    for path in paths:
        seen.look(page, url + path, path)
    for path in forms:
        seen.look_at_form(page, url + path, path)
    used("axe", axe.version())
    used("http", "back-office pages")
    return seen


def test_pages_of_a_shop_with_its_data(chromium: Browser, shop: OfficeBench, values: dict[str, str], url: str) -> None:
    client = shop.client("owner")
    paths = [address(rule, values) for rule in rules(shop) if "GET" in methods(rule)]
    pages = {path: html for path in paths if (html := html_of(client, path))}
    forms = [each for path, html in pages.items() for each in starts(path, html)]
    wholly = {each.partition("?")[0]: each for each in forms}  # one of each form like any other page
    with signed_in(chromium, client, url) as context:
        others = [each for each in forms if each not in wholly.values()]
        seen = sweep(context.new_page(), url, [*pages, *wholly.values()], others)
    assert len(seen.pages) > 50
    seen.settle()


def test_pages_of_a_shop_that_has_nothing_yet(chromium: Browser, shop: OfficeBench, url: str) -> None:
    def found_shop(tx: Session) -> str:
        made = create_organisation(tx, shop.clock, shop.office.ids, "New shop", Tariff("EUR", 1))
        create_store(tx, shop.clock, made.organisation_id, "Here", "Europe/Berlin")
        return made.organisation_id

    client = shop.client("owner", run_in_tx(shop.office.database.write, found_shop))
    paths = [rule.rule for rule in rules(shop) if "GET" in methods(rule) and not rule.arguments]
    with signed_in(chromium, client, url) as context:
        seen = sweep(context.new_page(), url, [path for path in paths if 'class="empty' in html_of(client, path)])
    assert len(seen.pages) > 10
    seen.settle()


def open_pages(shop: OfficeBench, values: dict[str, str]) -> dict[str, str]:
    """Each open page by its rule, with a link that opens it. The link to a member's own page opens those behind it."""
    member_id = values["member_id"]
    now = shop.clock.now()
    with shop.office.database.read() as reader:
        vault = vault_of(reader)

    def link(kind: LinkKind, about: str = member_id) -> str:
        told = Link(kind, shop.organisation_id, about, until(now + timedelta(days=1)), 0, "email", "marketing")
        return signed(vault, told)

    receipt = "/".join(values[name] for name in ("workstation_id", "epoch", "seq"))
    secret = run_in_tx(shop.office.database.write, lambda tx: password_link(tx, shop.owner_id, now))
    return {
        "/sign-in": "/sign-in",
        "/password/<secret>": f"/password/{secret}",
        "/unsubscribe/<token>": f"/unsubscribe/{link(LinkKind.UNSUBSCRIBE)}",
        "/preferences/<token>": f"/preferences/{link(LinkKind.PREFERENCES)}",
        "/confirm/<token>": f"/confirm/{link(LinkKind.CONFIRM)}",
        "/no-more-reports/<token>": f"/no-more-reports/{link(LinkKind.REPORT, values['order_id'])}",
        "/my/<token>": own_page_link(vault, "", shop.organisation_id, member_id, now),
        "/my/": "/my/",
        "/my/data": "/my/data",
        "/my/erase": "/my/erase",
        "/my/receipts/<workstation_id>/<int:epoch>/<int:seq>": f"/my/receipts/{receipt}",
        "/my/ask/<organisation_id>": f"/my/ask/{shop.organisation_id}",
        "/api/docs": "/api/docs",
    }


def test_pages_that_anybody_may_open(chromium: Browser, shop: OfficeBench, values: dict[str, str], url: str) -> None:
    known = open_pages(shop, values)
    with chromium.new_context(locale="en-GB", viewport=DESK) as context:
        seen = sweep(context.new_page(), url, [*known.values(), "/nothing-here"])
    seen.settle()
    elsewhere = {"/sign-in/second", "/set-up/<secret>"}  # below, and by the test of the second factor
    unknown = {
        rule.rule
        for rule in shop.app.url_map.iter_rules()
        if "GET" in methods(rule)
        and not isinstance(access_of(shop.app, rule.endpoint), Right)
        and not rule.rule.startswith(NO_PAGES)
    }
    assert unknown - elsewhere == set(known), "say above what opens a new open page"


def test_the_page_that_sets_an_empty_installation_up(chromium: Browser, shop: OfficeBench, tmp_path: Path) -> None:
    empty = open_office(Settings(tmp_path / "empty", new_database_url()), shop.clock)
    secret = run_in_tx(empty.database.write, lambda tx: set_up_link(tx, shop.clock.now()))
    with served(create_app(empty)) as url, chromium.new_context(locale="en-GB", viewport=DESK) as context:
        sweep(context.new_page(), url, [f"/set-up/{secret}"]).settle()
    empty.close()
    drop_database(empty.settings.database_url)


def test_the_screen_of_a_till(chromium: Browser) -> None:
    if not axe.AXE.exists():
        pytest.skip("axe-core is not installed (make setup)")
    till = ShownTill()
    page = chromium.new_page()
    seen = Sweep()
    try:
        seen.look(page, till.url, "till, at the start")
        for state, words in SHOWN:
            till.show(replace(state, training=state is FULL))
            expect(page.get_by_text(words).first).to_be_visible()
            seen.judge(page, f"till, {words}")
        page.keyboard.press("r")
        expect(page.get_by_role("button", name="Print again").first).to_be_focused()
        seen.judge(page, "till, receipts")
    finally:
        page.close()
        till.close()
    seen.settle()
