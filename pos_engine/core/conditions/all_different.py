"""all_different: so many units of which no two are alike: "three wines of different vineyards"."""

from __future__ import annotations

from dataclasses import dataclass

from typing_extensions import override

from pos_engine.core.answers import YES, Answer, no
from pos_engine.core.campaign import Condition
from pos_engine.core.facts import Facts
from pos_engine.core.kinship import Likeness, likeness_counts
from pos_engine.core.offer_parts import Selector
from pos_engine.core.reasons import MISSING_DIFFERENT


@dataclass(frozen=True)
class AllDifferent(Condition):
    """Among the units that `selector` counts there are `count` of which no two have the same `by`.

    by attribute: the value of `attribute`, as `red` in `colour=red`. A unit that has no value counts for nothing, and
    so does a unit that the same offer gives for free.
    """

    count: int
    selector: Selector = Selector()
    by: Likeness = "product"
    attribute: str = ""

    @override
    def answer(self, facts: Facts) -> Answer:
        missing = self.count - len(likeness_counts(facts, self.selector, self.by, self.attribute))
        return YES if missing <= 0 else no(MISSING_DIFFERENT, {"missing": missing})

    @override
    def selectors(self) -> tuple[Selector, ...]:
        return (self.selector,)

    @override
    def follows_discounts(self) -> bool:
        return False
