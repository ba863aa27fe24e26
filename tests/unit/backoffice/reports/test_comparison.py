"""A campaign is compared with who was held out: once, on its day, over the days that were published first (X6, V8)."""

from __future__ import annotations

import csv
import io
from contextlib import closing
from datetime import timedelta

import msgspec
import numpy as np
import pypdfium2
import pytest
from openpyxl import load_workbook
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from backoffice.audiences.models import CampaignMember, MemberDay, MemberProductDay
from backoffice.bulk import execute_many
from backoffice.campaigns.actions import create_campaign, publish_campaign, save_form
from backoffice.campaigns.form import CampaignForm
from backoffice.campaigns.presets import form_of_preset
from backoffice.db import run_in_tx
from backoffice.members.models import Member
from backoffice.organisations.models import Store
from backoffice.reports.all_results import all_results
from backoffice.reports.comparison import Comparison, Days, compare_campaign, days_of, keep_results, kept_result
from backoffice.reports.models import CampaignResult
from backoffice.reports.returns import returns_of
from backoffice.web.locales import PAGE_LANGUAGES
from tests.support.office import MONDAY, OfficeBench

FIRST = MONDAY.date()
LAST = FIRST + timedelta(days=27)
TREATED, HELD_OUT = 800, 200


class Played:
    """A published coupon campaign of a thousand invented members; those who got it come more often."""

    def __init__(self, bench: OfficeBench, **changes: object) -> None:
        self.bench = bench
        form = form_of_preset("member_coupon", FIRST)
        assert form is not None
        with bench.office.database.read() as reader:
            (member_id, *_others) = reader.scalars(select(Member.member_id).order_by(Member.member_id))
            self.store_id = reader.scalars(select(Store.store_id)).first() or ""
        self.form: CampaignForm = msgspec.structs.replace(
            form,
            name="Ten off",
            percent_bp=1000,
            starts_on=FIRST,
            ends_on=LAST,
            audience_members=(member_id,),
            **changes,
        )
        self.campaign_id = run_in_tx(bench.office.database.write, self._publish)
        self.one_member = member_id

    def _publish(self, tx: Session) -> str:
        doing = self.bench.doing
        campaign_id = create_campaign(tx, doing, self.form).campaign_id
        publish_campaign(tx, doing, campaign_id)
        return campaign_id

    def add_members(self, *, held_out: int = HELD_OUT, prefix: str = "") -> None:
        run_in_tx(self.bench.office.database.write, lambda tx: self._add(tx, held_out, prefix))

    def _add(self, tx: Session, held_out: int, prefix: str) -> None:
        chance = np.random.default_rng([20_260_101, len(prefix), int(prefix or 0)])
        key = {"organisation_id": self.bench.organisation_id}
        parts, days = [], []
        for number in range(TREATED + held_out):
            member_id, arm = f"m{prefix}{number:05}", "treated" if number < TREATED else "held_out"
            part = {"campaign_id": self.campaign_id, "member_id": member_id, "arm": arm, "version": 1, "at": MONDAY}
            parts.append(key | part)
            for day, rate in ((FIRST, 0.6 if arm == "treated" else 0.4), (FIRST - timedelta(days=1), 0.4)):
                if chance.random() < rate:
                    spent = int(1_000 * np.exp(0.5 * chance.standard_normal()))
                    row = {"member_id": member_id, "business_day": day, "store_id": self.store_id}
                    days.append(key | row | {"visits": 1, "spent_minor": spent})
        execute_many(tx, insert(CampaignMember), parts)
        execute_many(tx, insert(MemberDay), days)

    def compare(self) -> Comparison:
        with self.bench.office.database.read() as reader:
            found = compare_campaign(reader, self.bench.organisation_id, self.campaign_id)
        assert found is not None
        return found

    def keep(self, days_after: int) -> int:
        today = LAST + timedelta(days=days_after)
        doing = self.bench.doing
        return run_in_tx(self.bench.office.database.write, lambda tx: keep_results(tx, doing, today))

    def page(self, path: str = "result") -> str:
        answer = self.bench.client("auditor").get(f"/campaigns/{self.campaign_id}/{path}")
        assert answer.status_code == 200
        return answer.text


@pytest.fixture
def played(bench: OfficeBench) -> Played:
    return Played(bench)


def test_the_two_groups_are_compared_over_the_days_of_the_first_version(played: Played) -> None:
    played.add_members()
    found = played.compare()
    assert (found.treated, found.held_out) == (TREATED + 1, HELD_OUT)
    assert found.came_treated > 0.5 * TREATED
    assert 0.1 < found.rate.estimate < 0.3
    assert found.rate.claims
    assert found.money.claims
    assert found.money.low < found.money.estimate < found.money.high
    assert found.naive is None
    form = msgspec.structs.replace(played.form, ends_on=LAST + timedelta(days=50))
    doing = played.bench.doing

    def later(tx: Session) -> None:
        save_form(tx, doing, played.campaign_id, form)
        publish_campaign(tx, doing, played.campaign_id)

    run_in_tx(played.bench.office.database.write, later)
    with played.bench.office.database.read() as reader:
        assert days_of(reader, played.bench.organisation_id, played.campaign_id) == Days(FIRST, LAST)


def test_the_period_before_is_as_long_and_ends_the_day_before() -> None:
    before = Days(FIRST, LAST).before
    assert before.last == FIRST - timedelta(days=1)
    assert before.last - before.first == LAST - FIRST


def test_nothing_is_compared_before_its_day_and_what_was_found_stays(played: Played) -> None:
    played.add_members()
    assert played.keep(6) == 0
    assert played.keep(7) == 1
    organisation_id = played.bench.organisation_id
    with played.bench.office.database.read() as reader:
        kept = kept_result(reader, organisation_id, played.campaign_id)
    assert kept == played.compare()

    def more(tx: Session) -> None:
        row = {"member_id": "m00001", "business_day": LAST, "store_id": "late", "visits": 1, "spent_minor": 99_999}
        tx.execute(insert(MemberDay).values(organisation_id=organisation_id, **row))

    run_in_tx(played.bench.office.database.write, more)
    assert played.keep(8) == 0
    with played.bench.office.database.read() as reader:
        assert kept_result(reader, organisation_id, played.campaign_id) == kept
        assert reader.scalar(select(func.count()).select_from(CampaignResult)) == 1


def test_the_day_of_the_result_is_a_setting_that_later_versions_do_not_change(bench: OfficeBench) -> None:
    played = Played(bench, result_after_days=30)
    played.add_members()
    form = msgspec.structs.replace(played.form, result_after_days=1)
    doing = bench.doing

    def later(tx: Session) -> None:
        save_form(tx, doing, played.campaign_id, form)
        publish_campaign(tx, doing, played.campaign_id)

    run_in_tx(bench.office.database.write, later)
    assert "Result on Jan 19, 2027" in played.page()
    assert [played.keep(after) for after in (1, 7, 29)] == [0, 0, 0]
    assert played.keep(30) == 1


def test_the_page_says_when_and_shows_nobody_who_is_held_out_before(played: Played) -> None:
    played.add_members()
    page = played.page()
    assert "Result on Dec 27, 2026" in page
    assert "Came back" not in page
    client = played.bench.client("auditor")
    assert client.get(f"/campaigns/{played.campaign_id}/result/members?group=held_out").status_code == 404
    assert "m00900" not in client.get(f"/campaigns/{played.campaign_id}/result-members.csv").text
    played.keep(7)
    page = played.page()
    assert "This is more than chance." in page
    assert "200 were held out" in page
    assert "m00900" in client.get(f"/campaigns/{played.campaign_id}/result-members.csv").text
    assert "erased" in played.page("result/members?group=held_out")


def test_without_a_hold_out_it_cannot_tell_and_says_what_its_figures_are_not(played: Played) -> None:
    played.add_members(held_out=0)
    played.keep(7)
    found = played.compare()
    assert found.rate.why == found.money.why == "no_hold_out"
    assert found.naive is not None
    assert found.change is not None
    page = played.page()
    assert "Cannot tell" in page
    assert "not caused by the campaign" in page
    assert "This is more than chance." not in page


def test_the_files_have_every_figure(played: Played) -> None:
    played.add_members()
    played.keep(7)
    client = played.bench.client("auditor")
    text = client.get(f"/campaigns/{played.campaign_id}/result.csv").text.lstrip("\ufeff")
    rows = {row["figure"]: row for row in csv.DictReader(io.StringIO(text))}
    assert rows["members_held_out"]["value"] == str(HELD_OUT)
    assert rows["came_back_difference"]["says"] == "effect"
    assert float(rows["spent_difference"]["low"]) < float(rows["spent_difference"]["value"])
    sheet = load_workbook(io.BytesIO(client.get(f"/campaigns/{played.campaign_id}/result.xlsx").data)).active
    assert sheet is not None
    assert [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)] == list(rows)


def test_the_report_on_paper_says_the_same_in_every_language(played: Played) -> None:
    played.add_members()
    client = played.bench.client("auditor")
    told = {}
    for day_is_over in (False, True):
        if day_is_over:
            played.keep(7)
        for language in PAGE_LANGUAGES if day_is_over else ("en",):
            with client.session_transaction() as session:
                session["language"] = language
            answer = client.get(f"/campaigns/{played.campaign_id}/result.pdf")
            assert answer.mimetype == "application/pdf"
            with closing(pypdfium2.PdfDocument(answer.data)) as document:
                text = " ".join(page.get_textpage().get_text_bounded() for page in document)
            told[language, day_is_over] = " ".join(text.split())
    assert "Result on Dec 27, 2026" in told["en", False]
    assert "Held out" not in told["en", False], "nothing is told before its day"
    assert "This is more than chance." in told["en", True]
    assert "Zurückgehalten" in told["de", True]
    assert all(" 801 " in told[language, True] and " 200 " in told[language, True] for language in PAGE_LANGUAGES)
    assert len(set(told.values())) == len(told)


def test_results_of_all_campaigns_stand_side_by_side_and_are_pooled(bench: OfficeBench) -> None:
    client = bench.client("auditor")
    page = client.get("/campaigns/results").text
    assert "these are not your figures" in page
    assert "16.15%" in page
    one, other, without = Played(bench), Played(bench), Played(bench)
    for number, (played, held_out) in enumerate(((one, HELD_OUT), (other, HELD_OUT), (without, 0))):
        played.add_members(held_out=held_out, prefix=str(number))
    assert one.keep(7) == 3
    with bench.office.database.read() as reader:
        found = all_results(reader, bench.organisation_id, 2)
    assert [row.campaign.campaign_id for row in found.rows] == sorted(
        [one.campaign_id, other.campaign_id, without.campaign_id]
    )
    assert found.rate is not None
    assert found.money is not None
    assert found.rate.campaigns == found.money.campaigns == 2
    ends = sorted((row.compared.rate.low, row.compared.rate.high) for row in found.rows if not row.compared.rate.why)
    assert ends[0][0] < found.rate.low < found.rate.estimate < found.rate.high < max(high for _low, high in ends)
    page = client.get("/campaigns/results").text
    assert "2 campaigns together" in page
    assert "Nobody was held out" in page
    for figure in ("rate", "money"):
        assert f"?behind={figure}#rows" in page
        alone = client.get(f"/campaigns/results?behind={figure}").text
        shown = [each for each in (one, other, without) if f"/campaigns/{each.campaign_id}/result" in alone]
        assert shown == [one, other], "the pooled figure was made of these two"
    text = client.get("/campaigns/results.csv").text.lstrip("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 4
    assert float(rows[-1]["came_back_points"]) == pytest.approx(found.rate.estimate * 100, abs=0.005)
    assert client.get("/campaigns/results.xlsx").status_code == 200


def test_who_came_is_told_by_motive_and_opens_the_members(bench: OfficeBench) -> None:
    """P5's questions for a shop: for what it is about, for other goods, another store, after a year."""
    played = Played(bench, categories=("bread",), exclude_products=("4002",), store_ids=("here",))
    key = {"organisation_id": bench.organisation_id}

    def fill(tx: Session) -> None:
        members = ["ann", "ben", "cem", "dan", "eve"]
        part = {"campaign_id": played.campaign_id, "arm": "treated", "version": 1, "at": MONDAY}
        execute_many(tx, insert(CampaignMember), [key | part | {"member_id": each} for each in members])
        visits = [("ann", FIRST, "here"), ("ben", LAST, "here"), ("cem", FIRST, "there"), ("dan", FIRST, "here")]
        visits += [("cem", FIRST - timedelta(days=366), "here"), ("dan", FIRST - timedelta(days=366), "here")]
        visits += [("dan", FIRST - timedelta(days=365), "here"), ("eve", LAST + timedelta(days=1), "here")]
        seen = {"visits": 1, "spent_minor": 100}
        rows = [key | seen | {"member_id": who, "business_day": day, "store_id": at} for who, day, at in visits]
        execute_many(tx, insert(MemberDay), rows)
        goods = [("ann", "4001", FIRST), ("ben", "4002", LAST), ("cem", "2001", FIRST), ("dan", "4001", FIRST)]
        bought = [
            key | {"member_id": who, "product_id": what, "business_day": day, "units": 1} for who, what, day in goods
        ]
        execute_many(tx, insert(MemberProductDay), bought)

    run_in_tx(bench.office.database.write, fill)
    with bench.office.database.read() as reader:
        found = returns_of(reader, bench.organisation_id, played.campaign_id, played.form, Days(FIRST, LAST))
    assert {motive: sorted(found.by_motive[motive]) for motive in found.shown} == {
        "came": ["ann", "ben", "cem", "dan"],
        "for_it": ["ann", "dan"],
        "for_other": ["ben", "cem"],
        "other_store": ["cem"],
        "after_a_year": ["cem"],
    }
    assert (found.share_bp("for_it"), found.share_bp("other_store")) == (5_000, 2_500)
    page = played.page()
    assert "2 of 4" in page
    assert "to a store that the campaign does not run in" in page
    assert played.page("result/members?only=for_it").count("<tr>") == 1 + 2
    assert [line.split(",")[0] for line in played.page("result-members.csv?only=for_it").splitlines()[1:]] == [
        "ann",
        "dan",
    ]
    draft = msgspec.structs.replace(played.form, categories=("drinks",), store_ids=())
    doing = bench.doing
    run_in_tx(bench.office.database.write, lambda tx: save_form(tx, doing, played.campaign_id, draft))
    assert played.page("result/members?only=for_it").count("<tr>") == 1 + 2, "a draft changes nothing that is told"
    assert played.page("result/members?only=other_store").count("<tr>") == 1 + 1


def test_an_offer_for_everybody_has_nobody_to_compare_with(bench: OfficeBench) -> None:
    form = form_of_preset("weekday_percent", FIRST)
    assert form is not None
    doing = bench.doing

    def work(tx: Session) -> str:
        named = msgspec.structs.replace(form, name="Mondays", percent_bp=1000)
        campaign_id = create_campaign(tx, doing, named).campaign_id
        publish_campaign(tx, doing, campaign_id)
        return campaign_id

    campaign_id = run_in_tx(bench.office.database.write, work)
    page = bench.client("auditor").get(f"/campaigns/{campaign_id}/result").text
    assert "nobody to compare with" in page
