"""What a member does by signed links: unsubscribing in one click, choosing, confirming an address by a real message."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from backoffice.app import create_app
from backoffice.consent.contact import Reason, may_contact
from backoffice.consent.kinds import Channel, Decision, Purpose, Source
from backoffice.consent.ledger import Said, history_of, record
from backoffice.consent.links import Link, LinkKind, signed, until
from backoffice.consent.mails import unsubscribe_headers
from backoffice.consent.optin import OPEN_MAX
from backoffice.consent.preferences import CHANGES_PER_DAY_MAX
from backoffice.db import run_in_tx
from backoffice.members import personal
from backoffice.members.erasure import erase
from backoffice.members.personal import Person
from backoffice.members.services import MemberInput, create_member
from backoffice.vault import vault_of
from backoffice.worker.ticker import tick
from tests.support.mailbox import Mailbox, smtp_server
from tests.support.office import OfficeBench, csrf_free
from tests.support.web_forms import Page

ADA = Person("Ada", "Lovelace", "ada@example.org", "+49 170 1234567")
URL = "https://shop.example.org"


@pytest.fixture
def member_id(bench: OfficeBench) -> str:
    return run_in_tx(
        bench.office.database.write,
        lambda tx: create_member(tx, bench.doing, MemberInput(ADA, language="de")).member_id,
    )


@pytest.fixture
def mailbox(bench: OfficeBench) -> Iterator[Mailbox]:
    """The office with a mail server: what the worker sends arrives here."""
    made = Mailbox()
    with smtp_server(made) as address:
        settings = replace(
            bench.office.settings, mail_server=address, mail_sender="Shop <shop@example.org>", public_url=URL
        )
        bench.office = replace(bench.office, settings=settings)
        bench.app = create_app(bench.office)
        yield made


def member_browser(bench: OfficeBench) -> FlaskClient:
    """Without any cookie, and with the protection of forms on."""
    return bench.app.test_client(use_cookies=False)


def grant(bench: OfficeBench, member_id: str) -> None:
    """Everything by e-mail and SMS, on paper."""
    said = [
        Said(member_id, channel, purpose, Decision.GRANTED, Source.PAPER_FORM, bench.clock.now(), wording="May we?")
        for channel in (Channel.EMAIL, Channel.SMS)
        for purpose in Purpose
    ]
    run_in_tx(bench.office.database.write, lambda tx: record(tx, bench.doing, said))


def may(
    bench: OfficeBench, member_id: str, purpose: Purpose = Purpose.MARKETING, channel: Channel = Channel.EMAIL
) -> Reason:
    with bench.office.database.read() as reader:
        return may_contact(reader, bench.organisation_id, member_id, channel, purpose, bench.clock.now()).reason


def entries(bench: OfficeBench, member_id: str) -> list[tuple[str, str, str, str]]:
    with bench.office.database.read() as reader:
        lines = history_of(reader, bench.organisation_id, member_id)
    return [(each.entry.decision, each.entry.channel, each.entry.purpose, each.entry.source) for each in lines]


def one_click(bench: OfficeBench, member_id: str, purpose: Purpose = Purpose.MARKETING) -> str:
    """The path that the header of a message names."""
    with bench.office.database.read() as reader:
        headers = unsubscribe_headers(vault_of(reader), URL, bench.organisation_id, member_id, purpose, ADA.email)
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    found = re.fullmatch(rf"<{URL}(/unsubscribe/[\w-]+)>", headers["List-Unsubscribe"])
    assert found is not None
    return found[1]


def own_page(bench: OfficeBench, member_id: str, *, mark: int = 0) -> str:
    with bench.office.database.read() as reader:
        ends = until(bench.clock.now() + timedelta(days=1))
        link = Link(LinkKind.PREFERENCES, bench.organisation_id, member_id, ends, mark)
        return f"/preferences/{signed(vault_of(reader), link)}"


def choose(bench: OfficeBench, where: str, allow: set[str], status: int = 200) -> Page:
    """Send the form as it stands on the page, with these ticks."""
    browser = member_browser(bench)
    form = Page(browser.get(where).text).forms[0]
    shown = [value for name, value in form.fields if name == "shown"]
    answer = browser.post(where, data={"shown": shown, "allow": sorted(allow)})
    assert answer.status_code == status, answer.text
    return Page(answer.text)


def test_f7_one_click_ends_the_campaigns_and_leaves_the_service(bench: OfficeBench, member_id: str) -> None:
    grant(bench, member_id)
    where, browser = one_click(bench, member_id), member_browser(bench)
    for _ in range(2):
        shown = browser.get(where)
        assert shown.status_code == 200
        assert "Angebote und Neuigkeiten" in shown.text
    assert browser.head(where).status_code == 200
    assert may(bench, member_id) is Reason.ALLOWED, "to look is not to act"
    answers = [browser.post(where, data={"List-Unsubscribe": "One-Click"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert "Set-Cookie" not in answers[0].headers
    assert answers[0].headers["X-Robots-Tag"].startswith("noindex")
    assert may(bench, member_id) is Reason.WITHDRAWN
    assert may(bench, member_id, channel=Channel.SMS) is Reason.ALLOWED
    assert [may(bench, member_id, purpose) for purpose in (Purpose.SERVICE, Purpose.SURVEY)] == [Reason.ALLOWED] * 2
    assert entries(bench, member_id).count(("withdrawn", "email", "marketing", "one_click")) == 1


def test_an_old_link_of_a_member_who_never_agreed_or_is_gone_is_answered_all_the_same(
    bench: OfficeBench, member_id: str
) -> None:
    where, browser = one_click(bench, member_id), member_browser(bench)
    bench.clock.forward(timedelta(days=3_000))
    assert browser.post(where).status_code == 200
    assert may(bench, member_id) is Reason.WITHDRAWN
    run_in_tx(bench.office.database.write, lambda tx: erase(tx, bench.doing, member_id))
    assert browser.post(where).status_code == 200
    assert len(entries(bench, member_id)) == 1


def test_links_that_are_made_up_over_or_of_another_kind_open_nothing(bench: OfficeBench, member_id: str) -> None:
    browser = member_browser(bench)
    token = one_click(bench, member_id).rpartition("/")[2]
    for method in ("GET", "POST"):
        for path in (f"/preferences/{token}", f"/confirm/{token}", f"/unsubscribe/{token[:-2]}", "/unsubscribe/x"):
            answer = browser.open(path, method=method)
            assert answer.status_code == 404, path
            assert "Lovelace" not in answer.text
    where = own_page(bench, member_id)
    bench.clock.forward(timedelta(days=2))
    assert browser.get(where).status_code == 410


def test_a_member_sees_and_changes_the_choices_without_signing_in(bench: OfficeBench, member_id: str) -> None:
    grant(bench, member_id)
    where = own_page(bench, member_id)
    page = Page(member_browser(bench).get(where).text)
    assert "Wie dürfen wir Sie erreichen?" in page.text
    assert not any(secret in page.html for secret in (ADA.email, "Lovelace", "1234567"))
    assert "Dafür haben wir keine Adresse" in page.text
    kept = {"email:service", "email:survey", "sms:service", "phone:marketing", "letter:marketing"}
    assert "Ihre Wahl wurde gespeichert" in choose(bench, where, kept).text
    assert may(bench, member_id) is Reason.WITHDRAWN
    assert may(bench, member_id, Purpose.SERVICE) is Reason.ALLOWED
    assert may(bench, member_id, Purpose.MARKETING, Channel.PHONE) is Reason.ALLOWED
    assert may(bench, member_id, Purpose.MARKETING, Channel.LETTER) is Reason.NO_CONSENT, "no address, no line"
    with bench.office.database.read() as reader:
        line = next(
            each for each in history_of(reader, bench.organisation_id, member_id) if each.entry.channel == "phone"
        )
    assert "darf mich so erreichen: Anruf, Angebote und Neuigkeiten" in line.wording
    assert (line.entry.actor, line.entry.source) == ("member", "page")
    before = entries(bench, member_id)
    assert "Es wurde nichts geändert" in choose(bench, where, kept).text
    assert entries(bench, member_id) == before
    assert member_browser(bench).post(where, data={"nothing": "yes"}).status_code == 200
    with bench.office.database.read() as reader:
        every = [(channel, purpose) for channel in Channel for purpose in Purpose]
        assert not any(
            may_contact(reader, bench.organisation_id, member_id, *pair, bench.clock.now()).allowed for pair in every
        )


def test_without_a_mail_server_nothing_by_e_mail_is_granted_by_the_page(bench: OfficeBench, member_id: str) -> None:
    page = choose(bench, own_page(bench, member_id), {"email:marketing", "sms:marketing"})
    assert "nicht prüfen" in page.text
    assert may(bench, member_id) is Reason.NO_CONSENT
    assert may(bench, member_id, channel=Channel.SMS) is Reason.ALLOWED


def test_the_ledger_cannot_be_filled_by_going_to_and_fro_but_taking_back_always_works(
    bench: OfficeBench, member_id: str
) -> None:
    where = own_page(bench, member_id)
    every = {f"{channel}:{purpose}" for channel in ("sms", "phone") for purpose in Purpose}
    for _ in range(CHANGES_PER_DAY_MAX // (2 * len(every))):
        choose(bench, where, every)
        choose(bench, where, set())
    choose(bench, where, every, status=422)
    assert len(entries(bench, member_id)) == CHANGES_PER_DAY_MAX
    grant(bench, member_id)
    choose(bench, where, set())
    assert may(bench, member_id, channel=Channel.SMS) is Reason.WITHDRAWN
    bench.clock.forward(timedelta(hours=23))
    choose(bench, where, every, status=422)


def confirmation(mailbox: Mailbox) -> str:
    """The path in the one message that arrived."""
    (message,) = mailbox.messages
    body = message.get_body(("plain",))
    assert body is not None
    found = re.search(rf"{URL}(/confirm/[\w-]+)", body.get_content())
    assert found is not None
    return found[1]


def test_an_address_counts_once_it_has_answered_a_real_message(
    bench: OfficeBench, mailbox: Mailbox, member_id: str
) -> None:
    page = choose(bench, own_page(bench, member_id), {"email:marketing", "email:survey"})
    assert "E-Mail geschickt" in page.text
    assert may(bench, member_id) is Reason.NO_CONSENT
    tick(bench.office)
    where, browser = confirmation(mailbox), member_browser(bench)
    message = mailbox.messages[0]
    assert message["To"] == ADA.email
    assert "bitte bestätigen Sie Ihre Adresse" in message["Subject"]
    assert "bestätigen" in browser.get(where).text.casefold()
    assert may(bench, member_id) is Reason.NO_CONSENT, "a scanner opens links, and confirms nothing"
    assert [browser.post(where).status_code for _ in range(2)] == [200, 200]
    assert may(bench, member_id) is may(bench, member_id, Purpose.SURVEY) is Reason.ALLOWED
    assert may(bench, member_id, Purpose.SERVICE) is Reason.NO_CONSENT
    assert len(entries(bench, member_id)) == 2
    tick(bench.office)
    assert len(mailbox.messages) == 1
    changed = replace(ADA, email="new@example.org")
    run_in_tx(bench.office.database.write, lambda tx: personal.save(tx, bench.organisation_id, member_id, changed))
    assert may(bench, member_id) is Reason.NOT_CONFIRMED


def test_staff_ask_an_address_and_a_link_from_its_message_proves_it(
    bench: OfficeBench, mailbox: Mailbox, member_id: str
) -> None:
    clerk = bench.client("clerk")
    where = f"/members/{member_id}/consents"
    assert f"{URL}/preferences/" in clerk.get(where).text
    with csrf_free(bench.app):
        assert clerk.post(f"{where}/ask", data={}).status_code == 422
        assert clerk.post(f"{where}/ask", data={"purpose": "service"}).status_code == 302
    tick(bench.office)
    body = mailbox.messages[0].get_body(("plain",))
    assert body is not None
    assert "darf mir E-Mails schreiben: Service und Erinnerungen." in body.get_content()
    assert member_browser(bench).post(confirmation(mailbox)).status_code == 200
    assert may(bench, member_id, Purpose.SERVICE) is Reason.ALLOWED
    onward = re.search(r'href="(/preferences/[\w-]+)"', member_browser(bench).get(one_click(bench, member_id)).text)
    assert onward is not None
    choose(bench, onward[1], {"email:service", "email:marketing"})
    assert may(bench, member_id) is Reason.ALLOWED
    assert ("granted", "email", "marketing", "confirmed") in entries(bench, member_id)
    assert len(mailbox.messages) == 1


def test_a_question_is_over_after_a_week_when_the_address_changed_and_when_the_member_is_gone(
    bench: OfficeBench, mailbox: Mailbox, member_id: str
) -> None:
    choose(bench, own_page(bench, member_id), {"email:marketing"})
    tick(bench.office)
    where, browser = confirmation(mailbox), member_browser(bench)
    other = replace(ADA, email="new@example.org")
    run_in_tx(bench.office.database.write, lambda tx: personal.save(tx, bench.organisation_id, member_id, other))
    assert browser.post(where).status_code == 410
    run_in_tx(bench.office.database.write, lambda tx: personal.save(tx, bench.organisation_id, member_id, ADA))
    bench.clock.forward(timedelta(days=7))
    assert browser.post(where).status_code == 410
    choose(bench, own_page(bench, member_id), {"email:marketing"})
    tick(bench.office)
    mailbox.messages.pop(0)
    where = confirmation(mailbox)
    run_in_tx(bench.office.database.write, lambda tx: erase(tx, bench.doing, member_id))
    assert browser.post(where).status_code == 410
    assert entries(bench, member_id) == []


def test_nobody_is_flooded_with_questions(bench: OfficeBench, mailbox: Mailbox, member_id: str) -> None:
    where = own_page(bench, member_id)
    for _ in range(OPEN_MAX):
        choose(bench, where, {"email:marketing"})
    assert "mehrmals gefragt" in choose(bench, where, {"email:marketing"}, status=422).text
    for _ in range(OPEN_MAX + 1):
        tick(bench.office)
    assert len(mailbox.messages) == OPEN_MAX
