"""A campaign's budget while it runs: what was expected until each day, what was given, what tills still hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backoffice.campaigns.form import load_form
from backoffice.campaigns.models import Campaign, CampaignVersion
from backoffice.replays.ahead import ahead_of
from backoffice.reports.budget_marks import given_in_all, marks_of
from backoffice.reports.models import BudgetMark, CampaignDay
from backoffice.sync_api.models import RightLoan
from pos_engine.replay.forecast import DAYS_MAX, Until
from pos_engine.rights.ids import budget_right
from pos_engine.wire.campaigns import decode_campaign

WIDTH: Final = 600
HEIGHT: Final = 200
"""Of the drawing, in its own units."""

Place = Literal["", "above", "within", "below"]
"""Where what was given until today lies in the forecast; empty: there is none for today."""


@dataclass(frozen=True)
class BudgetDay:
    """Until the end of one day, in minor units. `until` None: no forecast. `given_minor` None: the day is to come."""

    day: date
    until: Until | None
    given_minor: int | None


@dataclass(frozen=True)
class Budget:
    """The budget as it stands. `lent_minor`: of it, what tills hold and may still give without a line.

    `budget_minor`: in all, where each coupon of a receipt has the budget for itself.
    """

    budget_minor: int | None
    given_minor: int
    lent_minor: int
    marks: Sequence[BudgetMark]
    days: Sequence[BudgetDay]
    place: Place

    @property
    def percent(self) -> int | None:
        """How much of the budget is given, in whole per cent, never rounded up."""
        return None if not self.budget_minor else self.given_minor * 100 // self.budget_minor

    @property
    def used_up(self) -> bool:
        """Whether nothing is left: tills give nothing more."""
        return self.budget_minor is not None and self.given_minor >= self.budget_minor


@dataclass(frozen=True)
class Drawing:
    """Points of the lines as SVG wants them; `cap_y` None: the budget is above the drawing, or there is none."""

    band: str
    expected: str
    given: str
    cap_y: float | None
    most_minor: int


def budget_of(session: Session, campaign: Campaign, today: date) -> Budget | None:
    """The budget of the version that tills have; None: nothing was published, or there is neither cap nor forecast."""
    organisation_id, campaign_id = campaign.organisation_id, campaign.campaign_id
    version = campaign.live_version and session.get(
        CampaignVersion, (organisation_id, campaign_id, campaign.live_version)
    )
    if not version:
        return None
    form, ahead = load_form(version.form), ahead_of(session, campaign)
    in_all = form.budget_in_all_minor
    if not in_all and ahead is None:
        return None
    until = {} if ahead is None else {ahead.first + timedelta(days=at): each for at, each in enumerate(ahead.days)}
    given = _given_by_day(session, organisation_id, campaign_id)
    first = min([version.starts_on, *given])
    last = min(max(form.ends_on, *given, first), first + timedelta(days=DAYS_MAX - 1))
    days, total = [], 0
    for day in (first + timedelta(days=offset) for offset in range((last - first).days + 1)):
        total += given.get(day, 0)
        days.append(BudgetDay(day, until.get(day), total if day <= today else None))
    return Budget(
        budget_minor=in_all,
        given_minor=given_in_all(session, organisation_id, [campaign_id]).get(campaign_id, 0),
        lent_minor=_lent(session, organisation_id, version) if in_all else 0,
        marks=marks_of(session, organisation_id, campaign_id, in_all) if in_all else (),
        days=days,
        place=_place(days, today),
    )


def drawn(budget: Budget) -> Drawing:
    """The days as lines of a drawing, the budget's own line among them where it is not far above all others."""
    highs = [day.until.high_minor for day in budget.days if day.until]
    givens = [day.given_minor for day in budget.days if day.given_minor is not None]
    reached = max([1, *highs, *givens])
    cap = budget.budget_minor
    shows_cap = cap is not None and cap <= 2 * reached
    most = max(reached, cap) if cap is not None and shows_cap else reached
    step = WIDTH / max(1, len(budget.days) - 1)

    def point(at: int, minor: int) -> str:
        return f"{at * step:.1f},{HEIGHT - HEIGHT * max(0, minor) / most:.1f}"

    known = [(at, day.until) for at, day in enumerate(budget.days) if day.until]
    upper = [point(at, until.high_minor) for at, until in known]
    lower = [point(at, until.low_minor) for at, until in reversed(known)]
    return Drawing(
        band=" ".join([*upper, *lower]),
        expected=" ".join(point(at, until.expected_minor) for at, until in known),
        given=" ".join(point(at, day.given_minor) for at, day in enumerate(budget.days) if day.given_minor is not None),
        cap_y=round(HEIGHT - HEIGHT * cap / most, 1) if cap is not None and shows_cap else None,
        most_minor=most,
    )


def _given_by_day(session: Session, organisation_id: str, campaign_id: str) -> dict[date, int]:
    rows = session.execute(
        select(CampaignDay.business_day, func.sum(CampaignDay.discount_minor))
        .where(CampaignDay.organisation_id == organisation_id, CampaignDay.campaign_id == campaign_id)
        .group_by(CampaignDay.business_day)
    )
    return {row[0]: int(row[1]) for row in rows}


def _lent(session: Session, organisation_id: str, version: CampaignVersion) -> int:
    """Money that tills have borrowed and not brought back or used yet, over all offers of the campaign."""
    rights = [budget_right(offer.offer_id) for offer in decode_campaign(version.body).offers]
    left = RightLoan.granted - RightLoan.returned - RightLoan.spent
    lent = session.scalar(
        select(func.sum(left)).where(
            RightLoan.organisation_id == organisation_id, RightLoan.right_id.in_(rights), left > 0
        )
    )
    return int(lent or 0)


def _place(days: Sequence[BudgetDay], today: date) -> Place:
    now = next((day for day in days if day.day == today), None)
    if now is None or now.until is None or now.given_minor is None:
        return ""
    if now.given_minor > now.until.high_minor:
        return "above"
    return "below" if now.given_minor < now.until.low_minor else "within"
