"""Happy hours, also past midnight and when the clocks change."""

from __future__ import annotations

import pytest

from pos_engine.core.basket import Basket
from pos_engine.core.campaign import Condition, Offer
from pos_engine.core.conditions.all_of import AllOf
from pos_engine.core.conditions.time_windows import TimeWindow, TimeWindows
from pos_engine.core.conditions.weekdays import Weekdays
from pos_engine.core.rewards.percent import Percent
from tests.support.facts import facts_at
from tests.support.pricing import campaign_of, line, price

HAPPY = TimeWindows((TimeWindow(16 * 60, 18 * 60), TimeWindow(22 * 60, 2 * 60)))


def applies(condition: Condition, local: str) -> bool:
    shop = (campaign_of(Offer("o", "late", condition, Percent(1000))),)
    return bool(price(shop, Basket((line("1", "a", 1000),)), moment=facts_at(local).moment).applied)


@pytest.mark.parametrize(
    ("local", "holds"),
    [
        ("2026-11-23T15:59", False),
        ("2026-11-23T16:00", True),
        ("2026-11-23T17:59", True),
        ("2026-11-23T18:00", False),
        ("2026-11-23T22:00", True),
        ("2026-11-24T01:59", True),
        ("2026-11-24T02:00", False),
    ],
)
def test_the_start_belongs_to_it_and_the_end_does_not(local: str, holds: bool) -> None:
    assert applies(HAPPY, local) is holds


def test_the_windows_are_named() -> None:
    assert HAPPY.answer(facts_at("2026-11-23T12:00")).params == {"windows": "16:00-18:00, 22:00-02:00"}


@pytest.mark.parametrize(
    ("local", "holds"),
    [
        ("2026-11-27T23:00", True),  # Friday night
        ("2026-11-28T01:30", True),  # still Friday's night
        ("2026-11-28T23:00", False),  # Saturday's own night
        ("2026-11-27T01:30", False),  # Thursday's night
        ("2026-11-28T02:00", False),
    ],
)
def test_past_midnight_belongs_to_the_day_it_starts_on(local: str, holds: bool) -> None:
    friday_night = AllOf((Weekdays((4,)), TimeWindows((TimeWindow(22 * 60, 2 * 60),))))
    assert applies(friday_night, local) is holds


@pytest.mark.parametrize(
    ("local", "holds"), [("2027-01-01T01:00", True), ("2026-01-01T01:00", False), ("2026-01-01T23:00", True)]
)
def test_the_campaigns_dates_follow_the_window(local: str, holds: bool) -> None:
    """The campaign runs in 2026; New Year's Eve lasts until two in the morning."""
    assert applies(TimeWindows((TimeWindow(22 * 60, 2 * 60),)), local) is holds


def test_a_window_from_midnight_to_midnight_is_the_whole_day() -> None:
    whole = TimeWindows((TimeWindow(0, 1440),))
    assert all(applies(whole, f"2026-11-23T{clock}") for clock in ("00:00", "12:00", "23:59"))


@pytest.mark.parametrize("local", ["2026-03-29T03:30", "2026-10-25T02:30"])
def test_the_wall_clock_counts_when_the_clocks_change(local: str) -> None:
    assert applies(TimeWindows((TimeWindow(2 * 60, 4 * 60),)), local)
