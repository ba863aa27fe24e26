from __future__ import annotations

from dataclasses import replace

import pytest

from pos_engine.core.basket import Basket
from pos_engine.core.campaign import Offer
from pos_engine.core.offer_parts import Limits, Rounding, Selector
from pos_engine.core.rewards.percent import Percent
from tests.support.pricing import ALWAYS, campaign_of, line, price


def discounts(offer: Offer, *prices: int) -> list[int]:
    basket = Basket(tuple(line(f"l{n}", "a", cost) for n, cost in enumerate(prices)))
    return [row.discount_minor for row in price((campaign_of(offer),), basket).lines]


TEN = Offer("o", "10 %", ALWAYS, Percent(1000))


def test_ten_percent_of_every_unit() -> None:
    assert discounts(TEN, 1000, 250) == [100, 25]


def test_rounded_once_over_the_offer_then_shared_by_largest_remainder() -> None:
    # 10 % of 3 x 0.05 is 0.015, half up 0.02: the cents go to the first units; per unit it would have been 0.03.
    assert sum(discounts(TEN, 5, 5, 5)) == 2
    assert discounts(replace(TEN, rounding=Rounding("unit", "half_up")), 5, 5, 5) == [1, 1, 1]
    assert discounts(replace(TEN, rounding=Rounding("unit", "down")), 19, 9) == [1, 0]
    assert sum(discounts(replace(TEN, rounding=Rounding("offer", "down")), 19, 10)) == 2


@pytest.mark.parametrize(
    ("units_max", "order", "expected"),
    [
        (1, "cheapest", [0, 50, 0]),
        (2, "cheapest", [0, 50, 100]),
        (1, "dearest", [500, 0, 0]),
        (9, "dearest", [500, 50, 100]),
    ],
)
def test_only_so_many_of_the_cheapest_or_dearest(units_max: int, order: str, expected: list[int]) -> None:
    offer = Offer("o", "half", ALWAYS, Percent(5000, units_max, order))  # type: ignore[arg-type]
    assert discounts(offer, 1000, 100, 200) == expected


def test_what_a_floor_refuses_is_spread_over_the_rest() -> None:
    offer = replace(TEN, limits=Limits(unit_price_floor_minor=950))
    assert discounts(offer, 1000, 2000) == [50, 250]
    assert discounts(offer, 1000, 1000) == [50, 50]
    assert discounts(offer, 950, 900) == [0, 0]


@pytest.mark.parametrize("limits", [Limits(discount_max_minor=77), Limits(budget_minor=77)])
@pytest.mark.parametrize("scope", ["unit", "offer"])
def test_a_ceiling_is_reached_to_the_cent(limits: Limits, scope: str) -> None:
    offer = replace(TEN, limits=limits, rounding=Rounding(scope))  # type: ignore[arg-type]
    assert sum(discounts(offer, 1000, 333, 250)) == 77


def test_goods_that_no_offer_may_touch() -> None:
    kinds = ("goods", "deposit", "price_fixed", "service")
    lines = tuple(replace(line(kind, "a", 1000), line_kind=kind) for kind in kinds)  # type: ignore[arg-type]
    outcome = price((campaign_of(TEN),), Basket(lines))
    assert [row.discount_minor for row in outcome.lines] == [100, 0, 0, 0]
    labour = replace(TEN, target=Selector(line_kinds=kinds))
    outcome = price((campaign_of(labour),), Basket(lines))
    assert [row.discount_minor for row in outcome.lines] == [100, 0, 0, 100]


def test_vat_rates_are_kept_apart() -> None:
    basket = Basket((line("1", "a", 333), line("2", "c", 667)))
    outcome = price((campaign_of(TEN),), basket)
    assert [(v.vat_bp, v.value_minor, v.discount_minor, v.due_minor, v.tax_minor) for v in outcome.vat] == [
        (700, 333, 33, 300, 20),
        (1900, 667, 67, 600, 96),
    ]
