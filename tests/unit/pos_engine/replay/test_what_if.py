"""What is said while somebody types is what a replay of all receipts says."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pos_engine.core.basket import Basket, BasketLine
from pos_engine.core.campaign import Offer
from pos_engine.core.conditions.all_of import AllOf
from pos_engine.core.member import Member
from pos_engine.core.offer_parts import Limits, PeriodLimit, Selector
from pos_engine.core.rewards.percent import Percent
from pos_engine.replay.cores import replay
from pos_engine.replay.draft import Trial
from pos_engine.replay.past import PastSale
from pos_engine.replay.what_if import PROBED, Beside, PastIndex, what_if, what_if_within
from tests.support.past import SALES, TRIALS, past_of, sale
from tests.support.pricing import campaign_of


@settings(max_examples=40)
@given(SALES, TRIALS, st.booleans())
def test_the_same_as_a_full_replay(sales: list[PastSale], trial: Trial, known_before: bool) -> None:
    past = past_of(sales)
    whole = replay(trial, [past])
    index = PastIndex(past)
    beside = Beside(trial.before, index)
    if known_before:
        what_if(index, trial, beside)
    quick = what_if(index, trial, beside)
    assert quick.share == 1
    assert (quick.receipts, quick.receipts_touched) == (whole.receipts, whole.receipts_touched)
    assert (quick.members_touched, quick.cost_minor) == (whole.members_touched, whole.cost_minor)
    assert quick.days == {day.toordinal(): row.cost_minor for day, row in whole.days.items()}


TENTH = Offer("draft-1", "a tenth off", AllOf(()), Percent(1000))
BREAD = campaign_of(replace(TENTH, target=Selector(products=("bread",))), campaign_id="draft")


def _shop(receipts: int) -> list[PastSale]:
    """Every third basket has bread for 1.00 in it, each member comes twice."""
    return [
        sale(
            number,
            Basket((BasketLine("1", "bread" if number % 3 == 0 else "milk", 100),), "s1"),
            Member(f"m{number % (receipts // 2)}"),
            number // 10,
        )
        for number in range(receipts)
    ]


def test_only_receipts_with_its_goods_are_priced() -> None:
    found = what_if(PastIndex(past_of(_shop(60))), Trial((BREAD,)))
    assert (found.receipts, found.priced, found.receipts_touched, found.cost_minor) == (60, 20, 20, 200)
    assert found.worst[0].cost_minor == 10


def test_a_draft_on_everything_is_priced_in_part() -> None:
    everything = campaign_of(TENTH, campaign_id="draft")
    found = what_if(PastIndex(past_of(_shop(600))), Trial((everything,)), receipts_max=150)
    assert found.share == 4
    assert 0 < found.priced < 300
    assert found.receipts_touched == found.priced * 4
    assert found.cost_minor == found.receipts_touched * 10


def test_a_draw_that_meets_nobody_is_made_again_with_more() -> None:
    few = [replace(each, member=Member(f"m{number % 3}")) for number, each in enumerate(_shop(600))]
    for receipts_max in range(1, 40):
        found = what_if(
            PastIndex(past_of(few)), Trial((campaign_of(TENTH, campaign_id="draft"),)), receipts_max=receipts_max
        )
        assert found.priced >= 200
        assert found.cost_minor == found.priced * found.share * 10


@pytest.mark.parametrize(
    "limits", [Limits(uses_total=40), Limits(budget_minor=400), Limits(per_period=(PeriodLimit(40, "month", "total"),))]
)
def test_limits_of_all_hold_where_some_are_priced(limits: Limits) -> None:
    """Forty uses of 0.10 for everybody together: one receipt in four is priced, and each counts four times."""
    shop = [replace(one, moment=sale(0, one.basket).moment) for one in _shop(600)]
    limited = campaign_of(replace(TENTH, limits=limits), campaign_id="draft")
    found = what_if(PastIndex(past_of(shop)), Trial((limited,)), receipts_max=150)
    assert found.share == 4
    assert (found.receipts_touched, found.cost_minor) == (40, 400)


def test_an_answer_that_would_take_too_long_stands_on_fewer_receipts() -> None:
    """The clock goes on by a second each time somebody looks at it."""
    everything = campaign_of(TENTH, campaign_id="draft")
    index, ticks = PastIndex(past_of(_shop(6_000))), count()
    trial = Trial((everything,))
    beside = Beside(trial.before, index)
    quick = what_if_within(1000.0, index, trial, beside, receipts_max=3_000, clock=lambda: float(next(ticks)))
    slow = what_if_within(1.0, index, trial, beside, receipts_max=3_000, clock=lambda: float(next(ticks)))
    narrow = what_if_within(1.0, index, Trial((BREAD,)), beside, receipts_max=3_000, clock=lambda: float(next(ticks)))
    assert quick == what_if(index, trial, beside, receipts_max=3_000)
    assert slow == what_if(index, trial, beside, receipts_max=PROBED)
    assert narrow == what_if(index, Trial((BREAD,)), beside, receipts_max=PROBED)
    assert what_if_within(1e3, index, trial, beside, receipts_max=100, clock=lambda: float(next(ticks))).share == 60


def test_what_is_not_done_in_time_is_left_and_the_answer_before_it_stands() -> None:
    """A clock that stands still while a few are priced: the estimate of what can be done is far too good."""
    everything = campaign_of(TENTH, campaign_id="draft")
    index = PastIndex(past_of(_shop(6_000)))
    trial = Trial((everything,))
    beside = Beside(trial.before, index)
    asked: list[float] = []

    def clock() -> float:
        # Start, begin, first few done: all at once; then each look takes a tenth of a second.
        asked.append(0.0 if len(asked) < 3 else asked[-1] + 0.1)
        return asked[-1]

    found = what_if_within(1.0, index, trial, beside, receipts_max=3_000, clock=clock)
    assert found == what_if(index, trial, beside, receipts_max=PROBED)
    assert asked[-1] < 1.5, "it stopped as soon as it was late"


def test_nobody_waits_for_an_answer_that_was_given_up() -> None:
    found = what_if(PastIndex(past_of(_shop(60))), Trial((BREAD,)), given_up=lambda: True)
    assert found.priced == 0
