"""birthday: it is around the member's birthday."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from typing_extensions import override

from pos_engine.core.answers import YES, Answer, no
from pos_engine.core.campaign import Condition
from pos_engine.core.facts import Facts
from pos_engine.core.reasons import NO_MEMBER, NOT_BIRTHDAY


@dataclass(frozen=True)
class Birthday(Condition):
    """From `days_before` the birthday to `days_after` it, both included. 29 February counts as 28 in other years."""

    days_before: int = 0
    days_after: int = 0

    @override
    def answer(self, facts: Facts) -> Answer:
        if facts.member is None:
            return no(NO_MEMBER)
        month, day = facts.member.birth_month, facts.member.birth_day
        if not month or not day:
            return no(NOT_BIRTHDAY)
        for year in (facts.day.year - 1, facts.day.year, facts.day.year + 1):
            last = monthrange(year, month)[1]
            distance = (facts.day - date(year, month, min(day, last))).days
            if -self.days_before <= distance <= self.days_after:
                return YES
        return no(NOT_BIRTHDAY)
