"""Forecasts: whole weeks drawn anew, a stated interval, and silence where the past is too short."""

from __future__ import annotations

import random
from datetime import date, timedelta
from itertools import pairwise

import pytest

from pos_engine.replay.forecast import DAYS_MAX, forecast, forecast_by_day

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


def test_day_by_day_it_grows_and_ends_where_the_forecast_of_the_whole_ends() -> None:
    chance = random.Random(20_261_122)
    cost = {MONDAY + timedelta(days=day): chance.randrange(1000) for day in range(70)}
    for last in (NEXT[0], NEXT[0] + timedelta(days=9), NEXT[1]):
        for budget in (None, 3_000):
            whole = forecast(cost, _past(10), (NEXT[0], last), budget)
            days = forecast_by_day(cost, _past(10), (NEXT[0], last), budget)
            assert whole is not None
            assert days is not None
            assert len(days) == whole.days
            ends = days[-1].low_minor, days[-1].expected_minor, days[-1].high_minor
            assert ends == (whole.low_minor, whole.expected_minor, whole.high_minor)
            for one, other in pairwise(days):
                assert one.low_minor <= other.low_minor
                assert one.high_minor <= other.high_minor
            assert all(each.low_minor <= each.high_minor for each in days)


def test_day_by_day_says_nothing_of_too_short_a_past_and_at_most_a_year() -> None:
    cost = {MONDAY: 1}
    assert forecast_by_day(cost, _past(3), NEXT) is None
    found = forecast_by_day(cost, _past(4), (NEXT[0], NEXT[0] + timedelta(days=900)))
    assert found is not None
    assert len(found) == DAYS_MAX
