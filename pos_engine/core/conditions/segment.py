"""segment: the member is in one of these segments."""

from __future__ import annotations

from dataclasses import dataclass

from typing_extensions import override

from pos_engine.core.answers import YES, Answer, no
from pos_engine.core.campaign import Condition
from pos_engine.core.facts import Facts
from pos_engine.core.reasons import NO_MEMBER, NOT_IN_SEGMENT


@dataclass(frozen=True)
class Segment(Condition):
    """Segments are worked out by the office; the till knows their names only."""

    segments: tuple[str, ...]

    @override
    def answer(self, facts: Facts) -> Answer:
        if facts.member is None:
            return no(NO_MEMBER)
        return YES if any(name in facts.member.segments for name in self.segments) else no(NOT_IN_SEGMENT)
