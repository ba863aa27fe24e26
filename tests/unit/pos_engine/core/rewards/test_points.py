from __future__ import annotations

from dataclasses import replace

from pos_engine.core.basket import Basket
from pos_engine.core.campaign import Offer
from pos_engine.core.member import Member
from pos_engine.core.offer_parts import Selector
from pos_engine.core.outcome import Outcome, PointsShare
from pos_engine.core.rewards.percent import Percent
from pos_engine.core.rewards.points import Points
from tests.support.pricing import ALWAYS, campaign_of, line, price

EURO = Offer("p", "a point a euro", ALWAYS, Points(1, 100), phase="points")
MEMBER = Member("m")


def earned(outcome: Outcome) -> list[tuple[str, int]]:
    for grant in outcome.points:
        assert sum(share.points for share in grant.shares) == grant.points
    return [(grant.offer_id, grant.points) for grant in outcome.points]


def test_a_point_for_every_full_euro_that_is_paid() -> None:
    half = Offer("h", "half", ALWAYS, Percent(5000))
    basket = Basket((line("1", "a", 1999), line("2", "b", 1000)))
    assert earned(price((campaign_of(EURO),), basket, MEMBER)) == [("p", 29)]
    assert earned(price((campaign_of(EURO, half),), basket, MEMBER)) == [("p", 14)]


def test_points_stand_with_their_units() -> None:
    outcome = price((campaign_of(EURO),), Basket((line("1", "a", 1000, 2), line("2", "b", 500))), MEMBER)
    assert outcome.points[0].shares == (PointsShare("1", 0, 10), PointsShare("1", 1, 10), PointsShare("2", 0, 5))
    assert outcome.total_discount_minor == 0


def test_only_some_goods_a_ceiling_and_points_at_once() -> None:
    basket = Basket((line("1", "a", 1000), line("2", "c", 1000)))
    drinks = replace(EURO, target=Selector(products=("c",)))
    assert earned(price((campaign_of(drinks),), basket, MEMBER)) == [("p", 10)]
    assert earned(price((campaign_of(replace(EURO, reward=Points(1, 100, 15))),), basket, MEMBER)) == [("p", 15)]
    assert earned(price((campaign_of(replace(EURO, reward=Points(50))),), basket, MEMBER)) == [("p", 50)]


def test_nobody_and_nothing_to_count() -> None:
    nobody = price((campaign_of(EURO),), Basket((line("1", "a", 1000),)))
    assert (nobody.points, nobody.reasons[0].code) == ((), "no_member")
    little = price((campaign_of(EURO),), Basket((line("1", "a", 99),)), MEMBER)
    assert (little.points, little.applied, little.reasons[0].code) == ((), (), "nothing_to_save")


def test_a_part_of_a_step_counts_as_the_offer_rounds() -> None:
    for spent, down, up in ((149, 1, 1), (150, 1, 2), (199, 1, 2)):
        basket = Basket((line("1", "a", spent),))
        half_up = replace(EURO, reward=Points(1, 100, mode="half_up"))
        assert earned(price((campaign_of(EURO),), basket, MEMBER)) == [("p", down)]
        assert earned(price((campaign_of(half_up),), basket, MEMBER)) == [("p", up)]
