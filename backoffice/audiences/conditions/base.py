"""What all conditions share.

Laws: a condition is data; its `kind` is permanent; fields are only added, with defaults, so that what was stored once
can always be read. `where` judges members as a set, in the words of either database, and looks at nothing but the
scope.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Select, and_, not_, true

from backoffice.audiences.names import Names
from backoffice.audiences.scope import Scope
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.members.models import Member
from backoffice.web.format import day, number

VALUES_MAX: Final = 500
"""Ids one condition may name."""
DAYS_MAX: Final = 36_500
NUMBER_MAX: Final = 10**12
"""Far more than anybody spends, in any currency's smallest unit; databases count with 64 bits."""
TEXT_MAX: Final = 200
YEARS: Final = range(1900, 2200)


class Condition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag=""):
    """One thing that is asked about a member. `negate`: whoever it does not hold for is meant."""

    negate: bool = False

    @abstractmethod
    def where(self, scope: Scope) -> ColumnElement[bool]:
        """Which rows of `Member` it holds for, `negate` left aside."""

    @abstractmethod
    def sentence(self, names: Names) -> str:
        """It in words, `negate` left aside."""

    def problem(self) -> str:
        """What is missing in it, in words; empty when it can be asked."""
        return ""

    def named_products(self) -> Sequence[str]:
        """Products that its sentence names."""
        return ()

    def named_members(self) -> Sequence[str]:
        """Members that its sentence names."""
        return ()

    def holds(self, scope: Scope) -> ColumnElement[bool]:
        """Which rows of `Member` it means."""
        return not_(self.where(scope)) if self.negate else self.where(scope)

    def in_words(self, names: Names) -> str:
        """It in words."""
        said = self.sentence(names)
        return _("not: %(what)s", what=said) if self.negate else said

    def check(self) -> None:
        """InputError: it is incomplete, or larger than may be asked."""
        for name in self.__struct_fields__:
            value: Any = getattr(self, name)
            if isinstance(value, tuple) and len(value) > VALUES_MAX:
                raise InputError(_("One condition names at most %(max)s things.", max=VALUES_MAX))
            if not all(_can_be_asked(each) for each in (value if isinstance(value, tuple) else (value,))):
                raise InputError(_("A number, day or text in a condition is beyond what can be asked."))
        text = self.problem()
        if text:
            raise InputError(text)


def _can_be_asked(value: object) -> bool:
    """Whether a database takes it: programs send what no form lets through."""
    if isinstance(value, str):
        return len(value) <= TEXT_MAX and not any(each < " " or each == "\x7f" for each in value)
    if isinstance(value, int):
        return abs(value) <= NUMBER_MAX
    return not isinstance(value, date) or value.year in YEARS


class InPeriod(Condition, frozen=True, kw_only=True):
    """A condition about a span of business days: the last `days`, or from `first` to `last`; else all there are."""

    days: int | None = None
    first: date | None = None
    last: date | None = None

    def within(self, scope: Scope, column: Any) -> ColumnElement[bool]:  # noqa: ANN401 - a column of days
        """Whether a day lies in the period. The last 7 days are today and the six before."""
        limits: list[ColumnElement[bool]] = []
        if self.days is not None:
            limits.append(column > scope.days_ago(self.days))
        if self.first is not None:
            limits.append(column >= self.first)
        if self.last is not None:
            limits.append(column <= self.last)
        return and_(true(), *limits)

    def period(self) -> str:
        """The period in words."""
        if self.days is not None:
            return _("in the last %(days)s days", days=number(self.days))
        if self.first is not None and self.last is not None:
            return _("from %(first)s to %(last)s", first=day(self.first), last=day(self.last))
        if self.first is not None:
            return _("since %(first)s", first=day(self.first))
        return _("until %(last)s", last=day(self.last)) if self.last is not None else _("ever")

    def period_problem(self) -> str:
        """What is wrong with the period; empty when nothing is."""
        if self.days is not None and not 0 < self.days <= DAYS_MAX:
            return _("A number of days lies between 1 and %(max)s.", max=DAYS_MAX)
        if self.first is not None and self.last is not None and self.last < self.first:
            return _("The last day is before the first.")
        return ""


def among(members: Select[str]) -> ColumnElement[bool]:
    """Whether a member is one of those that a query gives."""
    return Member.member_id.in_(members)


def in_range(
    sums: Select[str],
    value: Any,  # noqa: ANN401 - an aggregate
    at_least: int | None,
    at_most: int | None,
) -> ColumnElement[bool]:
    """Whether a member's sum lies in a range. `sums`: member ids, grouped; who is not there has 0."""
    limits: list[ColumnElement[bool]] = []
    if at_least is not None:
        enough, few = among(sums.having(value >= at_least)), not_(among(sums.having(value < at_least)))
        limits.append(enough if at_least > 0 else few)
    if at_most is not None:
        many, little = not_(among(sums.having(value > at_most))), among(sums.having(value <= at_most))
        limits.append(many if at_most >= 0 else little)
    return and_(true(), *limits)


def range_words(at_least: int | None, at_most: int | None, shown: Mapping[int, str]) -> str:
    """A range in words; `shown`: how its ends are written."""
    if at_least is not None and at_most is not None:
        return _("%(least)s to %(most)s", least=shown[at_least], most=shown[at_most])
    if at_least is not None:
        return _("at least %(least)s", least=shown[at_least])
    return _("at most %(most)s", most=shown[at_most]) if at_most is not None else _("any number")


def range_problem(at_least: int | None, at_most: int | None) -> str:
    """What is wrong with a range; empty when nothing is."""
    if at_least is None and at_most is None:
        return _("Say at least how much, or at most.")
    if at_least is not None and at_most is not None and at_most < at_least:
        return _("“At most” is less than “at least”.")
    return ""
