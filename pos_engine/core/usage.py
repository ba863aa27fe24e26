"""What is left of limits and budgets when a sale is evaluated. Counting is done by whoever keeps the journal."""

# Not compiled: documents only.

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from pos_engine.core.document import document
from pos_engine.core.offer_parts import Period, PeriodLimit


@document
@dataclass(frozen=True)
class OfferLeft:
    """What one offer may still give. None: no such limit. Uses count applications, money is in minor units.

    `per_period`: what is left of the limits of the running day, week or month; one that is not named is untouched.
    """

    member_uses: int | None = None
    total_uses: int | None = None
    budget_minor: int | None = None
    per_period: tuple[PeriodLimit, ...] = ()


@document
@dataclass(frozen=True)
class Usage:
    """Per offer id, what is left before this basket. An offer that is not named has its limits untouched."""

    offers: Mapping[str, OfferLeft] = field(default_factory=dict)


def period_start(period: Period, day: date) -> date:
    """The first business day of the period that holds a business day; uses before it do not count any more."""
    if period == "day":
        return day
    return day - timedelta(days=day.weekday()) if period == "week" else day.replace(day=1)
