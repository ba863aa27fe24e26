"""Conditions on visits: how long ago the last one was, how many there were, what was spent."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, not_, or_, select
from typing_extensions import override

from backoffice.audiences.conditions.base import (
    DAYS_MAX,
    Condition,
    InPeriod,
    among,
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


class Away(Condition, frozen=True, kw_only=True, tag="away"):
    """The last visit is more than `more_than` days ago and at most `at_most` days.

    `with_never`: also who never came, counted from the day of joining.
    """

    more_than: int = 28
    at_most: int | None = None
    with_never: bool = True

    @override
    def where(self, scope: Scope) -> ColumnElement[bool]:
        visited = select(MemberDay.member_id).where(
            MemberDay.organisation_id == scope.organisation_id, MemberDay.visits > 0
        )
        lately = visited.where(MemberDay.business_day >= scope.days_ago(self.more_than))
        before = visited
        joined = Member.created_at < scope.start_of(scope.days_ago(self.more_than))
        if self.at_most is not None:
            before = visited.where(MemberDay.business_day >= scope.days_ago(self.at_most))
            joined = and_(joined, Member.created_at >= scope.start_of(scope.days_ago(self.at_most)))
        never = and_(joined, not_(among(visited))) if self.with_never else false()
        return and_(not_(among(lately)), or_(among(before), never))

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
