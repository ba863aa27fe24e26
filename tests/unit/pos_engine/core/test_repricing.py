"""Campaigns that price the kept goods again: the refunds of all steps are what was paid, in any order and any steps."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from pos_engine.core.basket import Basket, PointsSpending
from pos_engine.core.campaign import Campaign, Offer
from pos_engine.core.conditions.minimum_spend import MinimumSpend
from pos_engine.core.member import Member
from pos_engine.core.money import Tariff
from pos_engine.core.offer_parts import Selector
from pos_engine.core.outcome import Outcome
from pos_engine.core.repricing import Sold
from pos_engine.core.returns import Return, ReturnedLine, ReturnRefusedError, UnitPlace, exchange, undo, void
from pos_engine.core.rewards.amount import Amount
from pos_engine.core.rewards.multi_buy import MultiBuy
from pos_engine.core.rewards.nth_unit import NthUnit
from pos_engine.core.rewards.percent import Percent
from pos_engine.core.rewards.points import Points
from tests.support.pricing import ALWAYS, GROUPED, MOMENT, REWARDS, TARIFF, baskets, campaign_of, campaigns, line, price

LAW = settings(max_examples=120, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
SHOPS = campaigns(3, ("best", "stack", "priority"), ("line", "basket"), rewards=st.one_of(GROUPED, REWARDS))
POINTS = campaign_of(Offer("p", "points", ALWAYS, Points(1, 7), phase="points"), campaign_id="points")


def again(*offers: Offer) -> Campaign:
    return replace(campaign_of(*offers), returns="reprice")


def sold_of(shop: tuple[Campaign, ...], basket: Basket, tariff: Tariff = TARIFF) -> tuple[Outcome, Sold]:
    outcome = price(shop, basket, Member("m"), tariff=tariff)
    return outcome, Sold(shop, basket, MOMENT, tariff, Member("m"))


def refunds(shop: tuple[Campaign, ...], *steps: tuple[str, ...], basket: Basket) -> list[int]:
    """What each step of line ids refunds."""
    outcome, sold = sold_of(shop, basket)
    earlier: tuple[UnitPlace, ...] = ()
    due, found = 0, []
    for step in steps:
        returned = Return(tuple(ReturnedLine(line_id) for line_id in step), earlier, earlier_due_minor=due)
        reversal = undo(outcome, returned, sold)
        earlier += reversal.units
        due += sum(rate.due_minor for rate in reversal.vat)
        found.append(reversal.refund_minor)
    return found


def goods(*prices: int) -> Basket:
    return Basket(tuple(line(str(number), "a", cost) for number, cost in enumerate(prices)))


TEN_FROM_FIFTY = Offer("o", "10 off from 50", MinimumSpend(5000), Amount(1000))


@pytest.mark.parametrize(
    ("offer", "prices", "steps", "expected"),
    [
        (TEN_FROM_FIFTY, (2000, 4000), (("0",), ("1",)), [1000, 4000]),
        (TEN_FROM_FIFTY, (2000, 4000), (("1",), ("0",)), [3000, 2000]),
        (TEN_FROM_FIFTY, (500, 5500), (("0",), ("1",)), [500, 4500]),
        (replace(TEN_FROM_FIFTY, reward=Amount(2000)), (1100, 4900), (("0",), ("1",)), [0, 4000]),
        (
            Offer("o", "three for two", ALWAYS, MultiBuy(3)),
            (1000, 1000, 1000),
            (("0",), ("1",), ("2",)),
            [0, 1000, 1000],
        ),
        (Offer("o", "second half", ALWAYS, NthUnit((0, 5000))), (200, 100), (("0",), ("1",)), [150, 100]),
        (Offer("o", "second half", ALWAYS, NthUnit((0, 5000))), (200, 100), (("0", "1"),), [250]),
    ],
)
def test_what_a_shopkeeper_expects(
    offer: Offer, prices: tuple[int, ...], steps: tuple[tuple[str, ...], ...], expected: list[int]
) -> None:
    assert refunds((again(offer),), *steps, basket=goods(*prices)) == expected


def test_the_same_goods_under_a_campaign_that_refunds_the_share() -> None:
    assert refunds((campaign_of(TEN_FROM_FIFTY),), ("0",), ("1",), basket=goods(2000, 4000)) == [1667, 3333]


def test_what_another_campaign_gave_stays_and_the_amount_is_priced_again() -> None:
    ten = campaign_of(Offer("ten", "10 % on a", ALWAYS, Percent(1000), Selector(products=("a",))), campaign_id="share")
    shop = (ten, again(replace(TEN_FROM_FIFTY, phase="basket")))
    basket = Basket((line("0", "b", 1000), line("1", "a", 5000)))
    # 1000 + 4500 - 1000 were paid; the kept 4500 reach no 5000 any more.
    assert refunds(shop, ("0",), ("1",), basket=basket) == [0, 4500]


@LAW
@given(SHOPS, st.lists(st.booleans(), min_size=3, max_size=3), baskets(6), st.booleans(), st.integers(0, 2**32))
def test_any_steps_in_any_order_give_back_exactly_what_was_paid(
    shop: tuple[Campaign, ...], which: list[bool], basket: Basket, inside: bool, seed: int
) -> None:
    note(f"seed {seed}")
    chance = random.Random(seed)
    shop = tuple(
        replace(campaign, returns="reprice" if some else "share") for campaign, some in zip(shop, which, strict=False)
    )
    basket = replace(basket, points_spending=PointsSpending(chance.choice((0, 40)), 1, 1))
    outcome, sold = sold_of((*shop, POINTS), basket, Tariff(prices_include_tax=inside))
    rest = [(row.line_id, row.unit_price_minor) for row in basket.lines]
    chance.shuffle(rest)
    earlier: tuple[UnitPlace, ...] = ()
    refund = due = tax = points = back = 0
    while rest:
        size = chance.randint(1, len(rest))
        step, rest = rest[:size], rest[size:]
        lines = tuple(ReturnedLine(line_id) for line_id, _ in step)
        reversal = undo(outcome, Return(lines, earlier, earlier_due_minor=due), sold)
        assert 0 <= sum(rate.due_minor for rate in reversal.vat) <= sum(cost for _, cost in step)
        assert sum(rate.value_minor for rate in reversal.vat) == sum(cost for _, cost in step)
        earlier += reversal.units
        refund += reversal.refund_minor
        due += sum(rate.due_minor for rate in reversal.vat)
        tax += sum(rate.tax_minor for rate in reversal.vat)
        points += reversal.points_taken
        back += 0 if reversal.points_back is None else reversal.points_back.points
    assert refund == outcome.total_due_minor
    assert tax == sum(rate.tax_minor for rate in outcome.vat)
    assert points == sum(grant.points for grant in outcome.points)
    assert back == (0 if outcome.points_spent is None else outcome.points_spent.points)


@LAW
@given(SHOPS, baskets(6), st.integers(0, 5))
def test_kept_goods_cost_what_they_would_have_cost_alone(
    shop: tuple[Campaign, ...], basket: Basket, which: int
) -> None:
    shop = tuple(replace(campaign, returns="reprice") for campaign in shop)
    outcome, sold = sold_of(shop, basket)
    gone = basket.lines[which % len(basket.lines)]
    given = {applied.offer_id for applied in outcome.applied}
    again_shop = tuple(campaign for campaign in shop if campaign.offers[0].offer_id in given)
    alone = price(again_shop, replace(basket, lines=tuple(row for row in basket.lines if row != gone)), Member("m"))
    refund = outcome.total_due_minor - alone.total_due_minor
    expected = min(max(0, refund), gone.unit_price_minor)
    assert undo(outcome, Return((ReturnedLine(gone.line_id),)), sold).refund_minor == expected


@LAW
@given(SHOPS, baskets(6))
def test_where_no_campaign_prices_again_the_inputs_change_nothing(shop: tuple[Campaign, ...], basket: Basket) -> None:
    outcome, sold = sold_of(shop, basket)
    returned = Return((ReturnedLine(basket.lines[0].line_id),))
    assert undo(outcome, returned, sold) == undo(outcome, returned)


def test_a_return_of_earlier_units_must_say_what_they_refunded() -> None:
    outcome, sold = sold_of((again(TEN_FROM_FIFTY),), goods(2000, 4000))
    earlier = (UnitPlace("0", 0),)
    with pytest.raises(ReturnRefusedError, match="earlier_due_minor must say"):
        undo(outcome, Return((ReturnedLine("1"),), earlier), sold)
    with pytest.raises(ReturnRefusedError, match="too low"):
        undo(outcome, Return((ReturnedLine("1"),), earlier, earlier_due_minor=0), sold)


def test_the_inputs_of_another_receipt_are_refused() -> None:
    outcome, sold = sold_of((again(TEN_FROM_FIFTY),), goods(2000, 4000))
    other = replace(sold, basket=goods(2000, 4100))
    with pytest.raises(ReturnRefusedError, match="not those of the original receipt"):
        undo(outcome, Return((ReturnedLine("1"),)), other)


def test_a_void_gives_back_everything_and_takes_all_points() -> None:
    outcome, _ = sold_of((again(TEN_FROM_FIFTY), POINTS), goods(2000, 4000))
    reversal = void(outcome)
    assert (reversal.refund_minor, reversal.complete, reversal.vat) == (5000, True, outcome.vat)
    assert (reversal.points_taken, reversal.points_missing) == (5000 // 7, 0)


def test_in_an_exchange_both_sides_are_priced_apart() -> None:
    outcome, sold = sold_of((campaign_of(TEN_FROM_FIFTY), POINTS), goods(2000, 4000))
    reversal = undo(outcome, Return((ReturnedLine("0"),)), sold)
    taken = price((campaign_of(TEN_FROM_FIFTY), POINTS), goods(4900), Member("m"))
    swapped = exchange(reversal, taken)
    # The 40.00 that stay do not help the new 49.00 over the threshold.
    assert (swapped.sale.total_discount_minor, swapped.due_minor) == (0, 4900 - 1667)
    assert swapped.points == 4900 // 7 - reversal.points_taken


def test_points_that_are_pending_still() -> None:
    outcome = price((POINTS,), goods(700), Member("m"))
    lines = (ReturnedLine("0"),)
    some = undo(outcome, Return(lines, points_policy="pending_only", points_pending=30))
    none = undo(outcome, Return(lines, points_policy="pending_only"))
    assert (some.points_taken, some.points_missing) == (30, 70)
    assert (none.points_taken, none.points_missing) == (0, 100)


def test_tax_on_top_never_makes_a_return_cost_something() -> None:
    """The third unit brings the free one back, which is taxed where the other is not: the tax would rise by 2.00."""
    three = again(Offer("o", "three for two", ALWAYS, MultiBuy(3)))
    rows = [
        replace(line(str(n), "a", cost), vat_bp=rate)
        for n, (cost, rate) in enumerate(((1000, 0), (1000, 0), (999, 2000)))
    ]
    outcome, sold = sold_of((three,), Basket(tuple(rows)), Tariff(prices_include_tax=False))
    assert (outcome.total_due_minor, outcome.total_discount_minor) == (2000, 999)
    first = undo(outcome, Return((ReturnedLine("0"),)), sold)
    due = sum(rate.due_minor for rate in first.vat)
    rest = undo(outcome, Return((ReturnedLine("1"), ReturnedLine("2")), first.units, earlier_due_minor=due), sold)
    assert first.refund_minor >= 0
    assert rest.refund_minor >= 0
    assert first.refund_minor + rest.refund_minor == 2000
