"""member_known: a member's card was read."""

from __future__ import annotations

from dataclasses import dataclass

from typing_extensions import override

from pos_engine.core.answers import YES, Answer, no
from pos_engine.core.campaign import Condition
from pos_engine.core.facts import Facts
from pos_engine.core.reasons import NO_MEMBER


@dataclass(frozen=True)
class MemberKnown(Condition):
    """Any member will do."""

    @override
    def answer(self, facts: Facts) -> Answer:
        return no(NO_MEMBER) if facts.member is None else YES
