from __future__ import annotations

from dataclasses import replace

from pos_engine.core.basket import Basket
from pos_engine.core.campaign import Offer
from pos_engine.core.offer_parts import Limits
from pos_engine.core.rewards.amount import Amount
from pos_engine.core.usage import OfferLeft, Usage
from tests.support.pricing import ALWAYS, campaign_of, line, price

ONCE = Offer("o", "3 off", ALWAYS, Amount(300))
EACH = Offer("o", "3 off each", ALWAYS, Amount(300, "unit"))


def test_once_it_is_spread_by_value() -> None:
    outcome = price((campaign_of(ONCE),), Basket((line("1", "a", 2000), line("2", "b", 1000))))
    assert [row.discount_minor for row in outcome.lines] == [200, 100]
    assert outcome.applied[0].uses == 1


def test_never_more_than_the_goods_cost() -> None:
    outcome = price((campaign_of(ONCE),), Basket((line("1", "a", 120), line("2", "b", 30))))
    assert (outcome.total_discount_minor, outcome.total_due_minor) == (150, 0)
    outcome = price((campaign_of(EACH),), Basket((line("1", "a", 120), line("2", "b", 1000))))
    assert [row.discount_minor for row in outcome.lines] == [120, 300]


def test_every_unit_is_one_use_and_the_dearest_go_first() -> None:
    basket = Basket((line("1", "a", 100, 3), line("2", "b", 900, 2)))
    outcome = price((campaign_of(replace(EACH, limits=Limits(uses_per_receipt=3))),), basket)
    assert outcome.applied[0].uses == 3
    assert [row.discount_minor for row in outcome.lines] == [100, 600]


def test_what_a_member_has_left_counts() -> None:
    basket = Basket((line("1", "a", 900, 5),))
    limited = replace(EACH, limits=Limits(uses_per_member=5))
    usage = Usage({"o": OfferLeft(member_uses=2)})
    assert price((campaign_of(limited),), basket, usage=usage).applied[0].uses == 2
    gone = price((campaign_of(limited),), basket, usage=Usage({"o": OfferLeft(member_uses=0)}))
    assert gone.reasons[0].code == "limit_member"


def test_only_so_many_units() -> None:
    basket = Basket(tuple(line(str(cost), "a", cost) for cost in (1000, 200, 300)))
    two = Offer("o", "n", ALWAYS, Amount(50, "unit", 2))
    assert [row.discount_minor for row in price((campaign_of(two),), basket).lines] == [0, 50, 50]
    dearest = Offer("o", "n", ALWAYS, Amount(50, "offer", 1, "dearest"))
    assert [row.discount_minor for row in price((campaign_of(dearest),), basket).lines] == [50, 0, 0]
