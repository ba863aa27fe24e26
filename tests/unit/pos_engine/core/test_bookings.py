"""What a receipt does to its member's accounts, and what its void takes back."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pos_engine.core.basket import Basket, PointsSpending
from pos_engine.core.bookings import Booking, bookings_of_sale, bookings_of_void
from pos_engine.core.campaign import Offer
from pos_engine.core.member import Member
from pos_engine.core.programme import (
    PointsExpiry,
    Programme,
    SpentPointsPolicy,
    liability_minor,
    points_for,
    worth_minor,
)
from pos_engine.core.rewards.points import Points
from pos_engine.core.rewards.stamps import Stamps
from tests.support.pricing import ALWAYS, campaign_of, line, price

TODAY = date(2026, 11, 23)
EARNING = campaign_of(
    Offer("p", "a point a euro", ALWAYS, Points(1, 100), phase="points"),
    Offer("s", "a stamp a piece", ALWAYS, Stamps("coffee", 1, "unit"), phase="points"),
)
PROGRAMME = Programme(points_step=100, step_minor=100, expiry=PointsExpiry("months", 12), pending_days=14)
BASKET = Basket((line("1", "a", 2000, 2),), points_spending=PointsSpending(500, 100, 100))


def test_everything_a_sale_books() -> None:
    outcome = price((EARNING,), BASKET, Member("m"))
    tenders = (("points", 250), ("value", 1000), ("cash", 2250))
    assert bookings_of_sale(outcome, tenders, 5000, PROGRAMME, TODAY) == (
        Booking("points", "accrual", 35, date(2027, 11, 23), date(2026, 12, 7)),
        Booking("points", "points_redemption", -500),
        Booking("points", "points_redemption", -250),
        Booking("value", "value_redemption", -1000),
        Booking("value", "top_up", 5000),
        Booking("stamps:coffee", "accrual", 2),
        Booking("visits", "visit", 1),
    )


@pytest.mark.parametrize(
    ("policy", "balance", "today", "taken"),
    [
        ("negative", 0, TODAY, 35),
        ("within_balance", 20, TODAY, 20),
        ("within_balance", -5, TODAY, 0),
        ("pending_only", 500, date(2026, 12, 6), 35),
        ("pending_only", 500, date(2026, 12, 7), 0),
    ],
)
def test_points_already_spent(policy: SpentPointsPolicy, balance: int, today: date, taken: int) -> None:
    sale = (Booking("points", "accrual", 35, None, date(2026, 12, 7)), Booking("visits", "visit", 1))
    undone = bookings_of_void(sale, policy, {"points": balance}, today)
    points = [booking.amount for booking in undone.bookings if booking.unit == "points"]
    assert points == ([-taken] if taken else [])
    assert undone.points_missing == 35 - taken
    assert Booking("visits", "reversal", -1) in undone.bookings


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.builds(Booking, st.sampled_from(("points", "value", "stamps:a")), st.just("accrual"), st.integers(1, 99))
    )
)
def test_a_full_return_leaves_nothing(sale: list[Booking]) -> None:
    undone = bookings_of_void(sale, "negative", {}, TODAY)
    for unit in ("points", "value", "stamps:a"):
        booked = [*sale, *undone.bookings]
        assert sum(booking.amount for booking in booked if booking.unit == unit) == 0


def test_what_points_are_worth() -> None:
    programme = Programme(points_step=3, step_minor=10)
    assert [points_for(programme, minor) for minor in (0, 1, 10, 11)] == [0, 1, 3, 4]
    assert [worth_minor(programme, points) for points in (-7, 2, 3, 8)] == [0, 0, 10, 20]
    assert [liability_minor(programme, points) for points in (-3, 1, 2)] == [-10, 3, 7]
