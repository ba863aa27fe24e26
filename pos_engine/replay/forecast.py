"""What a campaign will cost, with an interval, out of what it would have cost in the past.

Method, a bootstrap of whole weeks: the days of the past are cut into weeks that begin on the weekday on which the
campaign begins. A draw first draws as many weeks as there were, with replacement (the past itself might have been
another one), then fills the campaign's days with weeks out of those; a last part of a week takes the first days of one.
The interval is the 5th to the 95th percentile of 2,000 draws, the expected sum their mean. A budget cuts each draw.
It assumes that weeks like those of the past come again in any order: no season, no trend, nobody buys otherwise because
of the campaign, no new customers. With fewer than four whole weeks nothing is said.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Final

import msgspec

WEEK: Final = 7
WEEKS_MIN: Final = 4
DRAWS: Final = 2_000
DAYS_MAX: Final = 366
"""Days that a forecast by day has."""
LOW, HIGH = 0.05, 0.95
SEED: Final = 20_260_101
"""Any number would do; the same one makes the same forecast."""


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """Money in minor units for a campaign of so many days; `weeks`: whole weeks of the past it stands on."""

    days: int
    weeks: int
    low_minor: int
    expected_minor: int
    high_minor: int


def forecast(
    cost_of_day: Mapping[date, int],
    past: tuple[date, date],
    campaign: tuple[date, date],
    budget_minor: int | None = None,
    seed: int = SEED,
) -> Forecast | None:
    """The cost of a campaign over its days (both ends included); None: the past is too short to say.

    `past`: the first and last day that receipts are known of; a day without an entry cost nothing.
    """
    weeks = _weeks(cost_of_day, past, campaign[0].weekday())
    if len(weeks) < WEEKS_MIN:
        return None
    days = (campaign[1] - campaign[0]).days + 1
    whole, rest = divmod(days, WEEK)
    sums = [sum(week) for week in weeks]
    begun = [sum(week[:rest]) for week in weeks]
    draws: list[int] = []
    for drawn, last in _drawn(len(weeks), whole, seed):
        total = sum(sums[week] for week in drawn) + begun[last]
        draws.append(total if budget_minor is None else min(total, budget_minor))
    draws.sort()
    return Forecast(
        days=days,
        weeks=len(weeks),
        low_minor=draws[int(DRAWS * LOW)],
        expected_minor=round(sum(draws) / DRAWS),
        high_minor=draws[int(DRAWS * HIGH)],
    )


class Until(msgspec.Struct, frozen=True, kw_only=True):
    """What a campaign costs until the end of one of its days, in minor units: interval and expected sum."""

    low_minor: int
    expected_minor: int
    high_minor: int


def forecast_by_day(
    cost_of_day: Mapping[date, int],
    past: tuple[date, date],
    campaign: tuple[date, date],
    budget_minor: int | None = None,
    seed: int = SEED,
) -> tuple[Until, ...] | None:
    """The same forecast until the end of each of the campaign's days, out of the same draws; None: too short a past.

    Of a campaign that lasts longer than a year its first year.
    """
    weeks = _weeks(cost_of_day, past, campaign[0].weekday())
    if len(weeks) < WEEKS_MIN:
        return None
    days = min((campaign[1] - campaign[0]).days + 1, DAYS_MAX)
    whole, rest = divmod(days, WEEK)
    of_day: list[list[int]] = [[] for _ in range(days)]
    for drawn, last in _drawn(len(weeks), whole, seed):
        total = 0
        costs = [cost for week in drawn for cost in weeks[week]] + weeks[last][:rest]
        for day, cost in enumerate(costs):
            total += cost
            of_day[day].append(total if budget_minor is None else min(total, budget_minor))
    for sums in of_day:
        sums.sort()
    return tuple(
        Until(
            low_minor=sums[int(DRAWS * LOW)],
            expected_minor=round(sum(sums) / DRAWS),
            high_minor=sums[int(DRAWS * HIGH)],
        )
        for sums in of_day
    )


def _drawn(weeks: int, whole: int, seed: int) -> Iterator[tuple[list[int], int]]:
    """For each draw the weeks that fill the campaign, and the one whose first days are its last part."""
    chance = random.Random(seed)  # noqa: S311 - a forecast, no secret
    for _ in range(DRAWS):
        pool = chance.choices(range(weeks), k=weeks)
        yield chance.choices(pool, k=whole), chance.choice(pool)


def _weeks(cost_of_day: Mapping[date, int], past: tuple[date, date], weekday: int) -> list[list[int]]:
    """Whole weeks of the past that begin on a weekday, the cost of each of their days."""
    first = past[0] + timedelta(days=(weekday - past[0].weekday()) % WEEK)
    count = ((past[1] - first).days + 1) // WEEK
    return [
        [cost_of_day.get(first + timedelta(days=WEEK * week + day), 0) for day in range(WEEK)] for week in range(count)
    ]
