"""What is said while somebody types is what a replay of all receipts says."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from pos_engine.core.basket import Basket, BasketLine
from pos_engine.core.campaign import Offer
from pos_engine.core.conditions.all_of import AllOf
from pos_engine.core.member import Member
from pos_engine.core.offer_parts import Selector
from pos_engine.core.rewards.percent import Percent
from pos_engine.replay.cores import replay
from pos_engine.replay.draft import Trial
from pos_engine.replay.past import PastSale
from pos_engine.replay.what_if import Beside, PastIndex, what_if
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


def test_nobody_waits_for_an_answer_that_was_given_up() -> None:
    found = what_if(PastIndex(past_of(_shop(60))), Trial((BREAD,)), given_up=lambda: True)
    assert found.priced == 0
