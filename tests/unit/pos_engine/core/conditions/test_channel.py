from __future__ import annotations

from pos_engine.core.basket import Basket
from pos_engine.core.conditions.channel import Channel
from tests.support.facts import facts_at


def test_one_of_those_named() -> None:
    condition = Channel(("x", "y"))
    assert condition.answer(facts_at(basket=Basket(channel="y"))).yes
    assert condition.answer(facts_at(basket=Basket(channel="z"))).code == "wrong_channel"
