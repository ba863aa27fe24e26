"""Points by when they were earned: laws over random movements, and the cases of the shop."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pos_engine.core.lots import Lot, Movement, debt_of, expired, expires_on, next_expiry, open_lots
from pos_engine.core.programme import PointsExpiry

DAY = date(2026, 11, 23)
LAW = settings(max_examples=200, deadline=None, print_blob=True)


@st.composite
def histories(draw: st.DrawFn) -> list[Movement]:
    """Earning, using, and taking back either, in any order."""
    found: list[Movement] = []
    for number in range(draw(st.integers(0, 12))):
        on = DAY + timedelta(days=number)
        undone = draw(st.sampled_from([None, *found]))
        if undone is not None and not undone.undoes and draw(st.booleans()):
            found.append(Movement(str(number), on, -undone.amount, undoes=undone.key))
        else:
            lasts = draw(st.none() | st.integers(0, 30))
            expires = None if lasts is None else on + timedelta(days=lasts)
            amount = draw(st.integers(-60, 60))
            found.append(Movement(str(number), on, amount, expires if amount > 0 else None))
    return found


@LAW
@given(histories())
def test_open_lots_less_the_debt_are_the_balance(movements: list[Movement]) -> None:
    lots = open_lots(movements)
    assert all(lot.left > 0 for lot in lots)
    assert sum(lot.left for lot in lots) - debt_of(movements) == sum(m.amount for m in movements)


@LAW
@given(histories(), st.integers(0, 60))
def test_after_the_expiry_is_booked_nothing_expires_again(movements: list[Movement], later: int) -> None:
    day = DAY + timedelta(days=later)
    gone = expired(open_lots(movements), day)
    after = [*movements, Movement("expiry", day, -gone)]
    assert expired(open_lots(after), day) == 0
    assert debt_of(after) == debt_of(movements), "an expiry never takes more than is there"


def test_what_expires_first_is_used_first() -> None:
    late = Movement("late", DAY, 50, DAY + timedelta(days=60))
    soon = Movement("soon", DAY, 30, DAY + timedelta(days=10))
    never = Movement("never", DAY, 20)
    used = Movement("used", DAY, -40)
    assert open_lots([late, soon, never, used]) == (
        Lot("late", DAY, DAY + timedelta(days=60), 40),
        Lot("never", DAY, None, 20),
    )
    assert next_expiry(open_lots([late, soon, never])) == (DAY + timedelta(days=10), 30)
    assert next_expiry(open_lots([never])) is None


def test_a_return_takes_its_own_points_and_gives_used_ones_back_as_old_as_they_were() -> None:
    old = Movement("old", DAY, 30, DAY)
    bought = Movement("bought", DAY, 10, DAY + timedelta(days=30))
    used = Movement("used", DAY, -25)
    assert open_lots([old, bought, Movement("back", DAY, -10, undoes="bought")]) == (Lot("old", DAY, DAY, 30),)
    given_back = open_lots([old, bought, used, Movement("back", DAY, 25, undoes="used")])
    assert given_back == open_lots([old, bought])
    assert expired(given_back, DAY + timedelta(days=1)) == 30


def test_new_points_pay_the_debt_first() -> None:
    debt = Movement("gone", DAY, -40)
    assert open_lots([debt, Movement("new", DAY, 100)]) == (Lot("new", DAY, None, 60),)
    assert (debt_of([debt]), open_lots([debt, Movement("new", DAY, 30)])) == (40, ())


@pytest.mark.parametrize(
    ("expiry", "earned", "last"),
    [
        (PointsExpiry(), DAY, None),
        (PointsExpiry("months", 24), DAY, date(2028, 11, 23)),
        (PointsExpiry("months", 3), date(2026, 11, 30), date(2027, 2, 28)),
        (PointsExpiry("year_end", 12), DAY, date(2027, 12, 31)),
        (PointsExpiry("year_end", 0), DAY, date(2026, 12, 31)),
    ],
)
def test_the_last_day(expiry: PointsExpiry, earned: date, last: date | None) -> None:
    assert expires_on(expiry, earned) == last
