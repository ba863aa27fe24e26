from __future__ import annotations

from pos_engine.core.conditions.member_known import MemberKnown
from pos_engine.core.member import Member
from tests.support.facts import facts_at


def test_anybody_whose_card_was_read() -> None:
    assert MemberKnown().answer(facts_at(member=Member("m"))).yes
    assert MemberKnown().answer(facts_at()).code == "no_member"
