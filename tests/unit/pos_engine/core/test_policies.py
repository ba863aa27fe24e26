"""How offers get along, as tables a shopkeeper can read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pos_engine.core.basket import Basket
from pos_engine.core.campaign import Offer, Policy, Reward
from pos_engine.core.evaluate import evaluate
from pos_engine.core.money import Tariff
from pos_engine.core.offer_parts import Selector
from pos_engine.core.rewards.amount import Amount
from pos_engine.core.rewards.percent import Percent
from pos_engine.core.ruleset import compile_ruleset
from pos_engine.core.usage import Usage
from tests.support.pricing import ALWAYS, MOMENT, TARIFF, campaign_of, line, price

BREAD, FOOD = Selector(categories=("bread",)), Selector(categories=("food",))


def offer(offer_id: str, reward: Reward, target: Selector, policy: Policy, priority: int = 0) -> Offer:
    return Offer(offer_id, offer_id, ALWAYS, reward, target, policy=policy, priority=priority, exclusive_group="g")


@pytest.mark.parametrize(
    ("first", "second", "bread", "cake"),
    [
        # bread 10.00, cake 20.00; "food 10 %" beside "bread 30 %"
        (("best", 0), ("best", 0), 300, 200),
        (("stack", 0), ("stack", 0), 370, 200),
        (("exclusive", 0), ("exclusive", 0), 300, 0),
        (("priority", 1), ("priority", 0), 100, 200),
        (("priority", 0), ("priority", 1), 300, 200),
        (("priority", 0), ("best", 9), 100, 200),
        (("best", 0), ("stack", 0), 300, 200),
    ],
)
def test_two_offers_on_the_same_bread(
    first: tuple[Policy, int], second: tuple[Policy, int], bread: int, cake: int
) -> None:
    shop = (campaign_of(offer("food", Percent(1000), FOOD, *first), offer("bread", Percent(3000), BREAD, *second)),)
    outcome = price(shop, Basket((line("bread", "a", 1000), line("cake", "b", 2000))))
    assert [row.discount_minor for row in outcome.lines] == [bread, cake]
    assert outcome.certificate.optimal


@pytest.mark.parametrize(("amount_first", "due"), [(5, 450), (0, 400)])
def test_stacking_follows_the_priority(amount_first: int, due: int) -> None:
    shop = (
        campaign_of(
            offer("1 off", Amount(100), BREAD, "stack", amount_first), offer("half", Percent(5000), BREAD, "stack", 1)
        ),
    )
    assert price(shop, Basket((line("1", "a", 1000),))).total_due_minor == due


def test_each_unit_goes_where_it_saves_most() -> None:
    shop = (campaign_of(offer("1 off", Amount(100, "unit"), FOOD, "best"), offer("20", Percent(2000), FOOD, "best")),)
    outcome = price(shop, Basket((line("1", "a", 300), line("2", "b", 800))))
    assert [row.discount_minor for row in outcome.lines] == [100, 160]


def test_the_loser_is_told_by_whom_and_by_how_much() -> None:
    shop = (campaign_of(offer("ten", Percent(1000), BREAD, "best"), offer("thirty", Percent(3000), BREAD, "best")),)
    reasons = {r.offer_id: r for r in price(shop, Basket((line("1", "a", 1000),))).reasons}
    assert reasons["thirty"].params == {"discount_minor": 300}
    assert reasons["ten"].code == "lost_to"
    assert reasons["ten"].params == {"winner_offer_id": "thirty", "winner_name": "thirty", "by_minor": 200}


def test_a_later_phase_sees_what_the_earlier_left() -> None:
    basket_offer = replace(offer("all", Percent(1000), Selector(), "best"), phase="basket")
    shop = (campaign_of(offer("half", Percent(5000), BREAD, "best"), basket_offer),)
    assert price(shop, Basket((line("1", "a", 1000),))).total_due_minor == 450


def test_equal_offers_are_told_apart_by_their_id() -> None:
    twins = (offer("b", Percent(1000), BREAD, "best"), offer("a", Percent(1000), BREAD, "best"))
    for pair in (twins, twins[::-1]):
        outcome = price((campaign_of(*pair),), Basket((line("1", "a", 1000),)))
        assert [applied.offer_id for applied in outcome.applied] == ["a"]


def test_many_overlapping_offers_end_within_the_effort_with_a_certificate() -> None:
    offers = [offer(f"o{n:02}", Percent(1000 + 7 * n), FOOD, "best") for n in range(12)]
    offers += [offer(f"p{n:02}", Percent(3000, units_max=2), FOOD, "best") for n in range(6)]
    basket = Basket(tuple(line(f"l{n}", "ab"[n % 2], 101 + 13 * n) for n in range(30)))
    outcome = price((campaign_of(*offers),), basket, effort=500)
    assert outcome.certificate.effort_used <= 500
    assert outcome.certificate.optimal == (outcome.certificate.gap_minor == 0)
    assert outcome.total_discount_minor > 0


def test_hundreds_of_competing_offers_are_priced_with_a_certificate() -> None:
    """More competitors than the search may go deep: none is asked in vain, and the certificate says what is open."""
    offers = [offer(f"o{n:03}", Percent(100 + n), FOOD, "best") for n in range(600)]
    offers += [offer(f"p{n:03}", Amount(1 + n), FOOD, "best") for n in range(100)]
    basket = Basket(tuple(line(f"l{n}", "ab"[n % 2], 101 + 13 * n) for n in range(100)))
    outcome = price((campaign_of(*offers),), basket, effort=1000)
    assert outcome.total_discount_minor >= outcome.total_value_minor * 690 // 10_000
    assert outcome.certificate.gap_minor > 0
    assert outcome.certificate.effort_used <= 1000


@pytest.mark.parametrize(("inclusive", "due", "tax"), [(True, 1190, 190), (False, 1416, 226)])
def test_prices_with_and_without_tax(inclusive: bool, due: int, tax: int) -> None:
    tariff = Tariff(prices_include_tax=inclusive, unknown_vat_bp=1900)
    outcome = price((), Basket((line("1", "x", 1190),)), tariff=tariff)
    assert (outcome.total_due_minor, outcome.vat[0].tax_minor) == (due, tax)


def test_two_offers_with_one_id_are_refused() -> None:
    twins = (
        campaign_of(offer("a", Percent(1), BREAD, "best")),
        campaign_of(offer("a", Percent(2), BREAD, "best"), campaign_id="c2"),
    )
    with pytest.raises(ValueError, match="offer id a is used twice"):
        compile_ruleset(twins, TARIFF)


def test_inactive_campaigns_are_told() -> None:

    ruleset = compile_ruleset((), TARIFF, 7, {"c9": "campaign_unknown_kind"})
    outcome = evaluate(ruleset, Basket(), None, Usage(), MOMENT)
    assert [(r.campaign_id, r.code) for r in outcome.reasons] == [("c9", "campaign_unknown_kind")]
    assert outcome.ruleset_version == 7
