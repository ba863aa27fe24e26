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

from sqlalchemy import ColumnElement, Integer, and_, case, exists, func, select
from sqlalchemy.orm import Session

from backoffice.campaigns.build import last_day
from backoffice.campaigns.form import CampaignForm, load_form
from backoffice.campaigns.models import Campaign
from backoffice.sync_api.models import Coupon, Receipt, Redemption
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


def _sign() -> ColumnElement[int]:
    return case((Receipt.kind == "void", -1), (Receipt.kind.in_(("return", "account")), 0), else_=1)


def _redeemed(organisation_id: str, campaign_id: str) -> ColumnElement[bool]:
    """Whether the campaign gave something on a receipt. A coupon earned for a later visit is no redemption yet."""
    return exists().where(
        Redemption.discount_minor != 0,
        Redemption.organisation_id == organisation_id,
        Redemption.campaign_id == campaign_id,
        Redemption.workstation_id == Receipt.workstation_id,
        Redemption.epoch == Receipt.epoch,
        Redemption.seq == Receipt.seq,
    )


def _period(organisation_id: str, form: CampaignForm, today: date) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [
        Receipt.organisation_id == organisation_id,
        Receipt.business_day >= form.starts_on,
        Receipt.business_day <= max(form.starts_on, min(today, last_day(form))),
    ]
    if form.store_ids:
        conditions.append(Receipt.store_id.in_(form.store_ids))
    return conditions


def _count_and_revenue(session: Session, *conditions: ColumnElement[bool]) -> tuple[int, int]:
    row = session.execute(
        select(
            func.coalesce(func.sum(_sign(), type_=Integer), 0), func.coalesce(func.sum(Receipt.total_due_minor), 0)
        ).where(*conditions)
    ).one()
    return int(row[0]), int(row[1])


def campaign_figures(session: Session, organisation_id: str, campaign: Campaign, today: date) -> CampaignFigures:
    """The figures of one campaign, over all its versions."""
    form = load_form(campaign.form)
    own = (Receipt.organisation_id == organisation_id, _redeemed(organisation_id, campaign.campaign_id))
    receipts, revenue = _count_and_revenue(session, *own)
    total_receipts, total_revenue = _count_and_revenue(session, *_period(organisation_id, form, today))
    discount, touched = session.execute(
        select(
            func.coalesce(func.sum(Redemption.discount_minor), 0),
            func.coalesce(func.sum(Redemption.touched_value_minor), 0),
        ).where(Redemption.organisation_id == organisation_id, Redemption.campaign_id == campaign.campaign_id)
    ).one()
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
        cost_minor=int(discount),
        discount_bp=divide_half_up(int(discount) * BASIS_POINTS_WHOLE, int(touched)) if touched > 0 else None,
        average_receipt_minor=divide_half_up(revenue, receipts) if receipts > 0 else None,
        total_average_minor=divide_half_up(total_revenue, total_receipts) if total_receipts > 0 else None,
        issued=sum(count for state, count in states.items() if state != "void"),
        redeemed=states.get("redeemed", 0) + states.get("overdrawn", 0),
        open=states.get("open", 0),
    )


def revenue_by_day(session: Session, organisation_id: str, campaign: Campaign, today: date) -> list[DayFigures]:
    """Every day of the campaign up to today, the last ones when there are many."""
    form = load_form(campaign.form)
    last = min(today, last_day(form))
    first = max(form.starts_on, last - timedelta(days=DAYS_DRAWN_MAX - 1))
    if last < first:
        return []
    between = (*_period(organisation_id, form, today), Receipt.business_day >= first)
    total = _by_day(session, between, ())
    own = _by_day(session, between, (_redeemed(organisation_id, campaign.campaign_id),))
    costs = dict(
        session.execute(
            select(Receipt.business_day, func.sum(Redemption.discount_minor))
            .join(Redemption, _same_receipt())
            .where(*between, Redemption.campaign_id == campaign.campaign_id)
            .group_by(Receipt.business_day)
        ).all()
    )
    days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    return [DayFigures(day, own.get(day, 0), total.get(day, 0), int(costs.get(day, 0))) for day in days]


def _same_receipt() -> ColumnElement[bool]:
    return and_(
        Redemption.organisation_id == Receipt.organisation_id,
        Redemption.workstation_id == Receipt.workstation_id,
        Redemption.epoch == Receipt.epoch,
        Redemption.seq == Receipt.seq,
    )


def _by_day(session: Session, between: Sequence[Any], extra: Sequence[Any]) -> dict[date, int]:
    rows = session.execute(
        select(Receipt.business_day, func.sum(Receipt.total_due_minor))
        .where(*between, *extra)
        .group_by(Receipt.business_day)
    )
    return {row[0]: int(row[1]) for row in rows}


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
    own = Receipt.organisation_id == organisation_id
    receipts, revenue = _count_and_revenue(session, own, Receipt.business_day == today)
    with_card, _revenue = _count_and_revenue(session, own, Receipt.business_day == today, Receipt.member_id != "")
    first = today - timedelta(days=27)
    rows = session.execute(
        select(Receipt.business_day, func.sum(Receipt.total_due_minor), func.sum(Receipt.total_discount_minor))
        .where(own, Receipt.business_day >= first, Receipt.business_day <= today)
        .group_by(Receipt.business_day)
    )
    sums = {row[0]: (int(row[1]), int(row[2])) for row in rows}
    days = tuple((first + timedelta(days=n), *sums.get(first + timedelta(days=n), (0, 0))) for n in range(28))
    return Overview(receipts, revenue, sums.get(today, (0, 0))[1], with_card, days)
