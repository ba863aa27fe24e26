"""any: at least one of several conditions must hold."""

from __future__ import annotations

from dataclasses import dataclass

from typing_extensions import override

from pos_engine.core.answers import WAYS_MAX, YES, Answer, no, yes_with
from pos_engine.core.campaign import Condition
from pos_engine.core.facts import Facts
from pos_engine.core.moment import Moment
from pos_engine.core.reasons import EXCLUDED, HINTS


@dataclass(frozen=True)
class AnyOf(Condition):
    """Holds when one condition holds; an empty list never does.

    A "yes" that needs no coupon is preferred, so that no coupon is redeemed needlessly; then the order of the list
    counts. The reason of a "no" is the first that the customer can change now, else the first.
    """

    conditions: tuple[Condition, ...] = ()

    @override
    def answer(self, facts: Facts) -> Answer:
        answers = [condition.answer(facts) for condition in self.conditions]
        yes = [answer for answer in answers if answer.yes]
        if yes:
            if any(not answer.needs for answer in yes):
                return YES
            if len(yes) == 1:
                return yes[0]
            ways = dict.fromkeys(way for answer in yes for way in (answer.needs, *answer.others))
            return yes_with(list(ways)[:WAYS_MAX])
        for answer in answers:
            if answer.code in HINTS:
                return answer
        return answers[0] if answers else no(EXCLUDED)

    @override
    def parts(self) -> tuple[Condition, ...]:
        return self.conditions

    @override
    def began_yesterday(self, moment: Moment) -> bool:
        return any(condition.began_yesterday(moment) for condition in self.conditions)
