"""What a campaign brought and cost (V8), from the receipts as they arrive.

Campaign revenue: receipts with a redemption of the campaign, after discounts. Total revenue: all receipts of the period
and stores. Cost: the campaign's discounts. Discount in %: its discounts ÷ price before discount of the lines it
touched. A void is a receipt with negative amounts, so that sums are right by themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from backoffice.campaigns.build import last_day
from backoffice.campaigns.form import CampaignForm, load_form
from backoffice.campaigns.models import Campaign, CampaignVersion
from backoffice.reports.models import CampaignDay, StoreDay
from backoffice.reports.rollup import SIGNS
from backoffice.sync_api.models import Coupon
from pos_engine.core.money import BASIS_POINTS_WHOLE, divide_half_up

DAYS_DRAWN_MAX: Final = 92
"""Days of the chart; a quarter is what fits on a screen."""


@dataclass(frozen=True)
class CampaignFigures:
    """One campaign's figures up to now. Money in minor units; `discount_bp` and averages None without receipts."""

    receipts: int
    campaign_revenue_minor: int
    total_receipts: int
    total_revenue_minor: int
    cost_minor: int
    discount_bp: int | None
    average_receipt_minor: int | None
    total_average_minor: int | None
    issued: int
    redeemed: int
    open: int


@dataclass(frozen=True)
class DayFigures:
    """One business day of the chart."""

    day: date
    campaign_revenue_minor: int
    total_revenue_minor: int
    cost_minor: int


def _counted(number: Any) -> ColumnElement[int]:  # noqa: ANN401 - a column
    """A number of receipts as they are counted: a void takes its sale's away, returns are none."""
    return case(*((StoreDay.kind == kind, number * sign) for kind, sign in SIGNS.items()), else_=number)


def _sum(column: Any) -> ColumnElement[int]:  # noqa: ANN401 - a column, or what is made of some
    return func.coalesce(func.sum(column), 0)


def _period(organisation_id: str, form: CampaignForm, today: date) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [
        StoreDay.organisation_id == organisation_id,
        StoreDay.business_day >= form.starts_on,
        StoreDay.business_day <= max(form.starts_on, min(today, last_day(form))),
    ]
    if form.store_ids:
        conditions.append(StoreDay.store_id.in_(form.store_ids))
    return conditions


def _own(organisation_id: str, campaign: Campaign) -> tuple[ColumnElement[bool], ...]:
    return CampaignDay.organisation_id == organisation_id, CampaignDay.campaign_id == campaign.campaign_id


def _count_and_revenue(session: Session, *conditions: ColumnElement[bool]) -> tuple[int, int]:
    row = session.execute(select(_sum(_counted(StoreDay.receipts)), _sum(StoreDay.due_minor)).where(*conditions)).one()
    return int(row[0]), int(row[1])


def form_in_force(session: Session, campaign: Campaign) -> CampaignForm:
    """What tills have or had last of it; a draft that is being changed counts only while nothing was published."""
    asked = select(CampaignVersion.form).where(
        CampaignVersion.organisation_id == campaign.organisation_id, CampaignVersion.campaign_id == campaign.campaign_id
    )
    if campaign.live_version is not None:
        asked = asked.where(CampaignVersion.version == campaign.live_version)
    published = session.scalar(asked.order_by(CampaignVersion.version.desc()).limit(1))
    return load_form(published or campaign.form)


def period_totals(
    session: Session, organisation_id: str, first: date, last: date, store_ids: Sequence[str] = ()
) -> tuple[int, int]:
    """How many receipts some days had and what they brought, in some stores or in all."""
    conditions = [StoreDay.organisation_id == organisation_id, StoreDay.business_day.between(first, last)]
    if store_ids:
        conditions.append(StoreDay.store_id.in_(store_ids))
    return _count_and_revenue(session, *conditions)


def totals_of_organisations(
    session: Session, organisation_ids: Sequence[str], first: date, last: date
) -> dict[str, tuple[int, int]]:
    """How many receipts each of these organisations had in some days and what they brought, in its minor units."""
    rows = session.execute(
        select(StoreDay.organisation_id, _sum(_counted(StoreDay.receipts)), _sum(StoreDay.due_minor))
        .where(StoreDay.organisation_id.in_(organisation_ids), StoreDay.business_day.between(first, last))
        .group_by(StoreDay.organisation_id)
    )
    return {organisation_id: (int(receipts), int(due)) for organisation_id, receipts, due in rows}


def campaign_figures(session: Session, organisation_id: str, campaign: Campaign, today: date) -> CampaignFigures:
    """The figures of one campaign, over all its versions."""
    form = form_in_force(session, campaign)
    total_receipts, total_revenue = _count_and_revenue(session, *_period(organisation_id, form, today))
    sums = (CampaignDay.receipts, CampaignDay.due_minor, CampaignDay.discount_minor, CampaignDay.touched_minor)
    own = session.execute(select(*map(_sum, sums)).where(*_own(organisation_id, campaign))).one()
    receipts, revenue, discount, touched = map(int, own)
    states = dict(
        session.execute(
            select(Coupon.state, func.count())
            .where(Coupon.organisation_id == organisation_id, Coupon.campaign_id == campaign.campaign_id)
            .group_by(Coupon.state)
        ).all()
    )
    return CampaignFigures(
        receipts=receipts,
        campaign_revenue_minor=revenue,
        total_receipts=total_receipts,
        total_revenue_minor=total_revenue,
        cost_minor=discount,
        discount_bp=divide_half_up(discount * BASIS_POINTS_WHOLE, touched) if touched > 0 else None,
        average_receipt_minor=divide_half_up(revenue, receipts) if receipts > 0 else None,
        total_average_minor=divide_half_up(total_revenue, total_receipts) if total_receipts > 0 else None,
        issued=sum(count for state, count in states.items() if state != "void"),
        redeemed=states.get("redeemed", 0) + states.get("overdrawn", 0),
        open=states.get("open", 0),
    )


def revenue_by_day(session: Session, organisation_id: str, campaign: Campaign, today: date) -> list[DayFigures]:
    """Every day of the campaign up to today, the last ones when there are many."""
    form = form_in_force(session, campaign)
    last = min(today, last_day(form))
    first = max(form.starts_on, last - timedelta(days=DAYS_DRAWN_MAX - 1))
    if last < first:
        return []
    total = {
        row[0]: int(row[1])
        for row in session.execute(
            select(StoreDay.business_day, func.sum(StoreDay.due_minor))
            .where(*_period(organisation_id, form, today), StoreDay.business_day >= first)
            .group_by(StoreDay.business_day)
        )
    }
    within = [CampaignDay.business_day.between(first, last)]
    if form.store_ids:
        within.append(CampaignDay.store_id.in_(form.store_ids))
    own = {
        row[0]: (int(row[1]), int(row[2]))
        for row in session.execute(
            select(CampaignDay.business_day, func.sum(CampaignDay.due_minor), func.sum(CampaignDay.discount_minor))
            .where(*_own(organisation_id, campaign), *within)
            .group_by(CampaignDay.business_day)
        )
    }
    days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    return [DayFigures(day, own.get(day, (0, 0))[0], total.get(day, 0), own.get(day, (0, 0))[1]) for day in days]


_NOTHING: Final = (0, 0, 0, 0)


@dataclass(frozen=True)
class Overview:
    """The shop at a glance: one business day and the 28 days up to it."""

    receipts_today: int
    revenue_today_minor: int
    discount_today_minor: int
    with_card_today: int
    days: tuple[tuple[date, int, int], ...]


def overview(session: Session, organisation_id: str, today: date) -> Overview:
    """Today's figures, and revenue and discounts of the last 28 days."""
    first = today - timedelta(days=27)
    rows = session.execute(
        select(
            StoreDay.business_day,
            func.sum(StoreDay.due_minor),
            func.sum(StoreDay.discount_minor),
            func.sum(_counted(StoreDay.receipts)),
            func.sum(_counted(StoreDay.with_member)),
        )
        .where(StoreDay.organisation_id == organisation_id, StoreDay.business_day.between(first, today))
        .group_by(StoreDay.business_day)
    )
    sums = {row[0]: (int(row[1]), int(row[2]), int(row[3]), int(row[4])) for row in rows}
    drawn = [first + timedelta(days=offset) for offset in range(28)]
    days = tuple((day, *sums.get(day, _NOTHING)[:2]) for day in drawn)
    revenue, discount, receipts, with_card = sums.get(today, _NOTHING)
    return Overview(receipts, revenue, discount, with_card, days)
