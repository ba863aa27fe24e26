from __future__ import annotations

from pos_engine.core.conditions.segment import Segment
from pos_engine.core.member import Member
from tests.support.facts import facts_at


def test_one_of_those_named() -> None:
    condition = Segment(("x", "y"))
    assert condition.answer(facts_at(member=Member("m", segments=("a", "y")))).yes
    assert condition.answer(facts_at(member=Member("m", segments=("a",)))).code == "not_in_segment"
    assert condition.answer(facts_at()).code == "no_member"
