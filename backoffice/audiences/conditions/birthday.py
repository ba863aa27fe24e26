"""Conditions on the birthday, by the marks of days of the year: who has one is found, nobody's is read."""

from __future__ import annotations

from calendar import isleap
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from babel.dates import get_month_names
from sqlalchemy import ColumnElement, select
from typing_extensions import override

from backoffice.audiences.conditions.base import Condition, among
from backoffice.audiences.names import Names, either
from backoffice.audiences.scope import Scope
from backoffice.i18n import gettext as _
from backoffice.i18n import ngettext
from backoffice.members.models import MemberTrait
from backoffice.members.traits import birthday_mark
from backoffice.web.format import language

DAYS_MAX: Final = 366
_LEAP_YEAR: Final = 2000
_DECEMBER: Final = 12


class BirthdayWithin(Condition, frozen=True, kw_only=True, tag="birthday"):
    """Has a birthday today or in the `days` after; 29 February counts as 28 in other years."""

    days: int = 7

    @override
    def where(self, scope: Scope) -> ColumnElement[bool]:
        return born_on(scope, days_from(scope.today, self.days))

    @override
    def sentence(self, names: Names) -> str:
        if not self.days:
            return _("has a birthday today")
        return ngettext(
            "has a birthday today or tomorrow", "has a birthday today or in the next %(num)s days", self.days
        )

    @override
    def problem(self) -> str:
        return "" if 0 <= self.days < DAYS_MAX else _("A number of days lies between 0 and %(max)s.", max=DAYS_MAX - 1)


class BirthdayInMonth(Condition, frozen=True, kw_only=True, tag="birthday_month"):
    """Has a birthday in one of these months, 1 to 12; 0 is the present one."""

    months: tuple[int, ...] = (0,)

    @override
    def where(self, scope: Scope) -> ColumnElement[bool]:
        wanted = {month or scope.today.month for month in self.months}
        year = [date(_LEAP_YEAR, 1, 1) + timedelta(days=number) for number in range(DAYS_MAX)]
        return born_on(scope, (day for day in year if day.month in wanted))

    @override
    def sentence(self, names: Names) -> str:
        known = {**get_month_names("wide", context="stand-alone", locale=language()), 0: _("this month")}
        months = either([str(known.get(month, month)) for month in self.months])
        return _("has a birthday in %(months)s", months=months)

    @override
    def problem(self) -> str:
        return "" if self.months and set(self.months) <= set(range(_DECEMBER + 1)) else _("Choose a month.")


class BirthdayUnknown(Condition, frozen=True, kw_only=True, tag="birthday_unknown"):
    """Never said when it was born: neither birthday nor age is known."""

    @override
    def where(self, scope: Scope) -> ColumnElement[bool]:
        return ~among(
            select(MemberTrait.member_id).where(
                MemberTrait.organisation_id == scope.organisation_id, MemberTrait.birthday_mark.is_not(None)
            )
        )

    @override
    def sentence(self, names: Names) -> str:
        return _("has said no birthday")


def days_from(today: date, days: int) -> Iterable[date]:
    """A day and the `days` after it; 29 February comes with 28 in years that have none."""
    for offset in range(days + 1):
        day = today + timedelta(days=offset)
        yield day
        if (day.month, day.day) == (2, 28) and not isleap(day.year):
            yield date(_LEAP_YEAR, 2, 29)


def born_on(scope: Scope, days: Iterable[date]) -> ColumnElement[bool]:
    """Whether a member has a birthday on one of these days, whatever the year."""
    marks = {birthday_mark(scope.vault, scope.organisation_id, day) for day in days}
    return among(
        select(MemberTrait.member_id).where(
            MemberTrait.organisation_id == scope.organisation_id, MemberTrait.birthday_mark.in_(sorted(marks))
        )
    )
