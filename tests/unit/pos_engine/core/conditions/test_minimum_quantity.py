from __future__ import annotations

from pos_engine.core.basket import Basket
from pos_engine.core.campaign import Offer
from pos_engine.core.conditions.minimum_quantity import MinimumQuantity
from pos_engine.core.offer_parts import Selector
from pos_engine.core.rewards.free_product import FreeProduct
from tests.support.facts import facts_at
from tests.support.pricing import campaign_of, line, price


def test_units_of_the_goods_that_count() -> None:
    basket = Basket((line("1", "a", 100, 2), line("2", "c", 100)))
    assert MinimumQuantity(3).answer(facts_at(basket=basket)).yes
    answer = MinimumQuantity(3, Selector(products=("a",))).answer(facts_at(basket=basket))
    assert (answer.code, answer.params) == ("missing_units", {"missing": 1})


def test_a_free_unit_does_not_earn_itself() -> None:
    offer = Offer("o", "third free", MinimumQuantity(2, Selector(products=("a",))), FreeProduct(("a",)))
    assert price((campaign_of(offer),), Basket((line("1", "a", 100, 2),))).total_discount_minor == 0
    assert price((campaign_of(offer),), Basket((line("1", "a", 100, 3),))).total_discount_minor == 100
