"""Conditions on visits: how long ago the last one was, how many there were, what was spent."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Date, Select, and_, case, func, literal, select
from typing_extensions import override

from backoffice.audiences.conditions.base import (
    DAYS_MAX,
    Condition,
    InPeriod,
    in_range,
    range_problem,
    range_words,
)
from backoffice.audiences.models import MemberDay
from backoffice.audiences.names import Names
from backoffice.audiences.scope import Scope
from backoffice.i18n import gettext as _
from backoffice.members.models import Member
from backoffice.web.format import money, number

_DAY: Final = timedelta(days=1)


class Away(Condition, frozen=True, kw_only=True, tag="away"):
    """The last visit is more than `more_than` days ago and at most `at_most` days.

    `with_never`: also who never came, counted from the day of joining.
    """

    more_than: int = 28
    at_most: int | None = None
    with_never: bool = True

    @override
    def where(self, scope: Scope) -> ColumnElement[bool]:
        latest = scope.days_ago(self.more_than) - _DAY
        earliest = date.min if self.at_most is None else scope.days_ago(self.at_most)
        last = _last_visit(scope)
        if self.with_never:
            # As if the day of joining had been a visit on the latest day that counts, or on one that does not.
            joined = Member.created_at < scope.start_of(latest + _DAY)
            if self.at_most is not None:
                joined = and_(joined, Member.created_at >= scope.start_of(earliest))
            last = func.coalesce(last, case((joined, literal(latest, Date)), else_=literal(scope.today, Date)))
        else:
            last = func.coalesce(last, literal(scope.today, Date))
        return last.between(earliest, latest)

    @override
    def sentence(self, names: Names) -> str:
        if self.at_most is None:
            said = _("last visit more than %(days)s days ago", days=number(self.more_than))
        else:
            said = _(
                "last visit more than %(days)s and at most %(most)s days ago",
                days=number(self.more_than),
                most=number(self.at_most),
            )
        return _("%(said)s, or joined then and never came", said=said) if self.with_never else said

    @override
    def problem(self) -> str:
        if not 0 <= self.more_than <= DAYS_MAX:
            return _("A number of days lies between 0 and %(max)s.", max=DAYS_MAX)
        return range_problem(self.more_than, self.at_most)


class Visits(InPeriod, frozen=True, kw_only=True, tag="visits"):
    """The number of visits in a period lies in a range. `store_ids`: only there; empty: anywhere."""

    at_least: int | None = 1
    at_most: int | None = None
    store_ids: tuple[str, ...] = ()

    @override
    def where(self, scope: Scope) -> ColumnElement[bool]:
        return in_range(_days(self, scope), func.sum(MemberDay.visits), self.at_least, self.at_most)

    @override
    def sentence(self, names: Names) -> str:
        ends = [each for each in (self.at_least, self.at_most) if each is not None]
        amount = range_words(self.at_least, self.at_most, {each: number(each) for each in ends})
        return _at_stores(self, names, _("visits %(period)s: %(amount)s", period=self.period(), amount=amount))

    @override
    def problem(self) -> str:
        return range_problem(self.at_least, self.at_most) or self.period_problem()


class Spent(InPeriod, frozen=True, kw_only=True, tag="spent"):
    """What was spent in a period lies in a range, in minor units of money. `store_ids`: only there."""

    at_least: int | None = None
    at_most: int | None = None
    store_ids: tuple[str, ...] = ()

    @override
    def where(self, scope: Scope) -> ColumnElement[bool]:
        return in_range(_days(self, scope), func.sum(MemberDay.spent_minor), self.at_least, self.at_most)

    @override
    def sentence(self, names: Names) -> str:
        ends = [each for each in (self.at_least, self.at_most) if each is not None]
        amount = range_words(self.at_least, self.at_most, {each: money(each, names.currency) for each in ends})
        return _at_stores(self, names, _("spent %(period)s: %(amount)s", period=self.period(), amount=amount))

    @override
    def problem(self) -> str:
        return range_problem(self.at_least, self.at_most) or self.period_problem()


def _last_visit(scope: Scope) -> ColumnElement[date]:
    """The member's last day with a visit: one look into the index for each, however many days there are."""
    return (
        select(MemberDay.business_day)
        .where(
            MemberDay.organisation_id == scope.organisation_id,
            MemberDay.member_id == Member.member_id,
            MemberDay.visits > 0,
        )
        .order_by(MemberDay.business_day.desc())
        .limit(1)
        .correlate(Member)
        .scalar_subquery()
    )


def _days(condition: Visits | Spent, scope: Scope) -> Select[str]:
    """The members with days in the period, grouped."""
    days: Any = select(MemberDay.member_id).where(
        MemberDay.organisation_id == scope.organisation_id, condition.within(scope, MemberDay.business_day)
    )
    if condition.store_ids:
        days = days.where(MemberDay.store_id.in_(condition.store_ids))
    grouped: Select[str] = days.group_by(MemberDay.member_id)
    return grouped


def _at_stores(condition: Visits | Spent, names: Names, said: str) -> str:
    if not condition.store_ids:
        return said
    return _("%(said)s, in %(stores)s", said=said, stores=names.listed(names.stores, condition.store_ids))
