"""An article may have a lowest price of its own: no offer of any kind goes below it, and the rest carries the share."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pos_engine.core.basket import Basket, PointsSpending
from pos_engine.core.campaign import Offer, Reward
from pos_engine.core.member import Member
from pos_engine.core.offer_parts import Limits
from pos_engine.core.rewards.amount import Amount
from pos_engine.core.rewards.any_for_price import AnyForPrice
from pos_engine.core.rewards.fixed_unit_price import FixedUnitPrice
from pos_engine.core.rewards.multi_buy import MultiBuy
from pos_engine.core.rewards.nth_unit import NthUnit
from pos_engine.core.rewards.percent import Percent
from tests.support.pricing import ALWAYS, campaign_of, line, price

SHIRT = replace(line("1", "a", 5000), unit_price_floor_minor=4500)
BASKET = Basket((SHIRT, line("2", "b", 2000)))


@pytest.mark.parametrize(
    ("reward", "expected"),
    [
        (Percent(2000), [500, 900]),
        (Amount(1400), [500, 900]),
        (Amount(700, "unit"), [500, 700]),
        (FixedUnitPrice(1000), [500, 1000]),
        (AnyForPrice(2, 5600), [500, 900]),
        (MultiBuy(2, order="dearest"), [500, 0]),
        (MultiBuy(2), [0, 2000]),
    ],
)
def test_the_lowest_price_holds_and_the_rest_is_spread(reward: Reward, expected: list[int]) -> None:
    outcome = price((campaign_of(Offer("o", "o", ALWAYS, reward)),), BASKET)
    assert [row.discount_minor for row in outcome.lines] == expected


def test_the_higher_of_the_articles_and_the_offers_floor_counts() -> None:
    limits = Limits(unit_price_floor_minor=1500)
    outcome = price((campaign_of(Offer("o", "o", ALWAYS, Percent(9000), limits=limits)),), BASKET)
    assert [row.due_minor for row in outcome.lines] == [4500, 1500]


def test_the_same_article_with_and_without_a_lowest_price_is_two_articles() -> None:
    basket = Basket((SHIRT, replace(SHIRT, line_id="2", unit_price_floor_minor=0)))
    outcome = price((campaign_of(Offer("o", "half", ALWAYS, Percent(5000))),), basket)
    assert [row.due_minor for row in outcome.lines] == [4500, 500]


def test_points_used_as_a_discount_respect_it_too() -> None:
    basket = replace(BASKET, points_spending=PointsSpending(9999, 1, 1))
    assert [row.due_minor for row in price((), basket, Member("m")).lines] == [4500, 0]


def test_a_multi_buy_says_by_how_much_it_may_fall_short() -> None:
    """Arranged by price the second piece is the one that may hardly go lower; another pair would save 0.01 more."""
    basket = Basket((line("1", "a", 3), replace(line("2", "a", 3), unit_price_floor_minor=2), line("3", "b", 3)))
    outcome = price((campaign_of(Offer("o", "second at half price", ALWAYS, NthUnit((0, 5000)))),), basket)
    assert outcome.total_discount_minor + outcome.certificate.gap_minor >= 2
