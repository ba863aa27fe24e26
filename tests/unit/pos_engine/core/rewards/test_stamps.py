from __future__ import annotations

from pos_engine.core.basket import Basket
from pos_engine.core.campaign import Offer
from pos_engine.core.member import Member
from pos_engine.core.offer_parts import Selector
from pos_engine.core.outcome import PointsShare, StampsGrant
from pos_engine.core.rewards.stamps import Stamps
from tests.support.pricing import ALWAYS, campaign_of, line, price

BASKET = Basket((line("1", "c", 300, 2), line("2", "a", 200)))


def test_a_stamp_per_coffee() -> None:
    offer = Offer("o", "tenth free", ALWAYS, Stamps("coffee", 1, "unit"), Selector(products=("c",)), "points")
    outcome = price((campaign_of(offer),), BASKET, Member("m"))
    shares = (PointsShare("1", 0, 1), PointsShare("1", 1, 1))
    assert outcome.stamps == (StampsGrant("c1", 1, "o", "coffee", 2, shares),)
    assert (outcome.reasons[0].code, outcome.reasons[0].params) == ("stamps_earned", {"stamps": 2})


def test_two_stamps_a_visit_for_members() -> None:
    offer = Offer("o", "visits", ALWAYS, Stamps("visits", 2), phase="points")
    assert price((campaign_of(offer),), BASKET, Member("m")).stamps[0].stamps == 2
    assert price((campaign_of(offer),), BASKET).stamps == ()
