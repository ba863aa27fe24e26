"""tier: the member has one of these tiers."""

from __future__ import annotations

from dataclasses import dataclass

from typing_extensions import override

from pos_engine.core.answers import YES, Answer, no
from pos_engine.core.campaign import Condition
from pos_engine.core.facts import Facts
from pos_engine.core.reasons import NO_MEMBER, NOT_IN_TIER


@dataclass(frozen=True)
class Tier(Condition):
    """The tier that the member has at this moment, by name."""

    tiers: tuple[str, ...]

    @override
    def answer(self, facts: Facts) -> Answer:
        if facts.member is None:
            return no(NO_MEMBER)
        return YES if facts.member.tier in self.tiers else no(NOT_IN_TIER, {"tiers": ", ".join(self.tiers)})
