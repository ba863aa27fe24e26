"""minimum_spend: the goods that count are worth at least an amount."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from typing_extensions import override

from pos_engine.core.answers import YES, Answer, no
from pos_engine.core.campaign import Condition
from pos_engine.core.facts import Facts
from pos_engine.core.offer_parts import Selector
from pos_engine.core.reasons import MISSING_SPEND


@dataclass(frozen=True)
class MinimumSpend(Condition):
    """`amount_minor` is reached by the units that `selector` counts (price-fixed goods too, deposits never).

    measured before: at shelf prices. measured after: on what the earlier phases left. A unit that the same offer gives
    for free never counts.
    """

    amount_minor: int
    selector: Selector = Selector()
    measured: Literal["before", "after"] = "before"

    @override
    def answer(self, facts: Facts) -> Answer:
        spend = facts.spend_minor(self.selector, before=self.measured == "before")
        if spend >= self.amount_minor:
            return YES
        return no(MISSING_SPEND, {"missing_minor": self.amount_minor - spend, "minimum_minor": self.amount_minor})

    @override
    def selectors(self) -> tuple[Selector, ...]:
        return (self.selector,)

    @override
    def follows_discounts(self) -> bool:
        return self.measured == "after"
