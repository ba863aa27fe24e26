from __future__ import annotations

from pos_engine.core.basket import Basket
from pos_engine.core.conditions.tender import Tender
from tests.support.facts import facts_at


def test_one_of_those_named() -> None:
    condition = Tender(("x", "y"))
    assert condition.answer(facts_at(basket=Basket(tender="y"))).yes
    assert condition.answer(facts_at(basket=Basket(tender="z"))).code == "wrong_tender"
