"""all: every one of several conditions must hold."""

from __future__ import annotations

from dataclasses import dataclass

from typing_extensions import override

from pos_engine.core.answers import YES, Answer, CouponNeed
from pos_engine.core.campaign import Condition
from pos_engine.core.facts import Facts
from pos_engine.core.moment import Moment


@dataclass(frozen=True)
class AllOf(Condition):
    """Holds when all conditions hold; an empty list always holds. The first "no" is the reason."""

    conditions: tuple[Condition, ...] = ()

    @override
    def answer(self, facts: Facts) -> Answer:
        needs: list[CouponNeed] = []
        for condition in self.conditions:
            answer = condition.answer(facts)
            if answer.code:
                return answer
            for need in answer.needs:
                if need not in needs:
                    needs.append(need)
        return Answer(needs=tuple(needs)) if needs else YES

    @override
    def parts(self) -> tuple[Condition, ...]:
        return self.conditions

    @override
    def began_yesterday(self, moment: Moment) -> bool:
        return any(condition.began_yesterday(moment) for condition in self.conditions)
