from __future__ import annotations

from pos_engine.core.conditions.tier import Tier
from pos_engine.core.member import Member
from tests.support.facts import facts_at


def test_one_of_those_named() -> None:
    condition = Tier(("x", "y"))
    assert condition.answer(facts_at(member=Member("m", tier="y"))).yes
    assert condition.answer(facts_at(member=Member("m", tier="z"))).code == "not_in_tier"
    assert condition.answer(facts_at()).code == "no_member"
