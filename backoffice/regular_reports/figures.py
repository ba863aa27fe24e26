"""The figures of the reports: how members come, come again and stay away, and what each store did (C10).

A member *came* in a period who made at least one purchase in it that was not taken back. All shares are counted from
what members bought, by business day; none of them is caused by anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from backoffice.audiences.models import MemberDay
from backoffice.messaging.kinds import BACK, OUT, State
from backoffice.messaging.models import Dispatch
from backoffice.organisations.models import Store
from backoffice.regular_reports.kinds import Period
from backoffice.regular_reports.steps import Steps
from backoffice.reports.figures import period_totals
from pos_engine.core.money import BASIS_POINTS_WHOLE, divide_half_up

AWAY_DAYS: Final = 90
"""Whoever did not come for more than this is away (C3)."""
LOST_DAYS: Final = 360
"""Whoever did not come for more than this is lost for good, and counted no longer (C3)."""
SECOND_WITHIN_DAYS: Final = 60
"""In how many days after the first visit a second one is looked for."""
YEARS_OF_A_MEMBER: Final = 3
"""For how long a member is taken to stay, for the value of a member (C10: 2,000 a year x 3 years)."""
YEAR_DAYS: Final = 365


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    part: int
    whole: int

    @property
    def bp(self) -> int | None:
        """In basis points; None: there is nobody."""
        return divide_half_up(self.part * BASIS_POINTS_WHOLE, self.whole) if self.whole else None


@dataclass(frozen=True)
class Care:
    """How members came in one period, in all stores or in one. Money in minor units.

    `came_back`: of those who came, whose visit before was more than `AWAY_DAYS` earlier. `again`: of those who came in
    the period before, who came in this one. `second`: of those whose first visit was `SECOND_WITHIN_DAYS` before a day
    of the period, who came a second time within those days. `away`: of those seen in the last `LOST_DAYS` days, who
    did not come for more than `AWAY_DAYS`. `value_minor`: what a member spends in a year, times `YEARS_OF_A_MEMBER`.
    """

    came: int
    new: int
    came_back: int
    spent_minor: int
    again: Share
    second: Share
    away: Share
    value_minor: int | None


@dataclass(frozen=True)
class Attempts:
    """Messages of one channel that were sent in the period, and how many came back or were refused."""

    sent: int
    came_back: int
    failed: int


@dataclass(frozen=True)
class StoreFigures:
    """What one store did in the period. Money in minor units."""

    store_id: str
    name: str
    receipts: int
    revenue_minor: int
    members: int


def care_of(session: Session, organisation_id: str, period: Period, store_id: str = "") -> Care:
    """The figures of one period as they are known now."""
    place = _Place(session, organisation_id, store_id)
    came = place.members(period.first, period.last)
    before = place.members(period.before.first, period.before.last)
    lately = place.members(period.first - timedelta(days=AWAY_DAYS), period.first - timedelta(days=1))
    known = place.members(date.min, period.first - timedelta(days=1))
    seen = place.members(period.last - timedelta(days=LOST_DAYS - 1), period.last)
    present = place.members(period.last - timedelta(days=AWAY_DAYS - 1), period.last)
    year = period.last - timedelta(days=YEAR_DAYS - 1)
    members_of_year = len(place.members(year, period.last))
    yearly = place.spent(year, period.last)
    return Care(
        came=len(came),
        new=len(came - known),
        came_back=len((came & known) - lately),
        spent_minor=place.spent(period.first, period.last),
        again=Share(len(before & came), len(before)),
        second=place.second_visits(period),
        away=Share(len(seen - present), len(seen)),
        value_minor=divide_half_up(yearly * YEARS_OF_A_MEMBER, members_of_year) if members_of_year else None,
    )


def came_in(session: Session, organisation_id: str, period: Period, store_id: str = "") -> int:
    """How many members came."""
    return len(_Place(session, organisation_id, store_id).members(period.first, period.last))


def attempts_in(session: Session, organisation_id: str, period: Period) -> Mapping[str, Attempts]:
    """What was sent to members in the period, by channel (UTC days)."""
    rows = session.execute(
        select(Dispatch.channel, Dispatch.state, func.count())
        .where(
            Dispatch.organisation_id == organisation_id,
            Dispatch.handed_at >= datetime.combine(period.first, time.min, UTC),
            Dispatch.handed_at < datetime.combine(period.last + timedelta(days=1), time.min, UTC),
        )
        .group_by(Dispatch.channel, Dispatch.state)
    ).all()
    found: dict[str, Attempts] = {}
    for channel, state, count in rows:
        old = found.get(channel, Attempts(0, 0, 0))
        back = count if state in BACK else 0
        failed = count if state == State.FAILED else 0
        out = count if state in OUT or back else 0
        found[channel] = Attempts(old.sent + out, old.came_back + back, old.failed + failed)
    return found


def store_in(session: Session, store: Store, period: Period, steps: Steps) -> StoreFigures:
    """One store's figures."""
    own = store.organisation_id
    receipts, revenue = period_totals(session, own, period.first, period.last, [store.store_id])
    members = came_in(session, own, period, store.store_id)
    steps.one()
    return StoreFigures(store.store_id, store.name, receipts, revenue, members)


@dataclass(frozen=True)
class _Place:
    """What members did in one store, or in all."""

    session: Session
    organisation_id: str
    store_id: str

    def members(self, first: date, last: date) -> AbstractSet[str]:
        """Who came in these days."""
        asked = (
            select(MemberDay.member_id)
            .where(*self._in(first, last))
            .group_by(MemberDay.member_id)
            .having(func.sum(MemberDay.visits) > 0)
        )
        return frozenset(self.session.scalars(asked))

    def spent(self, first: date, last: date) -> int:
        """What members spent in these days, less what came back."""
        return int(self.session.scalar(select(func.sum(MemberDay.spent_minor)).where(*self._in(first, last))) or 0)

    def second_visits(self, period: Period) -> Share:
        """Of those whose first visit was so many days before the period, who came again in time."""
        within = timedelta(days=SECOND_WITHIN_DAYS)
        first, last = period.first - within, period.last - within
        began = self.members(first, last) - self.members(date.min, first - timedelta(days=1))
        asked = (
            select(MemberDay.member_id, MemberDay.business_day)
            .where(*self._in(first, period.last), MemberDay.visits > 0)
            .order_by(MemberDay.business_day)
        )
        since: dict[str, date] = {}
        again = set()
        for member_id, day in self.session.execute(asked):
            if member_id in began and since.setdefault(member_id, day) < day <= since[member_id] + within:
                again.add(member_id)
        return Share(len(again), len(began))

    def _in(self, first: date, last: date) -> list[ColumnElement[bool]]:
        limits: list[Any] = [
            MemberDay.organisation_id == self.organisation_id,
            MemberDay.business_day.between(first, last),
        ]
        return [*limits, MemberDay.store_id == self.store_id] if self.store_id else limits
