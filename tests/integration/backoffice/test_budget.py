"""C9: a campaign's budget is followed while real tills sell, raises alarms, and ends the campaign by itself."""

from __future__ import annotations

from datetime import timedelta

import msgspec
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from backoffice.bulk import execute_many
from backoffice.campaigns.actions import FORECAST_JOB, create_campaign, publish_campaign, save_form
from backoffice.campaigns.form import CampaignForm
from backoffice.campaigns.models import Campaign
from backoffice.campaigns.presets import form_of_preset
from backoffice.db import run_in_tx
from backoffice.replays.ahead import ahead_of, keep_forecast
from backoffice.reports.budget import Budget, budget_of, drawn
from backoffice.reports.budget_marks import mark_budgets, running_low
from backoffice.reports.models import BudgetMark, CampaignDay, CampaignForecast
from backoffice.sync_api.models import Receipt
from backoffice.worker.models import Job
from backoffice.worker.services import Claim
from tests.support.office import MONDAY, OfficeBench, SellingTill

SPRITZER = "2004"
"""A drink that no other campaign of the bakery touches."""
TODAY = MONDAY.date()


def a_form(**changes: object) -> CampaignForm:
    form = form_of_preset("weekday_percent", TODAY)
    assert form is not None
    wanted = {"name": "Half of the spritzer", "percent_bp": 5000, "products": (SPRITZER,), "weekdays": ()}
    return msgspec.structs.replace(form, **wanted, starts_on=TODAY, ends_on=TODAY + timedelta(days=13), **changes)


def published(bench: OfficeBench, form: CampaignForm, campaign_id: str = "") -> str:
    doing = bench.doing

    def work(tx: Session) -> str:
        if campaign_id:
            save_form(tx, doing, campaign_id, form)
        kept = campaign_id or create_campaign(tx, doing, form).campaign_id
        publish_campaign(tx, doing, kept)
        return kept

    made = run_in_tx(bench.office.database.write, work)
    bench.publish()
    return made


def budget(bench: OfficeBench, campaign_id: str) -> Budget:
    with bench.office.database.read() as reader:
        campaign = reader.get_one(Campaign, (bench.organisation_id, campaign_id))
        found = budget_of(reader, campaign, TODAY)
    assert found is not None
    return found


def test_it_warns_at_four_fifths_and_ends_by_itself_at_the_cap(bench: OfficeBench, till: SellingTill) -> None:
    campaign_id = published(bench, a_form(budget_minor=1_000, offline="open"))
    till.refresh()

    def sells(price_minor: int) -> int:
        closed = till.sell((SPRITZER, price_minor, 1))
        till.sync_until_quiet()
        return sum(each.discount_minor for each in closed.outcome.applied if each.campaign_id == campaign_id)

    assert sells(1_000) == 500
    assert [mark.percent for mark in budget(bench, campaign_id).marks] == []
    assert sells(700) == 350
    seen = budget(bench, campaign_id)
    assert ([mark.percent for mark in seen.marks], seen.percent, seen.used_up) == ([80], 85, False)
    client = bench.client("auditor")
    assert "80 % of the budget were given" in client.get(f"/campaigns/{campaign_id}").text
    assert "80 % of the budget" in client.get("/").text
    assert sells(1_000) == 150, "the rest of the budget"
    assert sells(1_000) == 0, "nothing is left"
    seen = budget(bench, campaign_id)
    assert ([mark.percent for mark in seen.marks], seen.given_minor, seen.used_up) == ([80, 100], 1_000, True)
    assert seen.lent_minor == 0
    assert "The budget is used up" in client.get(f"/campaigns/{campaign_id}").text
    assert "budget used up" in client.get("/").text
    published(bench, a_form(budget_minor=5_000, offline="open"), campaign_id)
    till.refresh()
    assert budget(bench, campaign_id).marks == []
    assert sells(1_000) == 500, "a larger budget lets it go on"
    with bench.office.database.read() as reader:
        assert reader.scalar(select(func.count()).select_from(BudgetMark)) == 2
        assert running_low(reader, bench.organisation_id) == {}


def test_with_several_coupons_on_a_receipt_nothing_is_called_used_up_while_tills_still_give(bench: OfficeBench) -> None:
    form = form_of_preset("voucher_each_full", TODAY)
    assert form is not None
    campaign_id = published(
        bench, msgspec.structs.replace(form, name="Vouchers", coupons_per_receipt=3, budget_minor=1_000)
    )

    def given(discount_minor: int, days: int) -> None:
        row = {
            "organisation_id": bench.organisation_id,
            "campaign_id": campaign_id,
            "business_day": TODAY + timedelta(days=days),
            "store_id": "store",
            "workstation_id": "till",
            "operator": "anna",
            "receipts": 1,
            "due_minor": 10_000,
            "discount_minor": discount_minor,
            "touched_minor": 10_000,
        }

        def work(tx: Session) -> None:
            execute_many(tx, insert(CampaignDay), [row])
            mark_budgets(tx, bench.organisation_id, [campaign_id], bench.doing.clock.now())

        run_in_tx(bench.office.database.write, work)

    given(1_000, 0)
    seen = budget(bench, campaign_id)
    assert (seen.budget_minor, seen.percent, seen.used_up, list(seen.marks)) == (3_000, 33, False, [])
    page = bench.client("auditor").get(f"/campaigns/{campaign_id}").text
    assert "has the budget of €10.00 for itself: at most €30.00 in all." in page
    assert "The budget is used up" not in page
    given(2_000, 1)
    seen = budget(bench, campaign_id)
    assert (seen.used_up, [mark.percent for mark in seen.marks]) == (True, [80, 100])


def test_a_sale_that_is_taken_back_gives_its_part_of_the_budget_back(bench: OfficeBench, till: SellingTill) -> None:
    campaign_id = published(bench, a_form(budget_minor=500, offline="open"))
    till.refresh()
    sale = till.sell((SPRITZER, 1_000, 1))
    till.sync_until_quiet()
    assert budget(bench, campaign_id).used_up
    till.checkout.void(sale.sale_ref, "17")
    till.sync_until_quiet()
    seen = budget(bench, campaign_id)
    assert (seen.used_up, seen.given_minor) == (False, 0)
    assert [mark.percent for mark in seen.marks] == [80, 100], "what was reached stays on record"


def test_the_forecast_of_a_version_is_made_once_by_the_worker(bench: OfficeBench, till: SellingTill) -> None:
    till.sell((SPRITZER, 1_000, 1))
    till.sync_until_quiet()
    _repeat_for_weeks(bench, 6)
    campaign_id = published(bench, a_form(budget_minor=100_000))
    with bench.office.database.read() as reader:
        job = reader.scalars(select(Job).where(Job.kind == FORECAST_JOB, Job.due_key == f"{campaign_id}:1")).one()
    claim = Claim(bench.organisation_id, job.job_id, job.kind, job.due_key)
    assert keep_forecast(bench.office, claim) == "Forecast for 14 days"
    assert keep_forecast(bench.office, claim) == "There is nothing left to do."
    with bench.office.database.read() as reader:
        assert reader.scalar(select(func.count()).select_from(CampaignForecast)) == 1
        ahead = ahead_of(reader, reader.get_one(Campaign, (bench.organisation_id, campaign_id)))
    assert ahead is not None
    assert (ahead.first, len(ahead.days)) == (TODAY, 14)
    assert ahead.days[0].expected_minor == 500, "one spritzer each Monday, at half its price"
    assert ahead.days[-1].low_minor == ahead.days[-1].high_minor == 1_000
    found = budget(bench, campaign_id)
    assert [day.until for day in found.days] == list(ahead.days)
    assert [day.given_minor for day in found.days] == [0, *[None] * 13]
    assert found.place == "below"
    picture = drawn(found)
    assert len(picture.band.split()) == 28
    assert picture.cap_y is None, "a cap a hundred times as high would flatten everything"
    page = bench.client("auditor").get(f"/campaigns/{campaign_id}").text
    assert "less than expected" in page
    assert "nine forecasts in ten" in page


def _repeat_for_weeks(bench: OfficeBench, weeks: int) -> None:
    """The receipt that is there, once a week before today, as if it had been sold then."""

    def work(tx: Session) -> None:
        row = tx.execute(select(Receipt.__table__).where(Receipt.kind == "sale")).mappings().one()
        rows = []
        for week in range(1, weeks + 1):
            day = TODAY - timedelta(days=7 * week)
            raw = row["raw"].replace(TODAY.isoformat().encode(), day.isoformat().encode())
            moved = {"seq": 10_000 + week, "closed_at": row["closed_at"] - timedelta(days=7 * week), "raw": raw}
            rows.append({**row, **moved, "business_day": day, "sale_ref": f"{row['sale_ref']}-{week}"})
        execute_many(tx, insert(Receipt), rows)
        last = TODAY - timedelta(days=1)
        raw = row["raw"].replace(TODAY.isoformat().encode(), last.isoformat().encode()).replace(b"2004", b"2001")
        tx.execute(insert(Receipt).values(**{**row, "seq": 10_000, "raw": raw, "business_day": last}))

    run_in_tx(bench.office.database.write, work)
