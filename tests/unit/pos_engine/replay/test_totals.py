"""Totals straight from the columns are those of a price of the whole basket."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from pos_engine.core.basket import Basket, BasketLine
from pos_engine.core.campaign import Campaign, Offer
from pos_engine.core.conditions.all_of import AllOf
from pos_engine.core.evaluate import evaluate
from pos_engine.core.money import Tariff
from pos_engine.core.rewards.percent import Percent
from pos_engine.core.ruleset import compile_ruleset
from pos_engine.replay.past import PastSale
from pos_engine.replay.totals import Totals
from tests.support.every_kind import shops
from tests.support.past import SALES, past_of, sale
from tests.support.pricing import campaign_of

TENTH = campaign_of(Offer("o1", "a tenth off", AllOf(()), Percent(1000)))
BREAD = BasketLine("1", "bread", 1000)


def _agree(sales: list[PastSale], campaigns: tuple[Campaign, ...], tariff: Tariff = Tariff()) -> list[int]:
    """Totals of all receipts, each asked twice: goods never seen, and again. Back come the discounts."""
    past, rules = past_of(sales), compile_ruleset(campaigns, tariff)
    totals = Totals(rules, past)
    found = []
    for number in (*range(len(past)), *range(len(past))):
        one = past.sale(number)
        whole = evaluate(rules, one.basket, one.member, one.usage, one.moment, explain=False)
        assert totals.of(number) == (whole.total_value_minor, whole.total_discount_minor)
        found.append(whole.total_discount_minor)
    return found[: len(past)]


@settings(max_examples=60)
@given(SALES, shops(3), st.booleans())
def test_totals_are_those_of_the_whole_basket(
    sales: list[PastSale], campaigns: tuple[Campaign, ...], with_tax: bool
) -> None:
    _agree(sales, campaigns, replace(Tariff(), prices_include_tax=with_tax))


def test_unusual_goods_go_the_long_way() -> None:
    """A floor, a price beyond what integers of 64 bits count with, goods that come back, several units.

    What the floor refuses is taken off the other line.
    """
    lines = (
        replace(BREAD, unit_price_floor_minor=950),
        replace(BREAD, unit_price_minor=10**9),
        replace(BREAD, unit_price_minor=-500),
        replace(BREAD, quantity=2),
    )
    sales = [sale(number, Basket((line, replace(BREAD, line_id="2")))) for number, line in enumerate(lines)]
    assert _agree(sales, (TENTH,)) == [200, 100_000_100, 100, 300]
