"""nth_visit: it is the member's first visit, the tenth, or every tenth."""

from __future__ import annotations

from dataclasses import dataclass

from typing_extensions import override

from pos_engine.core.answers import YES, Answer, no
from pos_engine.core.campaign import Condition
from pos_engine.core.facts import Facts
from pos_engine.core.reasons import NO_MEMBER, OTHER_VISIT


@dataclass(frozen=True)
class NthVisit(Condition):
    """`number` 1 is the first visit. `repeats`: also on every multiple of it.

    Visits before this one come with the member.
    """

    number: int
    repeats: bool = False

    @override
    def answer(self, facts: Facts) -> Answer:
        if facts.member is None:
            return no(NO_MEMBER)
        visits = facts.member.visits
        if visits is not None:
            this = visits + 1
            if this == self.number or (self.repeats and this % self.number == 0):
                return YES
        return no(OTHER_VISIT, {"visit": self.number})
