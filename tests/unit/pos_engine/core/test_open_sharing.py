"""The fast ways of the solver against the judge that tries everything; each way is counted, so that none is missed."""

from __future__ import annotations

import inspect
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, note, settings

from pos_engine.core.alternatives import Alternatives
from pos_engine.core.basket import Basket
from pos_engine.core.campaign import Campaign, Offer, Reward
from pos_engine.core.choices import Choices
from pos_engine.core.component import ComponentSearch
from pos_engine.core.evaluate import evaluate
from pos_engine.core.money import Tariff
from pos_engine.core.offer_parts import Selector
from pos_engine.core.outcome import Outcome
from pos_engine.core.rewards.amount import Amount
from pos_engine.core.rewards.any_for_price import AnyForPrice
from pos_engine.core.rewards.buy_get import BuyGet
from pos_engine.core.rewards.multi_buy import MultiBuy
from pos_engine.core.rewards.nth_unit import NthUnit
from pos_engine.core.rewards.percent import Percent
from pos_engine.core.rewards.slot_bundle import SlotBundle
from pos_engine.core.ruleset import compile_ruleset
from pos_engine.core.turns import TurnSearch
from pos_engine.core.unit_by_unit import UnitByUnit
from pos_engine.core.usage import Usage
from tests.support.oracle import best_saving
from tests.support.pricing import ALWAYS, MOMENT, baskets, campaign_of, campaigns, line, price, slots
from tests.support.pricing_open import (
    PLAIN,
    crowded_shops,
    held_back_multi_buys,
    held_back_shops,
    mixed_shops,
    open_shops,
)

QUICK = settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
"""Always the same examples, so that the counts of the ways taken are no matter of luck; `LONG` draws new ones."""

LONG = settings(max_examples=4_000, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])

WAYS = {
    "walk": (UnitByUnit, "solve"),
    "wider prices": (UnitByUnit, "_better_prices"),
    "held back": (Alternatives, "_hold_back"),
    "every combination": (Alternatives, "_try_all"),
    "winners": (ComponentSearch, "_with_winners"),
    "turns": (TurnSearch, "search"),
    "choices": (Choices, "begin"),
}


COMPILED = not inspect.isfunction(UnitByUnit.solve)
"""Compiled methods call each other past any counter; the same examples are counted in the plain core then."""


@contextmanager
def counted(*ways: str) -> Iterator[Counter[str]]:
    """Count how often ways of the solver are taken."""
    hits: Counter[str] = Counter()

    def counting(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: object) -> object:
            hits[name] += 1
            return method(*args)

        return call

    with ExitStack() as stack:
        for name in ways:
            owner, method = WAYS[name]
            stack.enter_context(patch.object(owner, method, counting(name, getattr(owner, method))))
        yield hits


def judge(shop: tuple[Campaign, ...], basket: Basket) -> None:
    """With much effort and with little."""
    best = best_saving(shop, basket)
    for effort in (200_000, 2):
        outcome = price(shop, basket, effort=effort)
        note(f"effort {effort}: solver {outcome.total_discount_minor}, judge {best}, {outcome.certificate}")
        if outcome.certificate.optimal:
            assert outcome.total_discount_minor == best
        else:
            assert outcome.total_discount_minor <= best <= outcome.total_discount_minor + outcome.certificate.gap_minor


def judged(shops: Any, examples: settings, ways: tuple[str, ...]) -> None:
    """Judge random shops; every way named was taken."""

    @examples
    @given(shops, baskets(5))
    def play(shop: tuple[Campaign, ...], basket: Basket) -> None:
        judge(shop, basket)

    with counted(*ways) as hits:
        play()
    if not COMPILED:
        assert set(hits) == set(ways), f"never taken: {set(ways) - set(hits)}"


def test_offers_that_compete_are_shared_out_as_the_judge_does() -> None:
    judged(open_shops(3), QUICK, ("walk",))


def test_multi_buys_among_other_offers_are_shared_out_as_the_judge_does() -> None:
    judged(mixed_shops(3), QUICK, ("walk", "wider prices"))


def test_a_later_spend_is_held_as_the_judge_does() -> None:
    judged(held_back_shops(2), QUICK, ("held back", "choices", "every combination"))


def test_offers_that_crowd_each_other_out_are_judged_right() -> None:
    judged(crowded_shops(4), QUICK, ("walk",))


def test_a_later_spend_is_held_by_multi_buys_as_the_judge_does() -> None:
    judged(held_back_multi_buys(2), QUICK, ("held back", "choices"))


def test_winners_of_exclusive_groups_are_found_as_the_judge_does() -> None:
    shops = campaigns(3, ("best", "best", "exclusive"), ("line",), size_min=2, rewards=PLAIN)
    judged(shops, QUICK, ("winners", "walk"))


@pytest.mark.slow
@pytest.mark.skipif(not COMPILED, reason="the tests above counted already: the core runs plain")
def test_every_way_is_taken_by_the_plain_core() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__, "-k", "as_the_judge_does"]
    done = subprocess.run(
        command, env={**os.environ, "POS_ENGINE_CORE": "plain"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    "shops",
    [open_shops(3), mixed_shops(3), held_back_shops(2), crowded_shops(4), held_back_multi_buys(2)],
    ids=["open", "mixed", "held", "crowded", "held multi-buys"],
)
def test_at_length(shops: Any) -> None:
    judged(shops, LONG, ("walk", "wider prices"))


def multi_buys(units: int, rewards: tuple[Reward, ...], prices: Callable[[int], int]) -> Outcome:
    """Overlapping multi-buys on many units, with the default effort."""
    basket = Basket(tuple(line(f"l{n}", "abc"[n % 3], prices(n)) for n in range(units)))
    shop = tuple(
        campaign_of(Offer(f"o{n}", "n", ALWAYS, reward), campaign_id=f"c{n}") for n, reward in enumerate(rewards)
    )
    return evaluate(compile_ruleset(shop, Tariff()), basket, None, Usage(), MOMENT, explain=False)


def test_slots_that_name_products_inside_a_category_are_seen() -> None:
    bundle = SlotBundle(slots("ab", "ab"), percent_bp=1500)
    shop = (
        campaign_of(Offer("o1", "second at half price", ALWAYS, NthUnit((0, 5000)))),
        campaign_of(Offer("o2", "bundle", ALWAYS, bundle, Selector(categories=("food",))), campaign_id="c2"),
    )
    basket = Basket(tuple(line(f"l{n}", "a", cost) for n, cost in enumerate((1, 1, 1, 3))))
    assert price(shop, basket).total_discount_minor == best_saving(shop, basket) == 2


def test_a_second_offer_to_buy_any_and_get_some_may_be_of_use() -> None:
    """In one offer what is bought must be dearer than what is got, over all applications; two offers ask each alone."""
    reward = BuyGet(Selector(), Selector(products=("b", "c")))
    one, two = (campaign_of(Offer(f"o{n}", "get one", ALWAYS, reward), campaign_id=f"c{n}") for n in (1, 2))
    basket = Basket((line("l0", "a", 1), line("l1", "b", 1), line("l2", "b", 1), line("l3", "b", 3)))
    assert price((one,), basket).total_discount_minor == best_saving((one,), basket) == 3
    assert price((one, two), basket).total_discount_minor == best_saving((one, two), basket) == 4


def test_goods_that_can_be_bought_and_got_are_compared_inside_each_application_when_they_are_alone() -> None:
    """The sum of money takes the bread; of what is left the dearest pays for the next one, twice."""
    reward = BuyGet(Selector(), Selector(products=("b", "c")))
    shop = (
        campaign_of(Offer("o1", "off bread", ALWAYS, Amount(120), Selector(categories=("bread",)))),
        campaign_of(Offer("o2", "get one", ALWAYS, reward), campaign_id="c2"),
    )
    basket = Basket(
        tuple(line(f"l{n}", *unit) for n, unit in enumerate((("a", 1), ("b", 1), ("b", 1), ("b", 3), ("b", 3))))
    )
    assert price(shop, basket).total_discount_minor == best_saving(shop, basket) == 5


def test_what_costs_as_much_as_what_is_got_may_still_be_bought() -> None:
    """The bread (a) can only be got, and comes before the cake (b), which costs the same and pays for it."""
    reward = BuyGet(Selector(products=("b", "c")), Selector(products=("a", "b")))
    shop = (
        campaign_of(Offer("o1", "get one", ALWAYS, reward)),
        campaign_of(Offer("o2", "off bread", ALWAYS, Percent(1000), Selector(products=("a",))), campaign_id="c2"),
    )
    basket = Basket((line("l0", "a", 250), line("l1", "b", 250)))
    assert price(shop, basket).total_discount_minor == best_saving(shop, basket) == 250


def test_buying_and_getting_beside_another_offer_is_proven_on_a_full_basket() -> None:
    """What was got is remembered by its price only where that matters: else forty articles are too many to follow."""
    chance = random.Random(4)
    rewards = (BuyGet(Selector(), Selector(products=("b", "c"))), MultiBuy(3))
    prices = [chance.randint(100, 5000) for _ in range(40)]
    outcome = multi_buys(40, rewards, prices.__getitem__)
    assert outcome.certificate.gap_minor * 1_000 <= outcome.total_discount_minor


SIX = (MultiBuy(3), AnyForPrice(4, 900), NthUnit((0, 5000)), MultiBuy(4), MultiBuy(5, 2), AnyForPrice(3, 800))


def test_six_overlapping_multi_buys_on_seventy_different_units_are_proven() -> None:
    chance = random.Random(5)
    prices = [chance.randint(50, 999) for _ in range(70)]
    outcome = multi_buys(70, SIX, prices.__getitem__)
    assert outcome.certificate.optimal


def test_four_hundred_units_of_forty_prices_are_proven() -> None:
    outcome = multi_buys(400, SIX[:5], lambda n: 100 + n % 40 * 5)
    assert outcome.certificate.optimal


def test_hundreds_of_percentages_and_sums_end_within_the_effort_and_near_the_bound() -> None:
    chance = random.Random(7)
    offers = [Offer(f"p{n}", "p", ALWAYS, Percent(chance.randrange(500, 5000, 250))) for n in range(200)]
    offers += [Offer(f"a{n}", "a", ALWAYS, Amount(chance.randint(50, 300))) for n in range(20)]
    basket = Basket(tuple(line(f"l{n}", "abc"[n % 3], chance.randint(99, 999)) for n in range(30)))
    outcome = evaluate(compile_ruleset((campaign_of(*offers),), Tariff()), basket, None, Usage(), MOMENT, explain=False)
    assert outcome.certificate.effort_used <= 1_000
    assert outcome.certificate.gap_minor * 10 <= outcome.total_discount_minor
