"""When a campaign has given 80 % of its budget, and when all of it: noted once, in the transaction that brings it.

Those who want to know are told by the worker.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from backoffice.bulk import table_of
from backoffice.campaigns.form import coupons_at_once
from backoffice.campaigns.models import Campaign, CampaignVersion
from backoffice.ids import UuidIds
from backoffice.prepared import Prepared
from backoffice.reports.models import BudgetMark, CampaignDay
from backoffice.webhooks.kinds import EventKind
from backoffice.webhooks.outbox import happened
from backoffice.worker.services import plan

MARKS: Final = (80, 100)
"""Per cent of the budget."""
BUDGET_ALARM: Final = "budget_alarm"
"""Kind of the worker's job that mails it; its key is campaign, per cent and budget."""
_IDS: Final = UuidIds()
_BUDGET: Final = '"budget_minor":'
_NO_BUDGET: Final = '"budget_minor":null'
"""How forms with and without a budget are stored; those before there were any say nothing of it."""


class _Budget(msgspec.Struct, frozen=True):
    """All that is read of a form here: whatever else is in it, no receipt may be set aside for it."""

    budget_minor: int | None = None
    kind: str = "offer"
    coupons_per_receipt: int = 1

    @property
    def in_all_minor(self) -> int | None:
        """What tills give at most."""
        return self.budget_minor and self.budget_minor * coupons_at_once(self.kind, self.coupons_per_receipt)


_CAMPAIGNS, _VERSIONS = table_of(Campaign), table_of(CampaignVersion)
# Made once: every batch of receipts asks it.
_FORMS: Final = Prepared(
    select(_VERSIONS.c.campaign_id, _VERSIONS.c.form)
    .join(
        _CAMPAIGNS,
        (_CAMPAIGNS.c.organisation_id == _VERSIONS.c.organisation_id)
        & (_CAMPAIGNS.c.campaign_id == _VERSIONS.c.campaign_id)
        & (_CAMPAIGNS.c.live_version == _VERSIONS.c.version),
    )
    .where(
        _VERSIONS.c.organisation_id == bindparam("organisation"),
        _VERSIONS.c.campaign_id.in_(bindparam("campaigns", expanding=True)),
        _VERSIONS.c.form.contains(_BUDGET, autoescape=True),
        ~_VERSIONS.c.form.contains(_NO_BUDGET, autoescape=True),
    )
)


def mark_budgets(session: Session, organisation_id: str, campaign_ids: Collection[str], now: datetime) -> None:
    """Note which of these campaigns have reached a mark, and tell receivers of webhooks."""
    budgets = _budgets(session, organisation_id, campaign_ids) if campaign_ids else {}
    if not budgets:
        return
    given = given_in_all(session, organisation_id, list(budgets))
    noted = set(
        session.execute(
            select(BudgetMark.campaign_id, BudgetMark.budget_minor, BudgetMark.percent).where(
                BudgetMark.organisation_id == organisation_id, BudgetMark.campaign_id.in_(budgets)
            )
        ).all()
    )
    for campaign_id, budget in sorted(budgets.items()):
        reached = [percent for percent in MARKS if given.get(campaign_id, 0) * 100 >= budget * percent]
        for percent in reached:
            if (campaign_id, budget, percent) in noted:
                continue
            session.add(
                BudgetMark(
                    organisation_id=organisation_id,
                    campaign_id=campaign_id,
                    budget_minor=budget,
                    percent=percent,
                    given_minor=given[campaign_id],
                    reached_at=now,
                )
            )
            plan(session, _IDS, organisation_id, BUDGET_ALARM, f"{campaign_id}:{percent}:{budget}", now)
            told = {"campaign_id": campaign_id, "percent": percent, "budget_minor": budget}
            happened(session, organisation_id, EventKind.CAMPAIGN_BUDGET, [told], now)
    session.flush()


def given_in_all(session: Session, organisation_id: str, campaign_ids: Collection[str]) -> Mapping[str, int]:
    """What campaigns have given, less what was taken back, in minor units."""
    rows = session.execute(
        select(CampaignDay.campaign_id, func.sum(CampaignDay.discount_minor))
        .where(CampaignDay.organisation_id == organisation_id, CampaignDay.campaign_id.in_(campaign_ids))
        .group_by(CampaignDay.campaign_id)
    )
    return {row[0]: int(row[1]) for row in rows}


def marks_of(session: Session, organisation_id: str, campaign_id: str, budget_minor: int) -> Sequence[BudgetMark]:
    """The marks that a campaign has reached with the budget it has now."""
    return session.scalars(
        select(BudgetMark)
        .where(
            BudgetMark.organisation_id == organisation_id,
            BudgetMark.campaign_id == campaign_id,
            BudgetMark.budget_minor == budget_minor,
        )
        .order_by(BudgetMark.percent)
    ).all()


def running_low(session: Session, organisation_id: str) -> Mapping[str, int]:
    """Campaigns that run and have reached a mark of the budget they have now: id → the highest one, in per cent."""
    rows = session.execute(
        select(BudgetMark.campaign_id, BudgetMark.budget_minor, BudgetMark.percent)
        .join(
            Campaign,
            (Campaign.organisation_id == BudgetMark.organisation_id) & (Campaign.campaign_id == BudgetMark.campaign_id),
        )
        .where(BudgetMark.organisation_id == organisation_id, Campaign.state == "live")
        .order_by(BudgetMark.percent)
    ).all()
    now = _budgets(session, organisation_id, {row[0] for row in rows}) if rows else {}
    return {campaign_id: percent for campaign_id, budget, percent in rows if now.get(campaign_id) == budget}


def _budgets(session: Session, organisation_id: str, campaign_ids: Collection[str]) -> Mapping[str, int]:
    """The budgets of the versions that tills have, each in all: what no till gives beyond."""
    session.flush()
    forms = _FORMS.all(session.connection(), organisation=organisation_id, campaigns=campaign_ids)
    read = ((row.campaign_id, msgspec.json.decode(row.form, type=_Budget).in_all_minor) for row in forms)
    return {campaign_id: budget for campaign_id, budget in read if budget}
