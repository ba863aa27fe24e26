"""not: a condition must not hold."""

from __future__ import annotations

from dataclasses import dataclass

from typing_extensions import override

from pos_engine.core.answers import YES, Answer, no
from pos_engine.core.campaign import Condition
from pos_engine.core.facts import Facts
from pos_engine.core.reasons import EXCLUDED


@dataclass(frozen=True)
class NotOne(Condition):
    """Holds when the inner condition does not, also not as the late part of a window that began yesterday.

    No coupon is ever redeemed because it is *not* wanted.
    """

    condition: Condition

    @override
    def answer(self, facts: Facts) -> Answer:
        if self.condition.answer(facts).yes:
            return no(EXCLUDED)
        if self.condition.began_yesterday(facts.moment) and self.condition.answer(facts.on(facts.yesterday)).yes:
            return no(EXCLUDED)
        return YES

    @override
    def parts(self) -> tuple[Condition, ...]:
        return (self.condition,)
