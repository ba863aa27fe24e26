from __future__ import annotations

from pos_engine.core.conditions.card_technology import CardTechnology
from pos_engine.core.member import Member
from tests.support.facts import facts_at


def test_one_of_those_named() -> None:
    condition = CardTechnology(("x", "y"))
    assert condition.answer(facts_at(member=Member("m", card_technology="y"))).yes
    assert condition.answer(facts_at(member=Member("m", card_technology="z"))).code == "wrong_card"
    assert condition.answer(facts_at()).code == "no_member"
