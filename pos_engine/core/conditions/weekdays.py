"""weekdays: the sale happens on one of these days of the week."""

from __future__ import annotations

from dataclasses import dataclass

from typing_extensions import override

from pos_engine.core.answers import YES, Answer, no
from pos_engine.core.campaign import Condition
from pos_engine.core.facts import Facts
from pos_engine.core.reasons import WRONG_WEEKDAY


@dataclass(frozen=True)
class Weekdays(Condition):
    """Monday is 0, Sunday is 6. Beside a window past midnight, the day the window began counts."""

    days: tuple[int, ...]

    @override
    def answer(self, facts: Facts) -> Answer:
        if facts.day.weekday() in self.days:
            return YES
        return no(WRONG_WEEKDAY, {"weekdays": ",".join(str(day) for day in sorted(set(self.days)))})
