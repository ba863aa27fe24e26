"""Cashiers, their acts, day-end totals and late credits between the back-office's pages and a real till."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from backoffice.members.models import Card, Member
from backoffice.reports.day_end import DayFilter, day_totals
from backoffice.reports.unusual import Corrections, corrections
from pos_engine.checkout.account_moves import AccountRequest
from pos_engine.checkout.counter_acts import CounterActs
from pos_engine.checkout.errors import CheckoutError
from pos_engine.checkout.pins import PinDesk, PinProof
from pos_engine.checkout.requests import ReturnRequest
from pos_engine.core.returns import ReturnedLine
from pos_engine.daemon.originals import BackOfficeOriginals
from pos_engine.ports.devices import CardIdentity, CardPresented
from pos_engine.receipts.day_end import Totals
from tests.support.office import OfficeBench, SellingTill, csrf_free

EVA = PinProof("17", "4718")
LASAGNE, CAKE = ("5001", 980, 1), ("7003", 1680, 2)


class Counter:
    """A till with a cashier, and the pages of the shop."""

    def __init__(self, folder: Path, bench: OfficeBench, name: str = "Front till") -> None:
        self.bench = bench
        self.till = SellingTill(folder, bench, name=name)
        self.acts = CounterActs(
            self.till.checkout, self.till.journal, PinDesk(self.till.journal, self.till.replica, bench.clock)
        )

    def close(self) -> None:
        self.till.close()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[OfficeBench]:
    opened = OfficeBench(tmp_path / "office")
    with csrf_free(opened.app):
        yield opened
    opened.close()


@pytest.fixture
def counter(tmp_path: Path, bench: OfficeBench) -> Iterator[Counter]:
    opened = Counter(tmp_path / "till", bench)
    yield opened
    opened.close()


@pytest.fixture
def pages(bench: OfficeBench) -> FlaskClient:
    return bench.client("owner")


def hire(pages: FlaskClient, counter: Counter, **policy: str) -> None:
    assert pages.post("/cashiers", data={"operator": "17", "name": "Eva", "pin": "4718"}).status_code == 302
    assert pages.post("/cashiers/policy", data=policy).status_code == 302
    counter.till.sync_until_quiet()


def a_member(bench: OfficeBench) -> tuple[str, str, str]:
    """A member's id, card and path."""
    with bench.office.database.read() as reader:
        card = reader.scalars(
            select(Card)
            .join(Member, (Member.organisation_id == Card.organisation_id) & (Member.member_id == Card.member_id))
            .where(Card.organisation_id == bench.organisation_id, Card.state == "active")
            .order_by(Member.number)
        ).first()
    assert card is not None
    return card.member_id, card.card_id, f"/members/{card.member_id}"


def tap(counter: Counter, card_id: str) -> None:
    technology, _, uid = card_id.partition(":")
    proved = CardIdentity(technology, uid, "desfire", "key")
    counter.till.checkout.reader_event("counter", CardPresented(proved))


def table(pages: FlaskClient, path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(pages.get(path).data.decode("utf-8-sig"))))


def test_a_pin_travels_to_the_till_and_every_use_comes_back(counter: Counter, pages: FlaskClient) -> None:
    hire(pages, counter, pins="on")
    closed = counter.till.sell(LASAGNE)
    with pytest.raises(CheckoutError, match="PIN"):
        counter.acts.reprint(closed.receipt_id, PinProof("17"))
    counter.acts.reprint(closed.receipt_id, EVA)
    counter.till.sync_until_quiet()
    counter.till.sync_until_quiet()
    (row,) = table(pages, "/operator-actions.csv")
    assert (row["operator"], row["action"], row["subject"], row["by_pin"]) == (
        *("17", "reprint", closed.receipt_id, "yes"),
    )
    page = pages.get("/operator-actions").text
    assert "printed again" in page
    assert "Eva" in page
    for shown in (page, pages.get("/cashiers").text):
        assert not re.search(r"(?<![0-9A-Za-z_-])4718(?![0-9A-Za-z_-])", shown), "beside the digits in ids and tokens"


def test_a_blocked_or_changed_pin_opens_nothing(counter: Counter, pages: FlaskClient) -> None:
    hire(pages, counter, pins="on")
    closed = counter.till.sell(LASAGNE)
    assert pages.post("/cashiers/17/pin", data={"pin": "9042"}).status_code == 302
    counter.till.sync_until_quiet()
    with pytest.raises(CheckoutError, match="wrong"):
        counter.acts.reprint(closed.receipt_id, EVA)
    assert pages.post("/cashiers/17/block").status_code == 302
    counter.till.sync_until_quiet()
    with pytest.raises(CheckoutError, match="blocked"):
        counter.acts.reprint(closed.receipt_id, PinProof("17", "9042"))


@pytest.mark.parametrize("pin", ["", "123", "123456789", "12a4", "1111", "1234", "4321", "\u0661\u0662\u0663\u0664"])
def test_a_bad_pin_is_refused_with_a_reason(pages: FlaskClient, pin: str) -> None:
    answer = pages.post("/cashiers", data={"operator": "18", "name": "Ivo", "pin": pin})
    assert answer.status_code == 422
    assert "PIN" in answer.text
    assert 'value="Ivo"' in answer.text, "what was typed is still there"


def test_pins_are_not_asked_for_where_nobody_has_one(pages: FlaskClient) -> None:
    assert pages.post("/cashiers/policy", data={"pins": "on"}).status_code == 422


def test_figures_of_the_till_and_of_the_office_are_the_same(
    bench: OfficeBench, counter: Counter, pages: FlaskClient
) -> None:
    hire(pages, counter)
    _, card_id, _ = a_member(bench)
    tap(counter, card_id)
    counter.acts.book(AccountRequest("top-1", "top_up", 5_000), EVA)
    counter.till.sell(LASAGNE, CAKE, card_id=card_id)
    voided = counter.till.sell(LASAGNE, card_id=card_id)
    counter.till.checkout.void(voided.sale_ref, "18")
    back = counter.till.sell(CAKE)
    counter.till.checkout.use_originals(BackOfficeOriginals(counter.till.backoffice, counter.till.journal), 100_000)
    counter.till.checkout.take_back(ReturnRequest("back-1", back.receipt_id, (ReturnedLine("1", 1),), operator="18"))
    tap(counter, card_id)
    counter.acts.book(AccountRequest("fix-1", "correction", -500), EVA)
    ours = counter.till.checkout.day_end()
    counter.till.sync_until_quiet()
    with bench.office.database.read() as reader:
        theirs = day_totals(reader, bench.organisation_id, DayFilter(ours.business_day, ours.business_day))
    told = {place.operator: totals for place, totals in theirs.items()}
    assert set(told) == set(ours.operators) == {"17", "18"}
    for operator, mine in ours.operators.items():
        mine.tenders.clear()  # the office keeps no sums of tenders
        assert {k: v for k, v in vars(mine).items() if k != "campaigns"} == {
            k: v for k, v in vars(told[operator]).items() if k != "campaigns"
        }
        assert _given(mine) == _given(told[operator])
    assert ours.total.value_topped_up_minor == 5_000
    assert ours.total.value_corrected_minor == -500
    assert ours.total.voids == 1
    assert ours.total.returns == 1
    day = ours.business_day.isoformat()
    page = pages.get(f"/day-end?first={day}").text
    assert "€50.00" in page
    rows = table(pages, f"/day-end.csv?first={day}")
    assert sum(int(row["due_minor"]) for row in rows if not row["campaign"]) == ours.total.due_minor


def test_points_added_by_hand_are_told_by_cashier_and_how_many_are_round(
    bench: OfficeBench, counter: Counter, pages: FlaskClient
) -> None:
    hire(pages, counter)
    _, card_id, _ = a_member(bench)
    tap(counter, card_id)
    for number, points in enumerate((500, 37, 200, -40)):
        counter.acts.book(AccountRequest(f"fix-{number}", "correction", points, unit="points"), EVA)
    counter.acts.book(AccountRequest("top-1", "top_up", 5_000), EVA)
    counter.till.sync_until_quiet()
    with bench.office.database.read() as reader:
        day = bench.clock.now().date()
        told = corrections(reader, bench.organisation_id, day, day)
        assert told == [Corrections("17", count=3, round_count=2, points=737)]
        assert not corrections(reader, bench.organisation_id, day - timedelta(days=9), day - timedelta(days=1))
    assert "+737" in pages.get("/unusual").text


def _given(totals: Totals) -> dict[str, int]:
    return {campaign: minor for campaign, minor in totals.campaigns.items() if minor}


def test_what_is_owed_stands_on_the_page(bench: OfficeBench, counter: Counter, pages: FlaskClient) -> None:
    hire(pages, counter)
    _, card_id, path = a_member(bench)
    before = _owed(pages)
    tap(counter, card_id)
    counter.acts.book(AccountRequest("top-1", "top_up", 2_500), EVA)
    counter.till.sync_until_quiet()
    assert _owed(pages) == before + 2_500
    assert "topped up" in pages.get(path).text
    assert pages.get("/receipts/front-till/1/1").status_code == 200, "a receipt without goods has a page, too"


def _owed(pages: FlaskClient) -> int:
    found = re.search(r"prepaid and gift cards</div><div class=\"h2 mb-0\">€([\d.,]+)<", pages.get("/day-end").text)
    assert found
    return int(found[1].replace(".", "").replace(",", ""))


def test_a_receipt_is_credited_once_whoever_asks(
    tmp_path: Path, bench: OfficeBench, counter: Counter, pages: FlaskClient
) -> None:
    earn(pages)
    hire(pages, counter)
    counter.till.refresh()
    other = Counter(tmp_path / "other", bench, "Back till")
    try:
        _, card_id, path = a_member(bench)
        points = points_of(pages, path)
        sold = counter.till.sell(LASAGNE)
        # Another till asks before the receipt has arrived, twice; the desk asks, too.
        tap(other, card_id)
        other.acts.credit_later(sold.receipt_id, EVA)
        other.acts.credit_later(sold.receipt_id, EVA)
        other.till.sync_until_quiet()
        assert points_of(pages, path) == points
        assert (
            "has not arrived"
            in pages.post(f"{path}/credit", data={"receipt_id": sold.receipt_id}, follow_redirects=True).text
        )
        counter.till.sync_until_quiet()
        earned = sold.total_due_minor // 10
        assert points_of(pages, path) == points + earned
        tap(counter, card_id)
        counter.acts.credit_later(sold.receipt_id, EVA)
        counter.till.sync_until_quiet()
        other.till.journal.tell_acts_again()
        other.till.sync_until_quiet()
        assert points_of(pages, path) == points + earned, "once, whatever is told again"
        # What is cancelled afterwards takes the points back.
        counter.till.checkout.void(sold.sale_ref, "17")
        counter.till.sync_until_quiet()
        assert points_of(pages, path) == points
    finally:
        other.close()


def test_a_receipt_of_a_member_is_not_credited_to_another(
    bench: OfficeBench, counter: Counter, pages: FlaskClient
) -> None:
    _, card_id, path = a_member(bench)
    sold = counter.till.sell(LASAGNE, card_id=card_id)
    counter.till.sync_until_quiet()
    said = pages.post(f"{path}/credit", data={"receipt_id": sold.receipt_id}, follow_redirects=True).text
    assert "belongs to a member already" in said
    said = pages.post(f"{path}/credit", data={"receipt_id": "nonsense"}, follow_redirects=True).text
    assert "not the code of a receipt" in said


def test_a_member_is_found_by_the_number_that_was_typed_in_the_office(
    bench: OfficeBench, counter: Counter, pages: FlaskClient
) -> None:
    member_id, _, path = a_member(bench)
    hire(pages, counter, find_by_phone="on")
    form = pages.get(f"{path}/edit").text
    fields = dict(re.findall(r'name="(number|first_name|last_name|email|language)"[^>]*value="([^"]*)"', form))
    changed = pages.post(
        f"{path}/edit",
        data={**fields, "language": "en", "phone": "+49 171 555 66 77", "plates": "FR-XY 123\nCH: ZH 99"},
    )
    assert changed.status_code == 302, changed.text
    counter.till.sync_until_quiet()
    (found,) = counter.acts.find_members("0171 5556677")
    assert found.member_id == member_id
    assert [each.member_id for each in counter.acts.find_members("zh 99")] == [member_id]
    assert "CH:ZH99" in pages.get(path).text
    assert path in pages.get("/members?q=frxy123").text
    assert pages.post(f"{path}/edit", data={**fields, "language": "en", "plates": "!"}).status_code == 422
    assert pages.post("/cashiers/policy", data={}).status_code == 302
    counter.till.sync_until_quiet()
    with pytest.raises(CheckoutError):
        counter.acts.find_members("0171 5556677")
    assert counter.till.replica.members_marked(("", ""), 5) == ()


def earn(pages: FlaskClient) -> None:
    """A point for every ten cents."""
    page = pages.get("/programme").text
    assert "earn_points" in page
    answer = pages.post(
        "/programme",
        data={
            "earn_points": "1",
            "earn_per": "0.10",
            "earn_mode": "down",
            "points_step": "100",
            "step_worth": "1.00",
            "points_min": "0",
            "as_discount": "yes",
            "expiry": "never",
            "expiry_months": "0",
            "pending_days": "0",
            "spent_points": "negative",
            "measure": "points",
            "window": "calendar_year",
            "tier_months": "12",
            "grace_days": "0",
            "points_offline": "strict",
            "value_offline": "strict",
        },
    )
    assert answer.status_code == 302, re.sub("<[^>]+>", " ", answer.text)[:2000]


def points_of(pages: FlaskClient, path: str) -> int:
    found = re.search(r'Points</div><div class="h2 mb-0">([\d,.]+)<', pages.get(path).text)
    return int(found[1].replace(",", "").replace(".", "")) if found else 0


def test_days_that_are_none_show_today(pages: FlaskClient, bench: OfficeBench) -> None:
    assert pages.get("/day-end?first=nonsense&last=2026-99-99").status_code == 200
    assert pages.get("/operator-actions?first=x&till=none&operator=9").status_code == 200
    assert (bench.clock.now() + timedelta(0)).date().isoformat() in pages.get("/day-end").text


def test_how_often_a_card_counts_reaches_the_tills_and_is_kept(
    bench: OfficeBench, counter: Counter, pages: FlaskClient
) -> None:
    _, card_id, _ = a_member(bench)
    hire(pages, counter, card_sales_max="1")
    assert 'name="card_sales_max" type="number" min="0" max="1000" value="1"' in pages.get("/cashiers").text
    assert counter.till.sell(LASAGNE, card_id=card_id).member_id
    assert not counter.till.sell(LASAGNE, card_id=card_id).member_id
    for wrong in ("-1", "1001", "many", "", "1" * 30, "²"):
        refused = pages.post("/cashiers/policy", data={"card_sales_max": wrong})
        assert (refused.status_code, "whole number from 0 to 1000" in refused.text) == (422, True), wrong
    assert pages.post("/cashiers/policy", data={}).status_code == 302
    assert 'max="1000" value="1"' in pages.get("/cashiers").text, "a form without it changes nothing"
    assert pages.post("/cashiers/policy", data={"card_sales_max": "0"}).status_code == 302
    counter.till.sync_until_quiet()
    assert counter.till.sell(LASAGNE, card_id=card_id).member_id
