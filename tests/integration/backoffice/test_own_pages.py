"""A member's own page by its link: what it shows, what it does, and whom it keeps out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from backoffice.app import create_app
from backoffice.campaigns.actions import create_campaign, publish_campaign
from backoffice.campaigns.form import CampaignForm
from backoffice.db import run_in_tx
from backoffice.identity.throttle import FAILURES_MAX
from backoffice.loyalty.corrections import correct
from backoffice.members.models import Member
from backoffice.members.personal import Person
from backoffice.members.services import MemberInput, add_card, cards_of, create_member
from backoffice.selfservice.asking import OWN_LINK
from backoffice.selfservice.links import MESSAGE_LIFE, YOUNG, own_page_link
from backoffice.vault import vault_of
from backoffice.worker.models import Job
from backoffice.worker.ticker import tick
from pos_engine.core.bookings import POINTS, VALUE
from tests.support.mailbox import Mailbox, smtp_server
from tests.support.office import OfficeBench, SellingTill, csrf_free

ADA = Person("Ada", "Lovelace", "ada@example.org", "+49 170 1234567")
BOB = Person("Bob", "Becker", "bob@example.org")
URL = "https://shop.example.org"
CARD = "iso14443a:04AA11223344FF"


@pytest.fixture
def member_id(bench: OfficeBench) -> str:
    return joined(bench, ADA, CARD)


@pytest.fixture
def mailbox(bench: OfficeBench) -> Iterator[Mailbox]:
    made = Mailbox()
    with smtp_server(made) as address:
        settings = replace(
            bench.office.settings, mail_server=address, mail_sender="Shop <shop@example.org>", public_url=URL
        )
        bench.office = replace(bench.office, settings=settings)
        bench.app = create_app(bench.office)
        yield made


def joined(bench: OfficeBench, person: Person, card_id: str = "", language: str = "en") -> str:
    member_id = run_in_tx(
        bench.office.database.write,
        lambda tx: create_member(tx, bench.doing, MemberInput(person, language=language)).member_id,
    )
    if card_id:
        run_in_tx(bench.office.database.write, lambda tx: add_card(tx, bench.doing, member_id, card_id).card_id)
    return member_id


def link_of(bench: OfficeBench, member_id: str) -> str:
    """The path of a link that is made now."""
    with bench.office.database.read() as reader:
        return own_page_link(vault_of(reader), "", bench.organisation_id, member_id, bench.clock.now())


def opened(bench: OfficeBench, link: str) -> tuple[FlaskClient, TestResponse]:
    """A browser that followed a link, and the page it shows."""
    browser = bench.app.test_client()
    return browser, browser.get(link, follow_redirects=True)


def code_on(page: TestResponse) -> str:
    found = re.search(r'name="code" value="([\w-]+)"', page.text)
    assert found is not None, page.text
    return found[1]


def points(bench: OfficeBench, member_id: str, amount: int, unit: str = POINTS) -> None:
    run_in_tx(bench.office.database.write, lambda tx: correct(tx, bench.doing, member_id, unit, amount, "a gift"))


def exists(bench: OfficeBench, member_id: str) -> bool:
    with bench.office.database.read() as reader:
        return reader.get(Member, (bench.organisation_id, member_id)) is not None


def test_the_link_moves_out_of_the_address_and_shows_what_the_member_has(
    bench: OfficeBench, till: SellingTill, member_id: str
) -> None:
    other = joined(bench, BOB)
    form = CampaignForm(
        kind="coupon",
        name="Thank you",
        starts_on=date(2026, 11, 23),
        ends_on=date(2026, 12, 24),
        percent_bp=1_500,
        audience_members=(member_id, other),
        valid_from_days=0,
    )

    def promise() -> None:
        campaign_id = run_in_tx(
            bench.office.database.write, lambda tx: create_campaign(tx, bench.doing, form).campaign_id
        )
        run_in_tx(bench.office.database.write, lambda tx: publish_campaign(tx, bench.doing, campaign_id).version)

    promise()
    points(bench, member_id, 120)
    till.sync_until_quiet()
    till.sell(("5001", 980, 1), card_id=CARD)
    till.sync_until_quiet()
    link = link_of(bench, member_id)
    browser, page = opened(bench, link)
    assert page.request.path == "/my/"
    assert link.rpartition("/")[2] not in page.text
    cookie = browser.get_cookie("member", path="/my")
    assert cookie is not None
    assert (cookie.http_only, cookie.same_site, cookie.path) == (True, "Lax", "/my")
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert "Hello Ada" in page.text
    assert 'data-account="points"' in page.text
    assert "Thank you" in page.text
    assert "15% off the whole basket." in page.text
    assert "Bob" not in page.text
    receipt = re.search(r'href="(/my/receipts/[^"]+)"', page.text)
    assert receipt is not None
    assert "9.80" in browser.get(receipt[1]).text
    stranger, _ = opened(bench, link_of(bench, other))
    assert stranger.get(receipt[1]).status_code == 404


def test_what_opens_nothing(bench: OfficeBench, member_id: str) -> None:
    link = link_of(bench, member_id)
    nobody = bench.app.test_client()
    for path in ("/my/", "/my/data", "/my/erase", "/my/made-up", f"{link[:-2]}xx"):
        answer = nobody.get(path)
        assert answer.status_code == 404, path
        assert "Lovelace" not in answer.text
    browser, _ = opened(bench, link)
    bench.clock.forward(MESSAGE_LIFE)
    assert browser.get("/my/").status_code == 410
    assert nobody.get(link).status_code == 410


def test_the_language_is_the_members(bench: OfficeBench) -> None:
    for language, word in (("de", "Meine Gutscheine"), ("zh", "我的优惠券"), ("cs", "Moje kupony")):
        person = replace(ADA, email=f"{language}@example.org")
        _, page = opened(bench, link_of(bench, joined(bench, person, language=language)))
        assert word in page.text


def test_staff_end_every_link_and_a_new_one_works(bench: OfficeBench, member_id: str) -> None:
    clerk, where = bench.client("clerk"), f"/members/{member_id}/own-page"
    shown = clerk.get(where)
    found = re.search(r'value="http://localhost(/my/[\w-]+)"', shown.text)
    assert found is not None
    browser, page = opened(bench, found[1])
    assert "Hello Ada" in page.text
    bench.clock.forward(timedelta(seconds=1))
    with csrf_free(bench.app):
        assert clerk.post(f"{where}/end").status_code == 302
    assert browser.get("/my/").status_code == 410
    assert browser.get(found[1]).status_code == 410
    bench.clock.forward(timedelta(seconds=1))
    assert "Hello Ada" in opened(bench, link_of(bench, member_id))[1].text


def test_a_lost_card_is_blocked_and_staff_see_who_did_it(bench: OfficeBench, member_id: str) -> None:
    theirs = joined(bench, BOB, "iso14443a:04BB11223344FF")
    browser, page = opened(bench, link_of(bench, member_id))
    code = code_on(page)
    lost = f"/my/cards/{CARD}/lost"
    assert browser.post(lost).status_code == 400, "a form of another site has no code"
    assert browser.post(lost, data={"code": "x" * 22}).status_code == 400
    assert browser.post("/my/cards/iso14443a:04BB11223344FF/lost", data={"code": code}).status_code == 404
    done = browser.post(lost, data={"code": code}, follow_redirects=True)
    assert "no till takes it any more" in done.text
    with bench.office.database.read() as reader:
        states = [cards_of(reader, bench.organisation_id, each)[0].state for each in (member_id, theirs)]
    assert states == ["blocked", "active"]
    staff = bench.client("clerk").get(f"/members/{member_id}").text
    assert "Card blocked" in staff
    assert "the member" in staff


def test_to_take_everything_away_asks_for_a_young_link(bench: OfficeBench, mailbox: Mailbox, member_id: str) -> None:
    browser, page = opened(bench, link_of(bench, member_id))
    code = code_on(page)
    assert "ada@example.org" in browser.get("/my/data").text
    told = json.loads(browser.post("/my/data.json", data={"code": code}).data)
    assert told["person"]["email"] == "ada@example.org"
    assert told["cards"][0]["card_id"] == CARD
    bench.clock.forward(YOUNG + timedelta(seconds=1))
    assert "Hello Ada" in browser.get("/my/").text
    for answer in (
        browser.get("/my/data"),
        browser.get("/my/erase"),
        browser.post("/my/data.json", data={"code": code}),
    ):
        assert answer.status_code == 403
        assert "ada@example.org" not in answer.text
    assert browser.post("/my/erase", data={"code": code, "erase": "yes", "sure": "yes"}).status_code == 403
    assert exists(bench, member_id)
    browser.post("/my/fresh", data={"code": code})
    tick(bench.office)
    young, _ = opened(bench, mailed_links(mailbox)[0])
    assert "ada@example.org" in young.get("/my/data").text


def mailed_links(mailbox: Mailbox) -> list[str]:
    (message,) = mailbox.messages
    body = message.get_body(("plain",))
    assert body is not None
    return re.findall(rf"{URL}(/my/[\w-]+)", body.get_content())


def test_erasure_asks_twice_and_waits_for_money_on_the_account(bench: OfficeBench, member_id: str) -> None:
    browser, page = opened(bench, link_of(bench, member_id))
    code = code_on(page)
    points(bench, member_id, 500, VALUE)
    owed = browser.post("/my/erase", data={"code": code, "erase": "yes", "sure": "yes"})
    assert "€5.00" in owed.text
    assert exists(bench, member_id)
    points(bench, member_id, -500, VALUE)
    first = browser.get("/my/erase")
    assert "What stays names nobody" in first.text
    second = browser.post("/my/erase", data={"code": code, "erase": "yes"})
    assert "Really erase?" in second.text
    assert exists(bench, member_id)
    assert (
        "Nothing that names you" in browser.post("/my/erase", data={"code": code, "erase": "yes", "sure": "yes"}).text
    )
    assert not exists(bench, member_id)
    assert browser.get("/my/").status_code == 404


def test_who_asks_by_an_address_learns_nothing_of_it(bench: OfficeBench, mailbox: Mailbox) -> None:
    joined(bench, ADA)
    joined(bench, replace(BOB, email="ADA@example.org "))
    browser, where = bench.app.test_client(), f"/my/ask/{bench.organisation_id}"
    answers = [browser.post(where, data={"email": each}) for each in ("Ada@Example.org", "nobody-here@example.org")]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].text == answers[1].text
    with bench.office.database.read() as reader:
        jobs = reader.scalars(select(Job.due_key).where(Job.kind == OWN_LINK)).all()
    assert len(jobs) == 2
    assert not any("example" in key for key in jobs), "an address is never written down"
    tick(bench.office)
    assert [message["To"] for message in mailbox.messages] == ["ada@example.org"]
    links = mailed_links(mailbox)
    assert len(links) == 2
    assert {opened(bench, link)[1].status_code for link in links} == {200}
    assert any("Hello Bob" in opened(bench, link)[1].text for link in links)


def test_asking_again_and_again_is_slowed_down_and_sends_one_message(bench: OfficeBench, mailbox: Mailbox) -> None:
    joined(bench, ADA)
    browser, where = bench.app.test_client(), f"/my/ask/{bench.organisation_id}"
    statuses = [browser.post(where, data={"email": ADA.email}).status_code for _ in range(FAILURES_MAX + 1)]
    assert statuses == [200] * FAILURES_MAX + [429]
    tick(bench.office)
    assert len(mailbox.messages) == 1
    assert browser.get("/my/ask/another-shop").status_code == 404
    bench.clock.forward(timedelta(days=2))
    tick(bench.office)
    with bench.office.database.read() as reader:
        left = reader.scalar(select(func.count()).where(Job.kind == OWN_LINK))
    assert left == 0, "the night forgets who was asked for"


def test_a_link_of_one_shop_shows_nothing_of_another(bench: OfficeBench, member_id: str) -> None:
    other = bench.other_organisation()
    with bench.office.database.read() as reader:
        link = own_page_link(vault_of(reader), "", other, member_id, bench.clock.now())
    assert bench.app.test_client().get(link).status_code == 404
    stranger = bench.client("owner", other)
    for path in ("", "/send", "/end"):
        with csrf_free(bench.app):
            answer = stranger.open(f"/members/{member_id}/own-page{path}", method="POST" if path else "GET")
        assert answer.status_code == 404
