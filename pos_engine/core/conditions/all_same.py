"""all_same: so many units that are alike: "three of the same wine", "two of one brand"."""

from __future__ import annotations

from dataclasses import dataclass

from typing_extensions import override

from pos_engine.core.answers import YES, Answer, no
from pos_engine.core.campaign import Condition
from pos_engine.core.facts import Facts
from pos_engine.core.kinship import Likeness, likeness_counts
from pos_engine.core.offer_parts import Selector
from pos_engine.core.reasons import MISSING_SAME


@dataclass(frozen=True)
class AllSame(Condition):
    """At least `count` of the units that `selector` counts have the same `by`; a unit that has none is like no other.

    by attribute: the value of `attribute`, as `red` in `colour=red`. A unit that the same offer gives for free never
    counts.
    """

    count: int
    selector: Selector = Selector()
    by: Likeness = "product"
    attribute: str = ""

    @override
    def answer(self, facts: Facts) -> Answer:
        counts = likeness_counts(facts, self.selector, self.by, self.attribute)
        missing = self.count - max(counts.values(), default=0)
        return YES if missing <= 0 else no(MISSING_SAME, {"missing": missing})

    @override
    def selectors(self) -> tuple[Selector, ...]:
        return (self.selector,)

    @override
    def follows_discounts(self) -> bool:
        return False
