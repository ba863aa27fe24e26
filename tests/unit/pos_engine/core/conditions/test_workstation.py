from __future__ import annotations

from pos_engine.core.basket import Basket
from pos_engine.core.conditions.workstation import Workstation
from tests.support.facts import facts_at


def test_one_of_those_named() -> None:
    condition = Workstation(("x", "y"))
    assert condition.answer(facts_at(basket=Basket(workstation_id="y"))).yes
    assert condition.answer(facts_at(basket=Basket(workstation_id="z"))).code == "wrong_workstation"
