from __future__ import annotations

from pos_engine.core.basket import Basket
from pos_engine.core.conditions.store import Store
from tests.support.facts import facts_at


def test_one_of_the_stores() -> None:
    condition = Store(("s1", "s2"))
    assert condition.answer(facts_at(basket=Basket(store_id="s2"))).yes
    assert condition.answer(facts_at(basket=Basket(store_id="s3"))).code == "wrong_store"
