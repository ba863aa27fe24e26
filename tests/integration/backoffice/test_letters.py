"""Letters: one to a household, readable through the window, each with a coupon of its own, made once."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pypdfium2
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.campaigns.actions import create_campaign, publish_campaign
from backoffice.campaigns.presets import form_of_preset
from backoffice.consent.kinds import Channel, Purpose
from backoffice.coupon_runs.services import Wanted, issue_codes
from backoffice.letters.models import LetterBatch
from backoffice.letters.writing import NO_MORE
from backoffice.members.personal import Person
from backoffice.messaging.content import Button, Content, Coupon, EmailText, Footer, Heading, Paragraph
from backoffice.messaging.kinds import ChannelRule, MailingState, State
from backoffice.messaging.models import Dispatch, Mailing
from backoffice.messaging.sending import send_due
from tests.support.messages import MessageBench
from tests.support.office import OfficeBench, csrf_free
from tests.support.scanning import codes_on, lines_of, pages_of

ADA = Person("Ada", "Lovelace", street="Rheinstraße 12 a", postcode="79100", town="Freiburg")
BEN = replace(ADA, first_name="Ben", street="RHEINSTRASSE 12A")
CHEN = Person("小明", "陈", street="Marktplatz 1", postcode="79098", town="Freiburg")
NINA = Person("Nina", "Nowhere", email="nina@example.org")
CONTENT = Content(
    "en",
    {
        "en": EmailText(
            "Ten percent for {{ first_name | you }}",
            "",
            (
                Heading("Dear {{ first_name | friend }}"),
                Paragraph("*No* #markup, $no$ code.\nSecond line."),
                Coupon("10 % off bread", "Once, until Christmas."),
                Button("Look", "https://bakery.example.org/rolls"),
                Footer("Bakery, Station Road 1"),
            ),
        )
    },
)


@pytest.fixture
def shop(bench: OfficeBench) -> MessageBench:
    return MessageBench(bench)


@pytest.fixture
def pages(bench: OfficeBench) -> Iterator[FlaskClient]:
    with csrf_free(bench.app):
        yield bench.client()


def a_letter(shop: MessageBench, *persons: Person) -> tuple[str, list[str]]:
    """A message on paper to these people, who allow it: its page and their ids."""
    ids = shop.members(persons, Channel.LETTER)
    mailing_id = shop.mailing(ids, ChannelRule.LETTER, CONTENT)
    return f"/messages/{mailing_id}", ids


def coupons(shop: MessageBench, count: int) -> str:
    doing = shop.bench.doing
    form = form_of_preset("paper_codes", doing.clock.now().date())
    assert form is not None

    def work(tx: Session) -> str:
        campaign = create_campaign(tx, doing, msgspec.structs.replace(form, name="Leaf"))
        publish_campaign(tx, doing, campaign.campaign_id)
        return issue_codes(tx, doing, campaign.campaign_id, Wanted("letters", count)).tag

    return shop.write(work)


def launched(shop: MessageBench, page: str) -> int:
    return shop.launch(page.rpartition("/")[2])


def batches(shop: MessageBench) -> list[LetterBatch]:
    with shop.office.database.read() as reader:
        return list(reader.scalars(select(LetterBatch).order_by(LetterBatch.made_at, LetterBatch.batch_id)))


def states(shop: MessageBench, page: str) -> dict[str, str]:
    with shop.office.database.read() as reader:
        rows = reader.execute(
            select(Dispatch.member_id, Dispatch.state).where(Dispatch.mailing_id == page.rpartition("/")[2])
        )
        return {row[0]: row[1] for row in rows}


def mailing_state(shop: MessageBench, page: str) -> str:
    with shop.office.database.read() as reader:
        return reader.get_one(Mailing, (shop.organisation_id, page.rpartition("/")[2])).state


def pdf(pages: FlaskClient, page: str, batch: LetterBatch) -> bytes:
    answer = pages.get(f"{page}/letters/{batch.batch_id}/pdf")
    assert answer.mimetype == "application/pdf"
    return bytes(answer.data)


def test_a_household_gets_one_letter_with_a_coupon_and_the_file_is_the_same_each_time(
    shop: MessageBench, pages: FlaskClient, tmp_path: Path
) -> None:
    page, (ada, _ben, chen, _nina) = a_letter(shop, ADA, BEN, CHEN, NINA)
    tag = coupons(shop, 3)
    assert pages.post(f"{page}/letters/coupons", data={"run": tag}).status_code == 302
    assert launched(shop, page) == 2
    assert set(states(shop, page)) == {ada, chen}, "Ben lives with Ada, nobody knows where Nina does"
    assert send_due(shop.office) == 0, "no worker sends paper"
    assert "2 letters were made" in pages.post(f"{page}/letters/make", follow_redirects=True).text
    (batch,) = batches(shop)
    made = pdf(pages, page, batch)
    assert made == pdf(pages, page, batch)
    first, second = pages_of(made, 200)
    lines = lines_of(made)
    assert {"Ada Lovelace", "Rheinstraße 12 a", "79100 Freiburg", "Dear Ada", "Ten percent for Ada"} <= set(lines)
    assert "*No* #markup, $no$ code." in lines
    assert NO_MORE["en"] in " ".join(lines)
    read = [codes_on(sheet, tmp_path) for sheet in (first, second)]
    addresses = pages.get(f"{page}/letters/{batch.batch_id}/addresses").text
    rows = list(csv.DictReader(io.StringIO(addresses.lstrip("\ufeff"))))
    assert [row["town"] for row in rows] == ["Freiburg", "Freiburg"]
    assert read == [{f"CODE-128:{row['coupon']}", f"QR-Code:{row['coupon']}"} for row in rows]
    assert mailing_state(shop, page) == MailingState.DONE
    assert pages.post(f"{page}/letters/make").status_code == 422


def test_the_address_stands_in_the_window(shop: MessageBench, pages: FlaskClient) -> None:
    page, _ids = a_letter(shop, ADA)
    said = {"window": "right", "sender_line": "Bakery · Station Road 1"}
    assert pages.post(f"{page}/letters/paper", data=said).status_code == 302
    assert pages.post(f"{page}/letters/paper", data={**said, "window": "above"}).status_code == 422
    assert pages.post(f"{page}/letters/paper", data={**said, "sender_line": " "}).status_code == 422
    for window, left in (("din_b", 25), ("right", 118)):
        pages.post(f"{page}/letters/paper", data={**said, "window": window})
        with pypdfium2.PdfDocument(pages.get(f"{page}/letters/preview").data) as document:
            place = document[0].get_textpage().search("Anna Sample").get_next()
            assert place is not None
            x, _bottom, _right, top = document[0].get_textpage().get_charbox(place[0])
            from_left, from_top = x * 25.4 / 72, (document[0].get_height() - top) * 25.4 / 72
        assert left <= from_left <= left + 2
        assert 45 + 17.7 <= from_top <= 70 if window == "din_b" else 50 <= from_top <= 60


def test_not_printed_after_all_they_wait_again_each_with_its_own_coupon(
    shop: MessageBench, pages: FlaskClient, tmp_path: Path
) -> None:
    page, (ada, chen) = a_letter(shop, ADA, CHEN)
    pages.post(f"{page}/letters/coupons", data={"run": coupons(shop, 2)})
    launched(shop, page)
    pages.post(f"{page}/letters/make")
    (batch,) = batches(shop)
    before = [codes_on(sheet, tmp_path) for sheet in pages_of(pdf(pages, page, batch))]
    assert "2 letters wait again" in pages.post(f"{page}/letters/{batch.batch_id}/undo", follow_redirects=True).text
    assert states(shop, page) == {ada: State.QUEUED, chen: State.QUEUED}
    assert mailing_state(shop, page) == MailingState.SENDING
    assert pages.post(f"{page}/letters/{batch.batch_id}/undo").status_code == 422
    assert pages.post(f"{page}/letters/{batch.batch_id}/printed").status_code == 422
    pages.post(f"{page}/letters/make")
    again = batches(shop)[-1]
    assert [codes_on(sheet, tmp_path) for sheet in pages_of(pdf(pages, page, again))] == before
    assert pages.post(f"{page}/letters/{again.batch_id}/printed").status_code == 302
    assert ">printed<" in pages.get(f"{page}/letters").text


def test_whoever_took_the_permission_back_or_moved_in_with_somebody_gets_none(
    shop: MessageBench, pages: FlaskClient
) -> None:
    page, (ada, chen) = a_letter(shop, ADA, CHEN)
    launched(shop, page)
    shop.withdraws(ada, Channel.LETTER)
    assert "1 letter was made" in pages.post(f"{page}/letters/make", follow_redirects=True).text
    assert states(shop, page) == {ada: State.REFUSED, chen: State.SENT}
    assert mailing_state(shop, page) == MailingState.DONE


def test_too_few_coupons_make_no_letter_at_all(shop: MessageBench, pages: FlaskClient) -> None:
    page, ids = a_letter(shop, ADA, CHEN)
    pages.post(f"{page}/letters/coupons", data={"run": coupons(shop, 1)})
    assert pages.post(f"{page}/letters/make").status_code == 422, "a draft has no letters yet"
    launched(shop, page)
    answer = pages.post(f"{page}/letters/make")
    assert (answer.status_code, "2 letters need a coupon, and 1 are left" in answer.text) == (422, True)
    assert states(shop, page) == dict.fromkeys(ids, State.QUEUED)
    assert pages.post(f"{page}/letters/coupons", data={"run": ""}).status_code == 302
    assert pages.post(f"{page}/letters/make").status_code == 302
    assert pages.post(f"{page}/letters/coupons", data={"run": "0000"}).status_code == 422


def test_a_service_letter_says_nothing_of_offers(shop: MessageBench, pages: FlaskClient) -> None:
    ids = shop.members([ADA], Channel.LETTER, purpose=Purpose.SERVICE)
    mailing_id = shop.mailing(ids, ChannelRule.LETTER, CONTENT, Purpose.SERVICE)
    made = pages.get(f"/messages/{mailing_id}/letters/preview").data
    assert NO_MORE["en"] not in " ".join(lines_of(made))
