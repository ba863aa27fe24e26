"""Real sales of a real till, and what the pages say about them afterwards."""

from __future__ import annotations

from datetime import timedelta

from backoffice.campaigns.actions import list_campaigns
from backoffice.campaigns.models import Campaign
from backoffice.reports.figures import CampaignFigures, campaign_figures, overview, revenue_by_day
from tests.support.office import OfficeBench, SellingTill, card_of

LASAGNE, SPRITZER, CAPPUCCINO, RYE, FILTER = "5001", "2004", "2001", "4002", "7003"


def campaign_named(bench: OfficeBench, words: str) -> Campaign:
    with bench.office.database.read() as reader:
        rows = list_campaigns(reader, bench.organisation_id, bench.clock.now().date())
    return next(row for row in rows if words in row.name)


def figures(bench: OfficeBench, words: str) -> CampaignFigures:
    campaign = campaign_named(bench, words)
    with bench.office.database.read() as reader:
        return campaign_figures(reader, bench.organisation_id, campaign, bench.clock.now().date())


def test_v6_mondays_ten_percent_on_main_dishes_reaches_the_figures(bench: OfficeBench, till: SellingTill) -> None:
    till.sell((LASAGNE, 980, 2), (SPRITZER, 280, 1))  # Monday: 10 % of 19.60
    till.sell((SPRITZER, 280, 1))
    till.sync_until_quiet()
    found = figures(bench, "Mondays")
    assert found.receipts == 1
    assert found.cost_minor == 196
    assert found.campaign_revenue_minor == 2240 - 196
    assert found.total_revenue_minor == 2240 - 196 + 280
    assert found.total_receipts == 2
    assert found.discount_bp == 1000
    assert found.average_receipt_minor == 2044
    assert found.total_average_minor == (2044 + 280) // 2


def test_v2_a_coupon_on_the_card_is_issued_then_redeemed(bench: OfficeBench, till: SellingTill) -> None:
    before = figures(bench, "Garage customers")
    assert (before.issued, before.redeemed, before.open) == (5, 0, 5)
    till.sell((FILTER, 1680, 1), card_id=card_of(2))
    till.sync_until_quiet()
    after = figures(bench, "Garage customers")
    assert (after.issued, after.redeemed, after.open) == (5, 1, 4)
    assert after.cost_minor == 168
    till.sell((FILTER, 1680, 1), card_id=card_of(2))
    till.sync_until_quiet()
    assert figures(bench, "Garage customers").cost_minor == 168


def test_v10_a_coupon_from_paper_is_counted_at_the_later_visit(bench: OfficeBench, till: SellingTill) -> None:
    bench.clock.forward(timedelta(days=1))
    first = till.sell((SPRITZER, 280, 4))
    (coupon,) = first.issued_coupons
    till.sync_until_quiet()
    earned = figures(bench, "next visit")
    assert (earned.issued, earned.receipts, earned.campaign_revenue_minor) == (1, 0, 0)
    bench.clock.forward(timedelta(days=7))
    till.sync_until_quiet()
    till.sell((SPRITZER, 280, 1), codes=(coupon.coupon_id,))
    till.sync_until_quiet()
    after = figures(bench, "next visit")
    assert (after.issued, after.redeemed, after.receipts, after.campaign_revenue_minor) == (1, 1, 1, 80)
    assert after.cost_minor == 200


def test_every_day_of_the_chart_sums_to_the_totals(bench: OfficeBench, till: SellingTill) -> None:
    for _ in range(3):
        till.sell((LASAGNE, 980, 1))
        bench.clock.forward(timedelta(days=1))
        till.sync_until_quiet()
    campaign = campaign_named(bench, "Mondays")
    with bench.office.database.read() as reader:
        today = bench.clock.now().date()
        days = revenue_by_day(reader, bench.organisation_id, campaign, today)
        total = campaign_figures(reader, bench.organisation_id, campaign, today)
        shop = overview(reader, bench.organisation_id, today)
    assert len(days) == 4
    assert sum(day.total_revenue_minor for day in days) == total.total_revenue_minor == 882 + 980 + 980
    assert sum(day.campaign_revenue_minor for day in days) == total.campaign_revenue_minor == 882
    assert sum(day.cost_minor for day in days) == 98
    assert sum(due for _day, due, _discount in shop.days) == total.total_revenue_minor


def test_the_receipt_page_shows_lines_reasons_and_paper(bench: OfficeBench, till: SellingTill) -> None:
    till.sell((LASAGNE, 980, 1), (CAPPUCCINO, 320, 1), card_id=card_of(2))
    till.sync_until_quiet()
    client = bench.client()
    page = client.get("/receipts").text
    link = page.split('id="rows"')[1].split('href="')[1].split('"')[0]
    shown = client.get(link).text
    assert "Mondays 10 % on all main dishes" in shown
    assert "Jonas Hoffmann" in shown
    assert "Nur mit Kundenkarte" not in shown
    assert 'class="paper' in shown
    assert "Lasagne" in shown.split('class="paper')[1]
    german = client.get(link, headers={"Accept-Language": "de"}).text
    assert "12,02" in german


def test_a_receipt_that_was_voided_takes_its_figures_back(bench: OfficeBench, till: SellingTill) -> None:
    till.sell((LASAGNE, 980, 1))
    till.checkout.void("sale-1", "17")
    till.sync_until_quiet()
    found = figures(bench, "Mondays")
    assert (found.receipts, found.campaign_revenue_minor, found.cost_minor) == (0, 0, 0)
    assert found.discount_bp is None
    assert "bg-red-lt" in bench.client().get("/receipts").text
