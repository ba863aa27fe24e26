from __future__ import annotations

from dataclasses import replace

from pos_engine.core.basket import Basket
from pos_engine.core.campaign import Offer
from pos_engine.core.rewards.free_product import FreeProduct
from tests.support.pricing import ALWAYS, campaign_of, line, price

CHOICE = Offer("o", "one free", ALWAYS, FreeProduct(("b", "c")))
BASKET = Basket((line("1", "a", 1000), line("2", "b", 250, 2), line("3", "c", 300)))


def free_lines(offer: Offer, basket: Basket) -> list[str]:
    return [share.line_id for share in price((campaign_of(offer),), basket).shares]


def test_the_dearest_when_nobody_chose() -> None:
    assert free_lines(CHOICE, BASKET) == ["3"]


def test_the_one_that_was_chosen() -> None:
    assert free_lines(CHOICE, replace(BASKET, chosen_products={"o": "b"})) == ["2"]
    assert free_lines(CHOICE, replace(BASKET, chosen_products={"o": "unknown"})) == ["3"]


def test_several_units() -> None:
    assert free_lines(replace(CHOICE, reward=FreeProduct(("b",), 2)), BASKET) == ["2", "2"]


def test_a_hint_when_it_is_not_in_the_basket() -> None:
    outcome = price((campaign_of(CHOICE),), Basket((line("1", "a", 1000),)))
    assert (outcome.reasons[0].code, outcome.reasons[0].params) == ("free_product_not_in_basket", {"products": "b, c"})


def test_declined() -> None:
    outcome = price((campaign_of(CHOICE),), replace(BASKET, declined_offer_ids=("o",)))
    assert (outcome.total_discount_minor, outcome.reasons[0].code) == (0, "declined")


def test_two_offers_give_two_units() -> None:
    shop = (campaign_of(CHOICE, replace(CHOICE, offer_id="p")),)
    assert price(shop, BASKET).total_discount_minor == 550
