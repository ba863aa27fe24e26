"""The ladder of tiers: up at once, down at the end of a period at the earliest.

Laws: activity never lowers a tier; a tier is kept to the end of the period in which it was reached, and for the days of
grace after it; a night lowers it to the rung that the period's activity reaches, or keeps it for another period.
"""

# Not compiled: not on the way to a price.

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from pos_engine.core.calendar import MONTHS_PER_YEAR, add_months
from pos_engine.core.document import document
from pos_engine.core.programme import TierLadder, TierStep

_DAY = timedelta(days=1)


@document
@dataclass(frozen=True)
class Standing:
    """A member's tier and its period, both days inclusive. An empty tier has no period."""

    tier_id: str = ""
    period_start: date | None = None
    period_end: date | None = None


@document
@dataclass(frozen=True)
class Activity:
    """What counted towards the ladder on a day: points, minor units or visits; negative when it was taken back."""

    on: date
    amount: int


@document
@dataclass(frozen=True)
class NextStep:
    """What is missing to the next rung."""

    step: TierStep
    missing: int


def total_in(activities: Iterable[Activity], first: date, last: date) -> int:
    """What counted from one day to another, both inclusive."""
    return sum(activity.amount for activity in activities if first <= activity.on <= last)


def rung(ladder: TierLadder, tier_id: str) -> int:
    """The place of a tier on the ladder; -1: on none of its rungs."""
    return next((place for place, step in enumerate(ladder.steps) if step.tier_id == tier_id), -1)


def reached(ladder: TierLadder, total: int) -> str:
    """The highest tier that a total reaches; empty below the lowest."""
    tier_id = ""
    for step in ladder.steps:
        if total >= step.threshold:
            tier_id = step.tier_id
    return tier_id


def window_of(ladder: TierLadder, day: date) -> tuple[date, date]:
    """The window that a day's total is counted in, up to that day."""
    if ladder.window == "calendar_year":
        return date(day.year, 1, 1), day
    return add_months(day, -ladder.months) + _DAY, day


def period_from(ladder: TierLadder, tier_id: str, day: date) -> Standing:
    """A tier that was reached on a day, with the period it is kept for."""
    if not tier_id:
        return Standing()
    if ladder.window == "calendar_year":
        return Standing(tier_id, date(day.year, 1, 1), date(day.year, MONTHS_PER_YEAR, 31))
    return Standing(tier_id, day, add_months(day, ladder.months) - _DAY)


def after_activity(ladder: TierLadder, standing: Standing, activities: Sequence[Activity], day: date) -> Standing:
    """The standing after a purchase: a higher tier at once, never a lower one."""
    now = reached(ladder, total_in(activities, *window_of(ladder, day)))
    if rung(ladder, now) > rung(ladder, standing.tier_id):
        return period_from(ladder, now, day)
    return standing


def after_night(ladder: TierLadder, standing: Standing, activities: Sequence[Activity], day: date) -> Standing:
    """The standing on a new day: looked at again once the period and its grace are over."""
    if not standing.tier_id:
        return standing
    if rung(ladder, standing.tier_id) < 0 or standing.period_start is None or standing.period_end is None:
        return period_from(ladder, reached(ladder, total_in(activities, *window_of(ladder, day))), day)
    review = standing.period_end + timedelta(days=ladder.grace_days) + _DAY
    if day < review:
        return standing
    # What was done in the days of grace still counts for the period before them.
    first = standing.period_start if ladder.window == "calendar_year" else window_of(ladder, standing.period_end)[0]
    kept = reached(ladder, total_in(activities, first, review - _DAY))
    if rung(ladder, kept) > rung(ladder, standing.tier_id):
        kept = standing.tier_id
    return period_from(ladder, kept, standing.period_end + _DAY)


def next_step(ladder: TierLadder, standing: Standing, activities: Sequence[Activity], day: date) -> NextStep | None:
    """The next rung above the standing, and what is missing to it in the window of a day; None at the top."""
    place = rung(ladder, standing.tier_id) + 1
    if place >= len(ladder.steps):
        return None
    step = ladder.steps[place]
    return NextStep(step, max(0, step.threshold - total_in(activities, *window_of(ladder, day))))
