from __future__ import annotations

from dataclasses import replace

from pos_engine.core.basket import Basket
from pos_engine.core.campaign import Offer
from pos_engine.core.member import Member
from pos_engine.core.offer_parts import Selector
from pos_engine.core.rewards.points import Points
from pos_engine.core.rewards.points_multiplier import PointsMultiplier
from tests.support.pricing import ALWAYS, campaign_of, line, price

EURO = Offer("p", "a point a euro", ALWAYS, Points(1, 100), phase="points")
DOUBLE = Offer("x2", "double", ALWAYS, PointsMultiplier(20_000), phase="points")
BASKET = Basket((line("1", "a", 1050), line("2", "c", 1000)))


def points(*offers: Offer) -> dict[str, int]:
    outcome = price((campaign_of(*offers),), BASKET, Member("m"))
    return {grant.offer_id: grant.points for grant in outcome.points}


def test_double_points_are_counted_on_the_double_spend() -> None:
    assert points(EURO, DOUBLE) == {"p": 20, "x2": 21}


def test_on_some_goods_only() -> None:
    assert points(EURO, replace(DOUBLE, target=Selector(products=("c",)))) == {"p": 20, "x2": 10}


def test_the_highest_counts_and_points_at_once_do_not_grow() -> None:
    triple = replace(DOUBLE, offer_id="x3", reward=PointsMultiplier(30_000))
    assert points(EURO, DOUBLE, triple) == {"p": 20, "x3": 41}
    assert points(replace(EURO, reward=Points(7)), DOUBLE) == {"p": 7}
