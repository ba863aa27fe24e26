"""card_technology: the card that was read is of one of these kinds."""

from __future__ import annotations

from dataclasses import dataclass

from typing_extensions import override

from pos_engine.core.answers import YES, Answer, no
from pos_engine.core.campaign import Condition
from pos_engine.core.facts import Facts
from pos_engine.core.reasons import NO_MEMBER, WRONG_CARD


@dataclass(frozen=True)
class CardTechnology(Condition):
    """Such as a newer chip that a shop wants its customers to change to."""

    technologies: tuple[str, ...]

    @override
    def answer(self, facts: Facts) -> Answer:
        if facts.member is None:
            return no(NO_MEMBER)
        return YES if facts.member.card_technology in self.technologies else no(WRONG_CARD)
