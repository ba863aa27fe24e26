"""days_since_visit: the member was here last so many days ago."""

from __future__ import annotations

from dataclasses import dataclass

from typing_extensions import override

from pos_engine.core.answers import YES, Answer, no
from pos_engine.core.campaign import Condition
from pos_engine.core.facts import Facts
from pos_engine.core.reasons import NO_MEMBER, OTHER_LAST_VISIT


@dataclass(frozen=True)
class DaysSinceVisit(Condition):
    """At least `days_min` and at most `days_max` (None: any number) days after the last visit.

    A member who never came: no.
    """

    days_min: int = 0
    days_max: int | None = None

    @override
    def answer(self, facts: Facts) -> Answer:
        if facts.member is None:
            return no(NO_MEMBER)
        last = facts.member.last_visit_on
        if last is not None:
            days = (facts.moment.local_date - last).days
            if self.days_min <= days and (self.days_max is None or days <= self.days_max):
                return YES
        return no(OTHER_LAST_VISIT)
