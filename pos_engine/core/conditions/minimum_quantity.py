"""minimum_quantity: at least so many units of the goods that count."""

from __future__ import annotations

from dataclasses import dataclass

from typing_extensions import override

from pos_engine.core.answers import YES, Answer, no
from pos_engine.core.campaign import Condition
from pos_engine.core.facts import Facts
from pos_engine.core.offer_parts import Selector
from pos_engine.core.reasons import MISSING_UNITS


@dataclass(frozen=True)
class MinimumQuantity(Condition):
    """A weighed article is one unit. A unit that the same offer gives for free never counts."""

    quantity: int
    selector: Selector = Selector()

    @override
    def answer(self, facts: Facts) -> Answer:
        missing = self.quantity - len(facts.counted(self.selector))
        return YES if missing <= 0 else no(MISSING_UNITS, {"missing": missing})

    @override
    def selectors(self) -> tuple[Selector, ...]:
        return (self.selector,)

    @override
    def follows_discounts(self) -> bool:
        return False
