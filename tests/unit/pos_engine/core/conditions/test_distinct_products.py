from __future__ import annotations

from pos_engine.core.basket import Basket
from pos_engine.core.conditions.distinct_products import DistinctProducts
from pos_engine.core.offer_parts import Selector
from tests.support.facts import facts_at
from tests.support.pricing import line


def test_products_and_not_units_count() -> None:
    basket = Basket((line("1", "a", 100, 5), line("2", "c", 100), line("3", "a", 90)))
    assert DistinctProducts(2).answer(facts_at(basket=basket)).yes
    answer = DistinctProducts(2, Selector(categories=("food",))).answer(facts_at(basket=basket))
    assert (answer.code, answer.params) == ("missing_products", {"missing": 1})
