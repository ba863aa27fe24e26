"""Forecasts: whole weeks drawn anew, a stated interval, and silence where the past is too short."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest

from pos_engine.replay.forecast import forecast

MONDAY = date(2026, 1, 5)
NEXT = (date(2026, 12, 7), date(2026, 12, 20))


def _past(weeks: int) -> tuple[date, date]:
    return MONDAY, MONDAY + timedelta(days=7 * weeks - 1)


def test_a_past_that_never_varies_leaves_no_interval() -> None:
    cost = {MONDAY + timedelta(days=day): 100 for day in range(70)}
    found = forecast(cost, _past(10), NEXT)
    assert found is not None
    assert (found.days, found.weeks) == (14, 10)
    assert (found.low_minor, found.expected_minor, found.high_minor) == (1400, 1400, 1400)


def test_weekdays_stay_weekdays() -> None:
    """Only Saturdays cost; three days from a Friday have exactly one."""
    cost = {MONDAY + timedelta(days=7 * week + 5): 700 for week in range(10)}
    found = forecast(cost, _past(10), (date(2026, 12, 4), date(2026, 12, 6)))
    assert found is not None
    assert (found.low_minor, found.high_minor) == (700, 700)


def test_the_same_seed_says_the_same() -> None:
    chance = random.Random(1)
    cost = {MONDAY + timedelta(days=day): chance.randrange(1000) for day in range(70)}
    assert forecast(cost, _past(10), NEXT, seed=5) == forecast(cost, _past(10), NEXT, seed=5)
    assert forecast(cost, _past(10), NEXT, seed=5) != forecast(cost, _past(10), NEXT, seed=6)


def test_a_budget_is_never_exceeded() -> None:
    cost = {MONDAY + timedelta(days=day): 100 for day in range(70)}
    found = forecast(cost, _past(10), NEXT, budget_minor=900)
    assert found is not None
    assert found.high_minor == 900


@pytest.mark.parametrize("days", [1, 27])
def test_a_short_past_says_nothing(days: int) -> None:
    assert forecast({MONDAY: 100}, (MONDAY, MONDAY + timedelta(days=days - 1)), NEXT) is None


def test_nine_in_ten_intervals_hold_what_comes() -> None:
    """Weeks of heavy-tailed days: the interval of 90 % holds the next fortnight in 80 to 98 % of 50 worlds."""
    chance = random.Random(20_261_122)
    held = 0
    for world in range(50):
        days = [int(100 * chance.lognormvariate(0, 0.8)) for _ in range(7 * 28)]
        cost = {MONDAY + timedelta(days=day): minor for day, minor in enumerate(days[: 7 * 26])}
        found = forecast(cost, _past(26), NEXT, seed=world)
        assert found is not None
        held += found.low_minor <= sum(days[7 * 26 :]) <= found.high_minor
    assert 40 <= held <= 49, f"{held} of 50"
