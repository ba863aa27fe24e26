"""Which reports there are, and which days each of them is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from backoffice.i18n import _l

_DAY: Final = timedelta(days=1)
WEEK_DAYS: Final = 7


class Kind(StrEnum):
    """What a report tells. The words stand in the database for good."""

    CARE = "care"
    NETWORK = "network"
    BUDGET = "budget"
    PRICED = "priced"


class Every(StrEnum):
    """How often it comes. `HAPPENS`: when something happened."""

    WEEK = "week"
    MONTH = "month"
    HAPPENS = "happens"


KIND_NAMES: Final[Mapping[Kind, str]] = {
    Kind.CARE: _l("How members come back"),
    Kind.NETWORK: _l("Stores side by side"),
    Kind.BUDGET: _l("A budget is nearly used up"),
    Kind.PRICED: _l("A till priced otherwise"),
}
ALARMS: Final = (Kind.BUDGET, Kind.PRICED)
"""Kinds that come when something happened, of all stores, as a text without a report."""
EVERY_NAMES: Final[Mapping[Every, str]] = {
    Every.WEEK: _l("every Monday"),
    Every.MONTH: _l("on the first of each month"),
    Every.HAPPENS: _l("as it happens"),
}


@dataclass(frozen=True)
class Period:
    """Whole weeks from Monday or whole months, both ends included."""

    every: Every
    first: date
    last: date

    @property
    def before(self) -> Period:
        """The period just before."""
        return period_before(self.every, self.first)


def period_before(every: Every, day: date) -> Period:
    """The last whole week or month that was over when this day began."""
    if every is Every.MONTH:
        last = day.replace(day=1) - _DAY
        return Period(every, last.replace(day=1), last)
    monday = day - timedelta(days=day.weekday())
    return Period(every, monday - timedelta(days=WEEK_DAYS), monday - _DAY)


def period_of(every: Every, first: date) -> Period:
    """The week or month that begins on this day."""
    if every is Every.MONTH:
        return Period(every, first, (first + timedelta(days=31)).replace(day=1) - _DAY)
    return Period(every, first, first + timedelta(days=WEEK_DAYS - 1))


def due_on(day: date) -> list[Every]:
    """Which periods ended on the evening before this day."""
    return [*([Every.WEEK] if day.weekday() == 0 else []), *([Every.MONTH] if day.day == 1 else [])]
