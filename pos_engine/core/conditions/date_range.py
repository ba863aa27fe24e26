"""date_range: the sale's local date lies between two dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from typing_extensions import override

from pos_engine.core.answers import YES, Answer, no
from pos_engine.core.campaign import Condition
from pos_engine.core.facts import Facts
from pos_engine.core.reasons import WRONG_DATE


@dataclass(frozen=True)
class DateRange(Condition):
    """Both dates are local and inclusive; the same date twice is one day."""

    starts_on: date
    ends_on: date

    @override
    def answer(self, facts: Facts) -> Answer:
        if self.starts_on <= facts.day <= self.ends_on:
            return YES
        return no(WRONG_DATE, {"starts_on": self.starts_on.isoformat(), "ends_on": self.ends_on.isoformat()})
