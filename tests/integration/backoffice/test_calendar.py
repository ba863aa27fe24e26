"""The calendar of campaigns over the bakery's real catalogue: bars, and where campaigns meet."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
from sqlalchemy.orm import Session

from backoffice.campaigns.actions import create_campaign, publish_campaign
from backoffice.campaigns.calendar import DAYS, Calendar, calendar_of
from backoffice.campaigns.form import CampaignForm
from backoffice.db import run_in_tx
from backoffice.organisations.models import Organisation
from tests.support.office import MONDAY, OfficeBench

TODAY = MONDAY.date()
YEAR_AWAY = TODAY + timedelta(days=400)
"""Beyond the demo's own campaigns."""


def a_form(name: str, **fields: object) -> CampaignForm:
    form = CampaignForm(name=name, percent_bp=1000, starts_on=YEAR_AWAY, ends_on=YEAR_AWAY + timedelta(days=6))
    return msgspec.structs.replace(form, **fields)


def planned(bench: OfficeBench, *forms: CampaignForm, publish: bool = True) -> Calendar:
    """The calendar of that week, with these campaigns in it."""

    def work(tx: Session) -> None:
        for form in forms:
            row = create_campaign(tx, bench.doing, form)
            if publish:
                publish_campaign(tx, bench.doing, row.campaign_id)

    run_in_tx(bench.office.database.write, work)
    with bench.office.database.read() as reader:
        organisation = reader.get_one(Organisation, bench.organisation_id)
        return calendar_of(reader, bench.organisation_id, YEAR_AWAY, TODAY, organisation.tariff())


def met(calendar: Calendar) -> dict[tuple[str, str], tuple[int, str]]:
    assert calendar.overlaps is not None
    return {
        (min(each.one.name, each.other.name), max(each.one.name, each.other.name)): (each.products, each.meeting)
        for each in calendar.overlaps
    }


def test_a_bar_covers_its_days(bench: OfficeBench) -> None:
    long = a_form("Long", starts_on=YEAR_AWAY - timedelta(days=400), ends_on=YEAR_AWAY + timedelta(days=400))
    calendar = planned(bench, a_form("Week"), long)
    bars = {bar.campaign.name: bar for bar in calendar.bars}
    assert set(bars) == {"Week", "Long"}
    week = bars["Week"]
    assert (week.before, week.during) == (YEAR_AWAY.weekday(), 7)
    assert week.before + week.during + week.after == DAYS
    assert not week.goes_on_before
    assert (bars["Long"].before, bars["Long"].during, bars["Long"].after) == (0, DAYS, 0)
    assert bars["Long"].goes_on_before
    assert bars["Long"].goes_on_after


def test_campaigns_meet_on_goods_of_both(bench: OfficeBench) -> None:
    calendar = planned(
        bench,
        a_form("Bread", categories=("bread",)),
        a_form("Everything"),
        a_form("Whole basket", reward="amount", percent_bp=None, amount_minor=500),
        a_form("Drinks", categories=("drinks",)),
        a_form("Bread, on top", categories=("bread",), combinable=True),
        a_form("Tea for free", reward="free", percent_bp=None, free_products=("2003",), minimum_spend_minor=500),
    )
    found = met(calendar)
    assert ("Bread", "Drinks") not in found
    assert found["Bread", "Everything"][1] == "one"
    assert found["Bread", "Bread, on top"] == (found["Bread", "Everything"][0], "both")
    assert found["Bread", "Whole basket"][1] == "both"
    assert found["Drinks", "Everything"][0] > 0
    assert ("Bread", "Tea for free") not in found
    assert found["Drinks", "Tea for free"] == (1, "one")
    assert found["Bread", "Everything"][0] > 0


def test_a_draft_that_is_not_complete_has_a_bar_and_meets_nobody(bench: OfficeBench) -> None:
    calendar = planned(bench, a_form("Everything"), a_form("", percent_bp=None), publish=False)
    assert {bar.complete for bar in calendar.bars} == {True, False}
    assert calendar.overlaps == ()


def test_the_page_in_other_weeks_and_with_a_wrong_date(bench: OfficeBench) -> None:
    planned(bench, a_form("Week"), a_form("Everything"))
    client = bench.client("auditor")
    page = client.get("/campaigns/calendar", query_string={"from": YEAR_AWAY.isoformat()}).text
    assert "Where campaigns meet" in page
    assert "Each piece gets one of the two" in page
    assert "No campaign in these weeks" in client.get("/campaigns/calendar?from=2199-01-01").text
    assert client.get("/campaigns/calendar?from=9999-12-31").status_code == 200
    assert client.get(f"/campaigns/calendar?from={date.min.isoformat()}").status_code == 200
    refused = client.get("/campaigns/calendar?from=tomorrow")
    assert refused.status_code == 422
    assert "2026-12-24" in refused.text
