"""tender: the purchase is settled in one of these ways."""

from __future__ import annotations

from dataclasses import dataclass

from typing_extensions import override

from pos_engine.core.answers import YES, Answer, no
from pos_engine.core.campaign import Condition
from pos_engine.core.facts import Facts
from pos_engine.core.reasons import WRONG_TENDER


@dataclass(frozen=True)
class Tender(Condition):
    """Names of tenders as the register gives them; before it is known, the answer is no."""

    tenders: tuple[str, ...]

    @override
    def answer(self, facts: Facts) -> Answer:
        return YES if facts.basket.tender in self.tenders else no(WRONG_TENDER, {"tenders": ", ".join(self.tenders)})
