"""One process, several, or stopped in the middle."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import msgspec
import pytest
from hypothesis import given, settings

from pos_engine.core.basket import Basket, BasketLine
from pos_engine.core.campaign import Offer
from pos_engine.core.conditions.all_of import AllOf
from pos_engine.core.conditions.coupon_held import CouponHeld
from pos_engine.core.member import Member
from pos_engine.core.offer_parts import Limits, PeriodLimit
from pos_engine.core.rewards.amount import Amount
from pos_engine.core.rewards.percent import Percent
from pos_engine.replay.cores import replay
from pos_engine.replay.draft import Trial
from pos_engine.replay.meter import Given
from pos_engine.replay.past import PastReceipts, PastSale
from tests.support.past import SALES, TRIALS, past_of, sale
from tests.support.pricing import campaign_of

MEMBER_ONCE = Limits(uses_per_member=1)


def _offer(offer_id: str, reward: Percent | Amount, limits: Limits = Limits()) -> Offer:
    return Offer(offer_id, offer_id, AllOf(()), reward, limits=limits)


def _visits(members: int, times: int) -> list[PastSale]:
    """Each member buys bread for 10.00 once a week."""
    goods = Basket((BasketLine("1", "bread", 1000),), "s1")
    return [
        sale(week * members + number, goods, Member(f"m{number}"), week * 7)
        for week in range(times)
        for number in range(members)
    ]


def _parts(sales: list[PastSale], size: int) -> list[PastReceipts]:
    return [past_of(sales[first : first + size]) for first in range(0, len(sales), size)]


@pytest.mark.parametrize("limits", [Limits(), MEMBER_ONCE], ids=["any core", "a core per member"])
def test_the_same_bytes_on_two_cores(limits: Limits) -> None:
    draft = campaign_of(_offer("draft-1", Percent(1000), limits), campaign_id="draft")
    beside = campaign_of(_offer("o1", Amount(150)), campaign_id="c1")
    trial = Trial((draft,), (beside,))
    parts = _parts(_visits(10, 6), 7)
    alone = msgspec.json.encode(replay(trial, parts, workers=1))
    assert msgspec.json.encode(replay(trial, parts, workers=2)) == alone


@settings(max_examples=15)
@given(SALES, TRIALS)
def test_parts_make_no_difference(sales: list[PastSale], trial: Trial) -> None:
    assert replay(trial, _parts(sales, 2)) == replay(trial, [past_of(sales)])


@pytest.mark.parametrize(
    ("limits", "receipts"),
    [
        (Limits(), 30),
        (MEMBER_ONCE, 5),
        (Limits(uses_total=7), 7),
        (Limits(budget_minor=350), 4),
        (Limits(per_period=(PeriodLimit(2, "week", "total"),)), 12),
        (Limits(per_period=(PeriodLimit(1, "month"),)), 10),
    ],
)
def test_limits_of_a_draft_are_counted(limits: Limits, receipts: int) -> None:
    """Five members on six Mondays from 2 November: two calendar months."""
    draft = campaign_of(_offer("draft-1", Percent(1000), limits), campaign_id="draft")
    found = replay(Trial((draft,)), [past_of(_visits(5, 6))])
    assert found.receipts_touched == receipts
    assert found.discount_minor == min(receipts * 100, limits.budget_minor or receipts * 100)


def test_limits_begin_anew_with_each_run() -> None:
    """Six weeks are three runs of a fortnight: each member once in each."""
    draft = campaign_of(_offer("draft-1", Percent(1000), MEMBER_ONCE), campaign_id="draft")
    trial = Trial((draft,), restart_days=14, last_day=date(2026, 12, 7))
    assert replay(trial, [past_of(_visits(5, 6))]).receipts_touched == 15


def test_coupons_that_are_given_out_are_redeemed_once() -> None:
    offer = replace(_offer("draft-1", Percent(1000)), condition=CouponHeld("series"))
    given_out = Given({"series": frozenset({"m1", "m3"})})
    found = replay(Trial((campaign_of(offer, campaign_id="draft"),), given=given_out), [past_of(_visits(5, 6))])
    assert list(found.members) == ["m1", "m3"]
    assert found.receipts_touched == 2


def test_who_lost_to_whom() -> None:
    """10 % of 10.00 against 1.50 off: the better one stays. A draft of 2.00 takes its place."""
    beside = campaign_of(_offer("o1", Amount(150)), campaign_id="summer")
    sales = [past_of(_visits(1, 3))]
    weak = replay(Trial((campaign_of(_offer("draft-1", Percent(1000)), campaign_id="draft"),), (beside,)), sales)
    assert (weak.receipts_touched, weak.cost_minor) == (0, 0)
    (row,) = weak.conflicts
    assert (row.winner_id, row.loser_id, row.receipts, row.lost_minor) == ("summer", "draft", 3, 300)
    strong = replay(Trial((campaign_of(_offer("draft-1", Amount(200)), campaign_id="draft"),), (beside,)), sales)
    assert (strong.receipts_touched, strong.discount_minor, strong.cost_minor) == (3, 600, 150)
    (row,) = strong.conflicts
    assert (row.winner_id, row.loser_id, row.receipts, row.lost_minor) == ("draft", "summer", 3, 450)


@pytest.mark.parametrize("workers", [1, 2])
def test_stopped_in_the_middle_it_says_what_it_has(workers: int) -> None:
    draft = campaign_of(_offer("draft-1", Percent(1000)), campaign_id="draft")
    stop = False

    def parts() -> Iterator[PastReceipts]:
        nonlocal stop
        yield from _parts(_visits(5, 2), 5)
        stop = True
        yield from _parts(_visits(5, 100), 5)

    found = replay(Trial((draft,)), parts(), workers=workers, receipts_total=510, stopped=lambda: stop)
    assert found.partial
    assert found.receipts <= 15
    assert found.receipts_total == 510
    assert found.discount_minor == found.receipts_touched * 100 == found.receipts * 100


@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_keeps_what_was_counted(workers: int) -> None:
    draft = campaign_of(_offer("draft-1", Percent(1000)), campaign_id="draft")

    def parts() -> Iterator[PastReceipts]:
        yield from _parts(_visits(5, 2), 5)
        raise KeyboardInterrupt

    found = replay(Trial((draft,)), parts(), workers=workers)
    assert found.partial
    assert found.receipts <= 10
