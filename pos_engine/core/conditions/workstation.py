"""workstation: the sale happens at one of these tills."""

from __future__ import annotations

from dataclasses import dataclass

from typing_extensions import override

from pos_engine.core.answers import YES, Answer, no
from pos_engine.core.campaign import Condition
from pos_engine.core.facts import Facts
from pos_engine.core.reasons import WRONG_WORKSTATION


@dataclass(frozen=True)
class Workstation(Condition):
    """Workstation ids as the organisation numbers them."""

    workstation_ids: tuple[str, ...]

    @override
    def answer(self, facts: Facts) -> Answer:
        return YES if facts.basket.workstation_id in self.workstation_ids else no(WRONG_WORKSTATION)
