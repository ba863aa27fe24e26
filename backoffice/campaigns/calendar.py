"""The calendar of campaigns: a quarter in weeks, a row for each campaign, and where they meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.campaigns.build import build_campaign, last_day
from backoffice.campaigns.form import load_form
from backoffice.campaigns.models import Campaign
from backoffice.campaigns.names import names_for
from backoffice.campaigns.overlaps import CAMPAIGNS_MAX, Overlap, Planned, overlaps
from backoffice.campaigns.problems import problems_of
from pos_engine.core.money import Tariff

WEEKS: Final = 13
DAYS: Final = WEEKS * 7
SHOWN_STATES: Final = frozenset({"draft", "live", "ending", "paused", "submitted", "approved"})


@dataclass(frozen=True)
class Bar:
    """A campaign's row, in days of the period: `before` it, `during` it, `after` it; they sum to the period.

    `goes_on_before`, `goes_on_after`: it began earlier or ends later than what is shown.
    """

    campaign: Campaign
    last_day: date
    before: int
    during: int
    after: int
    goes_on_before: bool
    goes_on_after: bool
    complete: bool


@dataclass(frozen=True)
class Calendar:
    """Thirteen weeks from a Monday. `overlaps` is None when there are too many campaigns to compare them all."""

    first: date
    last: date
    mondays: tuple[date, ...]
    bars: tuple[Bar, ...]
    overlaps: tuple[Overlap, ...] | None
    today: int | None

    @property
    def earlier(self) -> date:
        """The first day of the period before."""
        return self.first - timedelta(days=DAYS)

    @property
    def later(self) -> date:
        """The first day of the next period."""
        return self.first + timedelta(days=DAYS)


def calendar_of(session: Session, organisation_id: str, wanted: date, today: date, tariff: Tariff) -> Calendar:
    """The weeks from the one that holds the wanted day."""
    first = wanted - timedelta(days=wanted.weekday())
    last = first + timedelta(days=DAYS - 1)
    rows = _campaigns_between(session, organisation_id, first, last)
    planned = [_planned(session, row, today) for row in rows]
    found = None
    if len(rows) <= CAMPAIGNS_MAX:
        met = overlaps(session, organisation_id, planned, tariff)
        found = tuple(each for each in met if each.first <= last and each.last >= first)
    return Calendar(
        first=first,
        last=last,
        mondays=tuple(first + timedelta(days=7 * week) for week in range(WEEKS)),
        bars=tuple(_bar(row, plan, first, last) for row, plan in zip(rows, planned, strict=True)),
        overlaps=found,
        today=(today - first).days if first <= today <= last else None,
    )


def _campaigns_between(session: Session, organisation_id: str, first: date, last: date) -> Sequence[Campaign]:
    """What runs or is planned in these days; what is printed for later may go on after a campaign's own last day."""
    rows = session.scalars(
        select(Campaign).where(
            Campaign.organisation_id == organisation_id,
            Campaign.state.in_(sorted(SHOWN_STATES)),
            Campaign.starts_on <= last,
        )
    ).all()
    shown = [row for row in rows if last_day(load_form(row.form)) >= first]
    return sorted(shown, key=lambda row: (row.starts_on, row.ends_on, row.name))


def _planned(session: Session, row: Campaign, today: date) -> Planned:
    form = load_form(row.form)
    complete = row.last_version > 0 and not row.edited
    if not complete:
        complete = not problems_of(form, names_for(session, row.organisation_id, form, row.campaign_id), today)
    rules = build_campaign(form, row.campaign_id, max(row.last_version, 1)) if complete else None
    return Planned(row.campaign_id, row.name, form, rules)


def _bar(row: Campaign, planned: Planned, first: date, last: date) -> Bar:
    ends = last_day(planned.form)
    begin, end = max(row.starts_on, first), min(ends, last)
    before, during = (begin - first).days, (end - begin).days + 1
    return Bar(
        campaign=row,
        last_day=ends,
        before=before,
        during=during,
        after=DAYS - before - during,
        goes_on_before=row.starts_on < first,
        goes_on_after=ends > last,
        complete=planned.rules is not None,
    )
