"""Dates by the calendar: months are counted as people do."""

from __future__ import annotations

from calendar import monthrange
from datetime import date

MONTHS_PER_YEAR = 12


def add_months(day: date, months: int) -> date:
    """The same day of a later (or earlier) month; its last day where that month is shorter."""
    count = day.year * MONTHS_PER_YEAR + day.month - 1 + months
    year, month = divmod(count, MONTHS_PER_YEAR)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
