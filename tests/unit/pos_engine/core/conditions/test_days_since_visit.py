from __future__ import annotations

from datetime import date

import pytest

from pos_engine.core.conditions.days_since_visit import DaysSinceVisit
from pos_engine.core.member import Member
from tests.support.facts import facts_at


@pytest.mark.parametrize(
    ("condition", "last", "holds"),
    [
        (DaysSinceVisit(30), date(2026, 10, 24), True),
        (DaysSinceVisit(30), date(2026, 10, 25), False),
        (DaysSinceVisit(0, 7), date(2026, 11, 16), True),
        (DaysSinceVisit(0, 7), date(2026, 11, 15), False),
        (DaysSinceVisit(), None, False),
    ],
)
def test_days_between(condition: DaysSinceVisit, last: date | None, holds: bool) -> None:
    assert condition.answer(facts_at("2026-11-23T10:00", member=Member("m", last_visit_on=last))).yes is holds


def test_nobody_was_here() -> None:
    assert DaysSinceVisit().answer(facts_at()).code == "no_member"
