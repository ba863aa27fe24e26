"""A few members get nothing of any campaign, so that it can be told what all campaigns together earn (X6)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count

import msgspec
import pytest
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from backoffice.audiences.holdout import is_held_out
from backoffice.audiences.models import CampaignMember, MemberDay, StandingHoldOut
from backoffice.audiences.standing import set_standing, standing_of
from backoffice.audiences.waterfall import StepCode
from backoffice.bulk import execute_many
from backoffice.campaigns.actions import create_campaign, publish_campaign
from backoffice.campaigns.giving import give_to_member, given
from backoffice.campaigns.presets import form_of_preset
from backoffice.consent.kinds import Purpose
from backoffice.db import run_in_tx
from backoffice.errors import InputError
from backoffice.members import counts
from backoffice.members.models import Member
from backoffice.members.personal import Person
from backoffice.messaging import services
from backoffice.messaging.content import Content, EmailText, Footer, Paragraph
from backoffice.messaging.content import Coupon as Offer
from backoffice.messaging.models import Dispatch, Mailing
from backoffice.messaging.recipients import Judged, held_out_members, recipients
from backoffice.reports.comparison import Days
from backoffice.reports.result_routes import PAGE_ROWS
from backoffice.reports.standing import keep_standing, next_result, quarter_of, standing_results
from backoffice.sync_api.models import Coupon
from tests.support.messages import MessageBench
from tests.support.office import MONDAY, OfficeBench, csrf_free

PERCENT = 20


@pytest.fixture
def shop(bench: OfficeBench) -> MessageBench:
    return MessageBench(bench)


def hold_out(shop: MessageBench, out: str, kept: list[str]) -> None:
    """Switch it on with a seed that draws one member and not the others."""
    doing = shop.bench.doing
    run_in_tx(shop.office.database.write, lambda tx: set_standing(tx, doing, PERCENT).percent)
    seed = next(
        seed
        for seed in map(str, count())
        if is_held_out(seed, out, PERCENT) and not any(is_held_out(seed, each, PERCENT) for each in kept)
    )

    def work(tx: Session) -> None:
        tx.get_one(StandingHoldOut, shop.organisation_id).seed = seed

    shop.write(work)


def campaign_for(shop: MessageBench, members: tuple[str, ...], *, publish: bool = True) -> str:
    form = form_of_preset("member_coupon", MONDAY.date())
    assert form is not None
    named = msgspec.structs.replace(form, name="Ten off", percent_bp=1000, audience_members=members)
    doing = shop.bench.doing

    def work(tx: Session) -> str:
        campaign_id = create_campaign(tx, doing, named).campaign_id
        if publish:
            publish_campaign(tx, doing, campaign_id)
        return campaign_id

    return shop.write(work)


def people(shop: MessageBench) -> tuple[str, str]:
    one, other = shop.members([Person("Ann", "One", "one@example.org"), Person("Ben", "Two", "two@example.org")])
    return one, other


def reached(shop: MessageBench, mailing_id: str) -> dict[str, int]:
    made = Judged()
    with shop.office.database.read() as reader:
        mailing = reader.get_one(Mailing, (shop.organisation_id, mailing_id))
        found = list(recipients(reader, mailing, shop.office.clock.now(), made))
    return {**{each.member_id: 1 for each in found}, **made.left_out}


def test_whoever_is_held_out_of_everything_gets_no_coupon_by_any_way(shop: MessageBench) -> None:
    out, kept = people(shop)
    hold_out(shop, out, [kept])
    campaign_id = campaign_for(shop, (out, kept))
    doing = shop.bench.doing
    assert shop.write(lambda tx: give_to_member(tx, doing, campaign_id, out)) == "held_out"
    with shop.office.database.read() as reader:
        holders = list(reader.scalars(select(Coupon.member_id).where(Coupon.campaign_id == campaign_id)))
        parts = list(reader.scalars(select(CampaignMember.member_id).where(CampaignMember.campaign_id == campaign_id)))
        told = given(reader, shop.organisation_id, campaign_id)
    assert holders == parts == [kept]
    assert told is not None
    steps = {step.code: step.count for step in told.steps}
    assert (steps[StepCode.MATCHED], steps[StepCode.STANDING_HOLD_OUT], steps[StepCode.SENT]) == (2, 1, 1)


def test_advertising_is_held_back_and_what_belongs_to_a_purchase_is_not(shop: MessageBench) -> None:
    out, kept = people(shop)
    hold_out(shop, out, [kept])
    assert reached(shop, shop.mailing([out, kept])) == {kept: 1, "held_out": 1}
    with shop.office.database.read() as reader:
        service = Mailing(organisation_id=shop.organisation_id, purpose=Purpose.SERVICE.value, campaign_id="")
        assert held_out_members(reader, service, [out, kept]) == frozenset()


def test_a_message_that_waits_is_held_back_in_the_send_call_too(shop: MessageBench) -> None:
    out, kept = people(shop)
    mailing_id = shop.mailing([out, kept])
    assert shop.launch(mailing_id) == 2
    hold_out(shop, out, [kept])
    shop.turn()
    rows = shop.dispatches(mailing_id)
    assert (rows[out].state, rows[out].reason) == ("refused", "held_out")
    assert rows[kept].reason != "held_out"


def test_a_message_of_a_campaign_leaves_out_who_is_held_out_of_it(shop: MessageBench) -> None:
    """A mailing to everybody that merely mentions the offer would tell those who are the comparison."""
    out, kept = people(shop)
    campaign_id = campaign_for(shop, (out, kept))

    def as_drawn(tx: Session) -> None:
        tx.get_one(CampaignMember, (shop.organisation_id, campaign_id, out)).arm = "held_out"

    shop.write(as_drawn)
    doing = shop.bench.doing
    offers = Content("en", {"en": EmailText("Rolls", "", (Paragraph("Hello"), Offer("10 % off", ""), Footer("Shop")))})
    mailing_id = shop.mailing([out, kept], content=offers)
    client = shop.bench.client("campaign_editor")
    assert "Say which campaign the offer belongs to" in client.get(f"/messages/{mailing_id}").text
    assert reached(shop, mailing_id) == {out: 1, kept: 1}
    shop.write(lambda tx: services.choose_campaign(tx, doing, mailing_id, campaign_id))
    page = client.get(f"/messages/{mailing_id}").text
    assert "Say which campaign" not in page
    assert "held out, by lot" in page
    assert reached(shop, mailing_id) == {kept: 1, "held_out": 1}
    assert shop.launch(mailing_id) == 1
    with shop.office.database.read() as reader:
        sent_to = list(reader.scalars(select(Dispatch.member_id).where(Dispatch.mailing_id == mailing_id)))
    assert sent_to == [kept]
    assert "Rolls" in client.get(f"/campaigns/{campaign_id}/result").text


def test_a_message_of_a_campaign_that_is_no_more_than_a_draft_waits_for_it(shop: MessageBench) -> None:
    one, other = people(shop)
    campaign_id, doing = campaign_for(shop, (one, other), publish=False), shop.bench.doing
    mailing_id = shop.mailing([one])
    with pytest.raises(InputError, match="no longer there"):
        shop.write(lambda tx: services.choose_campaign(tx, doing, mailing_id, "another"))
    form = {"name": "Rolls", "purpose": "marketing", "rule": "email", "campaign": campaign_id}
    client = shop.bench.client("campaign_editor")
    with csrf_free(shop.bench.app):
        assert client.post(f"/messages/{mailing_id}/settings", data=form).status_code == 302
        assert shop.row(mailing_id).campaign_id == campaign_id
        refused = client.post(f"/messages/{mailing_id}/launch", data={"count": "1"})
    assert refused.status_code == 422
    assert "not published yet" in refused.text


def test_the_lot_stays_while_it_is_on_and_is_drawn_anew_after_it_was_off(bench: OfficeBench) -> None:
    doing = bench.doing
    ids = [f"m{number}" for number in range(1_000)]

    def at(percent: int) -> tuple[str, frozenset[str]]:
        run_in_tx(bench.office.database.write, lambda tx: set_standing(tx, doing, percent).percent)
        with bench.office.database.read() as reader:
            standing = standing_of(reader, bench.organisation_id)
        return standing.seed, standing.among(ids)

    (seed, five), (same, ten), (_seed, none) = at(5), at(10), at(0)
    assert seed == same
    assert five < ten
    assert none == frozenset()
    assert at(5)[0] != seed
    for wrong in (-1, 21):
        with pytest.raises(InputError, match="between 0 and 20"):
            at(wrong)


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        (date(2026, 1, 1), date(2026, 1, 1), date(2026, 3, 31)),
        (date(2026, 2, 28), date(2026, 1, 1), date(2026, 3, 31)),
        (date(2024, 6, 30), date(2024, 4, 1), date(2024, 6, 30)),
        (date(2026, 9, 30), date(2026, 7, 1), date(2026, 9, 30)),
        (date(2026, 12, 31), date(2026, 10, 1), date(2026, 12, 31)),
    ],
)
def test_quarters_begin_and_end_with_their_months(day: date, first: date, last: date) -> None:
    assert quarter_of(day) == Days(first, last)


def test_a_quarter_is_compared_once_and_only_if_the_lot_was_the_same_in_all_of_it(bench: OfficeBench) -> None:
    doing, organisation_id = bench.doing, bench.organisation_id
    first, last = date(2027, 1, 1), date(2027, 3, 31)

    def fill(tx: Session) -> None:
        set_standing(tx, doing, PERCENT)
        row = tx.get_one(StandingHoldOut, organisation_id)
        row.seed, row.since = "fixed", datetime(2026, 12, 31, 12, tzinfo=UTC)
        like = tx.execute(select(Member.__table__).limit(1)).mappings().one()
        ids = [f"z{number:04}" for number in range(1_000)]
        execute_many(tx, insert(Member), [{**like, "member_id": each, "number": each} for each in ids])
        late = {"created_at": datetime(2027, 1, 1, tzinfo=UTC)}
        execute_many(tx, insert(Member), [{**like, **late, "member_id": "newcomer", "number": "newcomer"}])
        counts.joined(tx, organisation_id, len(ids) + 1)
        key = {"organisation_id": organisation_id, "business_day": last, "store_id": "s", "visits": 1}
        came = [each for number, each in enumerate(ids) if number % 10 < 4]
        execute_many(tx, insert(MemberDay), [key | {"member_id": each, "spent_minor": 900} for each in came])

    run_in_tx(bench.office.database.write, fill)

    def keep(today: date) -> int:
        return run_in_tx(bench.office.database.write, lambda tx: keep_standing(tx, doing, today))

    assert [keep(day) for day in (last, date(2027, 4, 6), date(2027, 4, 7), date(2027, 4, 8))] == [0, 0, 1, 0]
    with bench.office.database.read() as reader:
        ((row, compared),) = standing_results(reader, organisation_id)
        members = list(reader.scalars(select(Member.member_id).where(Member.organisation_id == organisation_id)))
        out = standing_of(reader, organisation_id).among(set(members) - {"newcomer"})
    assert (row.first, row.last, row.percent) == (first, last, PERCENT)
    assert (compared.treated, compared.held_out) == (len(members) - 1 - len(out), len(out))
    assert compared.came_treated + compared.came_held_out == 400
    assert not compared.rate.why
    page = bench.client("auditor").get("/hold-out").text
    assert "Mar 31, 2027" in page
    assert "/hold-out/members?first=2027-01-01&amp;group=held_out" in page
    auditor = bench.client("auditor")
    shown = auditor.get("/hold-out/members?first=2027-01-01&group=held_out").text
    assert shown.split("<tbody>")[1].count("<tr>") == PAGE_ROWS
    assert "page=2" in shown
    assert auditor.get("/hold-out/members?first=2026-01-01").status_code == 404
    raw = bench.client().get("/hold-out/members.csv").get_data().decode("utf-8-sig").splitlines()[1:]
    rows = [line.split(",") for line in raw]
    assert {row[0] for row in rows if row[1] == "held_out"} == out
    assert sum(row[2] != "0" for row in rows) == compared.came_treated + compared.came_held_out
    assert sum(Decimal(row[3]) for row in rows) == Decimal(400 * 9)
    assert "This may be chance." in page or "This is more than chance." in page

    def changed(tx: Session) -> None:
        tx.get_one(StandingHoldOut, organisation_id).since = datetime(2027, 4, 1, tzinfo=UTC)

    run_in_tx(bench.office.database.write, changed)
    assert keep(date(2027, 7, 7)) == 0
    assert "no longer known" in bench.client("auditor").get("/hold-out/members?first=2027-01-01").text


def test_the_page_says_when_the_next_result_comes_and_owners_alone_change_it(bench: OfficeBench) -> None:
    with csrf_free(bench.app):
        assert bench.client("campaign_editor").post("/hold-out", data={"percent": "5"}).status_code == 403
        assert bench.client().post("/hold-out", data={"percent": "x"}).status_code == 422
        assert bench.client().post("/hold-out", data={"percent": "5"}).status_code == 302
    assert "Next result on Apr 7, 2027" in bench.client("auditor").get("/hold-out").text
    assert next_result(MONDAY, MONDAY.date()) == Days(date(2027, 1, 1), date(2027, 3, 31))
    assert next_result(MONDAY, MONDAY.date() + timedelta(days=200)).first == date(2027, 4, 1)
