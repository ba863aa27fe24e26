"""Returns on random shops: every unit refunds what was paid for it, and all of them refund everything."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from pos_engine.core.basket import Basket
from pos_engine.core.campaign import Campaign, Offer
from pos_engine.core.member import Member
from pos_engine.core.money import Tariff
from pos_engine.core.outcome import Outcome
from pos_engine.core.returns import Return, ReturnedLine, ReturnRefusedError, UnitPlace, undo
from pos_engine.core.rewards.nth_unit import NthUnit
from pos_engine.core.rewards.points import Points
from pos_engine.core.rewards.stamps import Stamps
from tests.support.pricing import ALWAYS, GROUPED, REWARDS, baskets, campaign_of, campaigns, line, price

LAW = settings(max_examples=150, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
EARNING = campaign_of(
    Offer("points", "a point for 7 cents", ALWAYS, Points(1, 7), phase="points"),
    Offer("stamps", "a stamp a receipt", ALWAYS, Stamps("s", 2), phase="points"),
    Offer("each", "a stamp a unit", ALWAYS, Stamps("e", 1, "unit"), phase="points"),
    campaign_id="earning",
)
SHOPS = campaigns(3, ("best", "stack"), ("line", "basket"), rewards=st.one_of(GROUPED, REWARDS))


def sold(shop: tuple[Campaign, ...], basket: Basket, tariff: Tariff) -> Outcome:
    return price((*shop, EARNING), basket, Member("m"), tariff=tariff)


@LAW
@given(SHOPS, baskets(6), st.booleans(), st.integers(0, 2**32))
def test_unit_by_unit_everything_comes_back_exactly(
    shop: tuple[Campaign, ...], basket: Basket, inside: bool, seed: int
) -> None:
    note(f"seed {seed}")
    outcome = sold(shop, basket, Tariff(prices_include_tax=inside))
    lines = [row.line_id for row in basket.lines for _ in range(row.quantity)]
    random.Random(seed).shuffle(lines)
    earlier: tuple[UnitPlace, ...] = ()
    refund = points = stamps = tax = 0
    for number, line_id in enumerate(lines):
        reversal = undo(outcome, Return((ReturnedLine(line_id),), earlier))
        earlier += reversal.units
        refund += reversal.refund_minor
        points += reversal.points_taken
        stamps += sum(grant.stamps for grant in reversal.stamps)
        tax += sum(rate.tax_minor for rate in reversal.vat)
        assert reversal.complete == (number == len(lines) - 1)
    assert refund == outcome.total_due_minor
    assert points == sum(grant.points for grant in outcome.points)
    assert stamps == sum(grant.stamps for grant in outcome.stamps)
    assert tax == sum(rate.tax_minor for rate in outcome.vat)


@LAW
@given(SHOPS, baskets(6))
def test_a_full_return_at_once(shop: tuple[Campaign, ...], basket: Basket) -> None:
    outcome = sold(shop, basket, Tariff())
    whole = tuple(ReturnedLine(row.line_id, row.quantity) for row in basket.lines)
    reversal = undo(outcome, Return(whole))
    assert reversal.refund_minor == outcome.total_due_minor
    assert (reversal.vat, reversal.shares) == (outcome.vat, outcome.shares)
    assert reversal.points_taken == sum(grant.points for grant in outcome.points)
    coupons = tuple(coupon for offer in outcome.applied for coupon in offer.redeemed_coupon_ids)
    assert (reversal.complete, reversal.restored_coupon_ids) == (True, coupons)


HALF = Offer("o", "second half", ALWAYS, NthUnit((0, 5000)))
OUTCOME = price((campaign_of(HALF),), Basket((line("1", "a", 200, 2), line("2", "b", 100))))


def test_any_unit_is_the_one_that_was_paid_least_and_a_named_one_is_that_one() -> None:
    assert undo(OUTCOME, Return((ReturnedLine("1"),))).refund_minor == 100
    assert undo(OUTCOME, Return((ReturnedLine("1", unit_indexes=(0,)),))).refund_minor == 200
    assert undo(OUTCOME, Return((ReturnedLine("2"),))).refund_minor == 100


@pytest.mark.parametrize(
    ("returned", "text"),
    [
        (Return((ReturnedLine("9"),)), "not on the original"),
        (Return((ReturnedLine("1", 3),)), "only 2"),
        (Return((ReturnedLine("1", 2), ReturnedLine("1"))), "only 0"),
        (Return((ReturnedLine("1", 2),), (UnitPlace("1", 0),)), "only 1"),
        (Return((ReturnedLine("1", unit_indexes=(5,)),)), "only 2"),
        (Return((ReturnedLine("1"),), (UnitPlace("1", 7),)), "never sold"),
    ],
)
def test_what_was_not_sold_cannot_come_back(returned: Return, text: str) -> None:
    with pytest.raises(ReturnRefusedError, match=text):
        undo(OUTCOME, returned)


def test_points_that_were_spent_already() -> None:
    outcome = price((EARNING,), Basket((line("1", "a", 700),)), Member("m"))
    lines = (ReturnedLine("1"),)
    assert undo(outcome, Return(lines)).points_taken == 100
    within = undo(outcome, Return(lines, points_policy="within_balance", points_balance=30))
    assert (within.points_taken, within.points_missing) == (30, 70)
