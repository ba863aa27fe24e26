"""The ladder of tiers: up at once, down at the end of a period with grace."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pos_engine.core.programme import TierLadder, TierStep
from pos_engine.core.tiers import (
    Activity,
    Standing,
    after_activity,
    after_night,
    next_step,
    period_from,
    reached,
    rung,
    total_in,
    window_of,
)

STEPS = (TierStep("silver", "Silver", 100), TierStep("gold", "Gold", 300))
YEAR = TierLadder(steps=STEPS, grace_days=31)
ROLLING = TierLadder(window="rolling", months=6, steps=STEPS)
LAW = settings(max_examples=200, deadline=None, print_blob=True)
NEW_YEAR = date(2026, 1, 1)

ACTIVITIES = st.lists(st.builds(Activity, st.dates(NEW_YEAR, date(2027, 12, 31)), st.integers(-50, 200)), max_size=15)


@LAW
@given(st.sampled_from((YEAR, ROLLING)), ACTIVITIES)
def test_day_by_day_activity_never_lowers_and_a_night_never_raises(
    ladder: TierLadder, activities: list[Activity]
) -> None:
    standing = Standing()
    for offset in range(0, 730, 5):
        day = NEW_YEAR + timedelta(days=offset)
        so_far = [activity for activity in activities if activity.on <= day]
        night = after_night(ladder, standing, so_far, day)
        assert rung(ladder, night.tier_id) <= rung(ladder, standing.tier_id)
        assert night == after_night(ladder, night, so_far, day), "the same night twice is once"
        up = after_activity(ladder, night, so_far, day)
        assert rung(ladder, up.tier_id) >= rung(ladder, night.tier_id)
        earned = reached(ladder, total_in(so_far, *window_of(ladder, day)))
        assert rung(ladder, up.tier_id) >= rung(ladder, earned), "what was reached is given at once"
        if up.period_end is not None:
            assert up.period_end + timedelta(days=ladder.grace_days) >= day
        standing = up


@pytest.mark.parametrize(("total", "tier"), [(0, ""), (99, ""), (100, "silver"), (299, "silver"), (300, "gold")])
def test_the_highest_rung_that_a_total_reaches(total: int, tier: str) -> None:
    assert reached(YEAR, total) == tier


def test_a_year_is_kept_to_its_end_and_a_month_of_grace() -> None:
    spent = [Activity(date(2026, 3, 1), 320)]
    gold = after_activity(YEAR, Standing(), spent, date(2026, 3, 1))
    assert gold == Standing("gold", date(2026, 1, 1), date(2026, 12, 31))
    # The first year is confirmed by itself: it was reached in it.
    second = after_night(YEAR, gold, spent, date(2027, 2, 1))
    assert second == Standing("gold", date(2027, 1, 1), date(2027, 12, 31))
    lazy = [*spent, Activity(date(2027, 5, 1), 60)]
    assert after_night(YEAR, second, lazy, date(2028, 1, 31)) == second, "still in its days of grace"
    assert after_night(YEAR, second, lazy, date(2028, 2, 1)) == Standing()
    just = [*lazy, Activity(date(2028, 1, 20), 60)]
    assert after_night(YEAR, second, just, date(2028, 2, 1)).tier_id == "silver", "the days of grace count"


def test_rolling_months() -> None:
    spent = [Activity(date(2026, 1, 10), 310)]
    gold = after_activity(ROLLING, Standing(), spent, date(2026, 1, 10))
    assert gold == Standing("gold", date(2026, 1, 10), date(2026, 7, 9))
    assert after_night(ROLLING, gold, spent, date(2026, 7, 9)) == gold
    assert after_night(ROLLING, gold, spent, date(2026, 7, 10)).tier_id == "gold", "earned within those months"
    assert after_night(ROLLING, period_from(ROLLING, "gold", date(2026, 7, 10)), spent, date(2027, 1, 10)) == Standing()


def test_what_is_missing_to_the_next_rung() -> None:
    spent = [Activity(date(2026, 3, 1), 120)]
    silver = after_activity(YEAR, Standing(), spent, date(2026, 3, 1))
    step = next_step(YEAR, silver, spent, date(2026, 3, 1))
    assert step is not None
    assert (step.step.name, step.missing) == ("Gold", 180)
    assert next_step(YEAR, Standing("gold"), spent, date(2026, 3, 1)) is None


def test_a_tier_that_is_no_longer_on_the_ladder_is_looked_at_again_the_next_night() -> None:
    spent = [Activity(date(2026, 3, 1), 120)]
    assert after_night(YEAR, Standing("platinum"), spent, date(2026, 3, 2)).tier_id == "silver"
