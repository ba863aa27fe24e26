"""Points used as a discount: laws on random shops, and the cases a shopkeeper asks about."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from pos_engine.core.basket import Basket, PointsSpending
from pos_engine.core.campaign import Campaign, Offer
from pos_engine.core.member import Member
from pos_engine.core.outcome import POINTS_DISCOUNT, PROGRAMME, Outcome, PointsShare, PointsSpent
from pos_engine.core.returns import Return, ReturnedLine, UnitPlace, undo
from pos_engine.core.rewards.points import Points
from tests.support.pricing import ALWAYS, baskets, campaign_of, campaigns, line, price

LAW = settings(max_examples=120, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
EURO = campaign_of(Offer("p", "a point a euro", ALWAYS, Points(1, 100), phase="points"), campaign_id="earning")
MEMBER = Member("m")
CENT_A_POINT = PointsSpending(300, 1, 1)


def discounts(outcome: Outcome) -> list[tuple[str, int]]:
    return [(offer.offer_id, offer.discount_minor) for offer in outcome.applied if offer.discount_minor]


def spent_rows(outcome: Outcome) -> int:
    return sum(share.amount_minor for share in outcome.shares if share.campaign_id == PROGRAMME)


@LAW
@given(
    campaigns(3, ("best", "stack"), ("line", "basket")),
    baskets(6),
    st.builds(PointsSpending, st.integers(0, 2000), st.sampled_from((1, 10, 100)), st.sampled_from((1, 7, 100))),
    st.integers(0, 2**32),
)
def test_the_parts_sum_to_the_whole_and_a_full_return_gives_every_point_back(
    shop: tuple[Campaign, ...], basket: Basket, spending: PointsSpending, seed: int
) -> None:
    note(f"seed {seed}")
    plain = price((*shop, EURO), basket, MEMBER)
    outcome = price((*shop, EURO), replace(basket, points_spending=spending), MEMBER)
    assert discounts(outcome) == discounts(plain), "using points takes no discount away"
    assert outcome.total_due_minor == plain.total_due_minor - spent_rows(outcome)
    assert outcome.total_discount_minor == sum(share.amount_minor for share in outcome.shares)
    assert outcome.total_discount_minor == sum(rate.discount_minor for rate in outcome.vat)
    assert all(row.due_minor >= 0 for row in outcome.lines)
    spent = outcome.points_spent
    if spent is None:
        assert spending.points < spending.points_step or plain.total_due_minor < spending.step_minor
        return
    assert spent.amount_minor == spent_rows(outcome)
    assert spent.points == spent.amount_minor // spending.step_minor * spending.points_step <= spending.points
    assert sum(share.points for share in spent.shares) == spent.points
    lines = [row.line_id for row in basket.lines for _ in range(row.quantity)]
    random.Random(seed).shuffle(lines)
    earlier: tuple[UnitPlace, ...] = ()
    refund = points = amount = 0
    for line_id in lines:
        reversal = undo(outcome, Return((ReturnedLine(line_id),), earlier))
        assert reversal.points_back is not None
        earlier += reversal.units
        refund += reversal.refund_minor
        points += reversal.points_back.points
        amount += reversal.points_back.amount_minor
    assert (refund, points, amount) == (outcome.total_due_minor, spent.points, spent.amount_minor)


def test_they_lower_the_price_its_vat_and_what_is_earned() -> None:
    basket = Basket((line("1", "a", 1000), line("2", "c", 500)), points_spending=CENT_A_POINT)
    outcome = price((EURO,), basket, MEMBER)
    assert (outcome.total_discount_minor, outcome.total_due_minor) == (300, 1200)
    assert [(rate.vat_bp, rate.due_minor, rate.tax_minor) for rate in outcome.vat] == [(700, 800, 52), (1900, 400, 64)]
    assert outcome.points_spent == PointsSpent(300, 300, (PointsShare("1", 0, 200), PointsShare("2", 0, 100)))
    assert [grant.points for grant in outcome.points] == [12]
    assert {(s.offer_id, s.phase, s.role) for s in outcome.shares} == {(POINTS_DISCOUNT, "points", "receives")}


def test_only_whole_steps_and_never_more_than_the_goods_cost() -> None:
    steps = PointsSpending(450, 100, 200)
    outcome = price((), Basket((line("1", "a", 1000),), points_spending=steps), MEMBER)
    assert outcome.points_spent == PointsSpent(400, 800, (PointsShare("1", 0, 400),))
    cheap = price((), Basket((line("1", "a", 500),), points_spending=steps), MEMBER)
    assert (cheap.total_due_minor, cheap.points_spent) == (100, PointsSpent(200, 400, (PointsShare("1", 0, 200),)))


def test_deposits_and_price_fixed_goods_keep_their_price() -> None:
    deposit = replace(line("1", "a", 1000), line_kind="deposit")
    book = replace(line("2", "b", 1000), line_kind="price_fixed")
    labour = replace(line("3", "c", 1000), line_kind="service")
    outcome = price((), Basket((deposit, book, labour), points_spending=PointsSpending(9999, 1, 1)), MEMBER)
    assert [row.discount_minor for row in outcome.lines] == [0, 0, 1000]


def test_nobody_and_a_sale_at_the_registers_own_price_use_none() -> None:
    basket = Basket((line("1", "a", 1000),), points_spending=CENT_A_POINT)
    assert price((), basket).points_spent is None
    assert price((), replace(basket, at_register_price=True), MEMBER).points_spent is None


def test_within_the_balance_counts_the_points_that_come_back() -> None:
    outcome = price((EURO,), Basket((line("1", "a", 1500),), points_spending=CENT_A_POINT), MEMBER)
    returned = Return((ReturnedLine("1"),), points_policy="within_balance", points_balance=-295)
    reversal = undo(outcome, returned)
    assert (reversal.points_taken, reversal.points_missing) == (5, 7)
