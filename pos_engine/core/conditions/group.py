"""group: the member is in one of these groups."""

from __future__ import annotations

from dataclasses import dataclass

from typing_extensions import override

from pos_engine.core.answers import YES, Answer, no
from pos_engine.core.campaign import Condition
from pos_engine.core.facts import Facts
from pos_engine.core.reasons import NO_MEMBER, NOT_IN_GROUP


@dataclass(frozen=True)
class Group(Condition):
    """A member may be in several groups; one of those named is enough."""

    groups: tuple[str, ...]

    @override
    def answer(self, facts: Facts) -> Answer:
        if facts.member is None:
            return no(NO_MEMBER)
        if any(group in facts.member.groups for group in self.groups):
            return YES
        return no(NOT_IN_GROUP, {"groups": ", ".join(self.groups)})
