"""The calendar of network campaigns: the reference year as a table, and laws for any dates."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backoffice.network_campaigns.calendar import SPANS, Action, Dates, faults, is_forfeited, is_open, open_actions
from tests.support.network import DATES

DAY_ONE = date(2022, 1, 1)
DAYS = [DAY_ONE + timedelta(days=number) for number in range(60)]
SOME_DAY = st.sampled_from(DAYS)
CALENDARS = st.builds(Dates, *[SOME_DAY] * len(Dates.__struct_fields__))
REVIEW, ORDER, LIST, CLAIM, PAY = Action

YEAR: list[tuple[date, set[Action], set[Action]]] = [
    (date(2022, 7, 6), {REVIEW}, set()),
    (date(2022, 7, 7), {REVIEW, ORDER}, set()),
    (date(2022, 7, 14), {REVIEW, ORDER}, set()),
    (date(2022, 7, 15), {ORDER}, set()),
    (date(2022, 7, 18), {ORDER}, {LIST}),
    (date(2022, 7, 22), {ORDER}, {LIST}),
    (date(2022, 7, 23), set(), {LIST}),
    (date(2022, 8, 1), set(), {LIST, CLAIM}),
    (date(2022, 9, 30), set(), {LIST, CLAIM}),
    (date(2022, 10, 31), set(), {CLAIM}),
    (date(2022, 11, 1), {PAY}, {PAY}),
]
"""The day; what is open before the order, and after it."""


@pytest.mark.parametrize(("day", "before", "after"), YEAR, ids=[str(row[0]) for row in YEAR])
def test_the_reference_campaign_day_by_day(day: date, before: set[Action], after: set[Action]) -> None:
    assert open_actions(DATES, day, ordered=False) == before
    assert open_actions(DATES, day, ordered=True) == after
    assert is_forfeited(DATES, day, ordered=False) is (day > date(2022, 7, 22))
    assert not is_forfeited(DATES, day, ordered=True)


def test_the_reference_calendar_makes_sense_and_a_wrong_one_is_told() -> None:
    assert list(faults(DATES)) == []
    wrong = msgspec.structs.replace(DATES, ends_on=date(2022, 7, 1))
    assert list(faults(wrong)) == [
        "The mailing goes out before the campaign ends.",
        "The campaign begins before it ends.",
    ]


@given(CALENDARS, st.sampled_from(Action), st.booleans())
def test_each_action_is_open_on_one_unbroken_span(dates: Dates, action: Action, ordered: bool) -> None:
    states = [is_open(dates, action, day, ordered=ordered) for day in DAYS]
    assert sum(now and not before for before, now in zip([False, *states], states, strict=False)) <= 1


@given(CALENDARS, st.sampled_from(Dates.__struct_fields__), SOME_DAY, SOME_DAY, st.booleans())
def test_a_date_moves_the_actions_that_are_named_beside_it_and_no_other(
    dates: Dates,
    name: str,
    moved: date,
    day: date,
    ordered: bool,
) -> None:
    changed = msgspec.structs.replace(dates, **{name: moved})
    differs = open_actions(dates, day, ordered=ordered) ^ open_actions(changed, day, ordered=ordered)
    assert all(name in {SPANS[action].first, SPANS[action].last} for action in differs)


@given(CALENDARS, SOME_DAY)
def test_whoever_ordered_reviews_and_orders_no_more_and_others_fetch_and_claim_nothing(dates: Dates, day: date) -> None:
    assert not open_actions(dates, day, ordered=True) & {Action.REVIEW, Action.ORDER}
    assert not open_actions(dates, day, ordered=False) & {Action.LIST, Action.CLAIM}
