from __future__ import annotations

from pos_engine.core.conditions.group import Group
from pos_engine.core.member import Member
from tests.support.facts import facts_at


def test_one_of_several_groups_is_enough() -> None:
    assert Group(("vip", "staff")).answer(facts_at(member=Member("m", groups=("new", "staff")))).yes


def test_nobody_and_a_stranger_get_different_reasons() -> None:
    assert Group(("vip",)).answer(facts_at()).code == "no_member"
    answer = Group(("vip", "staff")).answer(facts_at(member=Member("m", groups=("new",))))
    assert (answer.code, answer.params) == ("not_in_group", {"groups": "vip, staff"})
