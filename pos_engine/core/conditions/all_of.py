"""all: every one of several conditions must hold."""

from __future__ import annotations

from dataclasses import dataclass

from typing_extensions import override

from pos_engine.core.answers import YES, Answer, together, yes_with
from pos_engine.core.campaign import Condition
from pos_engine.core.facts import Facts
from pos_engine.core.moment import Moment


@dataclass(frozen=True)
class AllOf(Condition):
    """Holds when all conditions hold; an empty list always holds. The first "no" is the reason."""

    conditions: tuple[Condition, ...] = ()

    @override
    def answer(self, facts: Facts) -> Answer:
        standing: list[Answer] = []
        for condition in self.conditions:
            answer = condition.answer(facts)
            if answer.code:
                return answer
            if answer.needs:
                standing.append(answer)
        if len(standing) > 1:
            return yes_with(together([(answer.needs, *answer.others) for answer in standing]))
        return standing[0] if standing else YES

    @override
    def parts(self) -> tuple[Condition, ...]:
        return self.conditions

    @override
    def began_yesterday(self, moment: Moment) -> bool:
        return any(condition.began_yesterday(moment) for condition in self.conditions)
