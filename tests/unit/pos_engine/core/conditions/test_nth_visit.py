from __future__ import annotations

import pytest

from pos_engine.core.conditions.nth_visit import NthVisit
from pos_engine.core.member import Member
from tests.support.facts import facts_at


@pytest.mark.parametrize(
    ("condition", "before", "holds"),
    [
        (NthVisit(1), 0, True),
        (NthVisit(1), 1, False),
        (NthVisit(10), 9, True),
        (NthVisit(10), 19, False),
        (NthVisit(10, repeats=True), 19, True),
        (NthVisit(10, repeats=True), 18, False),
        (NthVisit(1), None, False),
    ],
)
def test_this_visit_counts(condition: NthVisit, before: int | None, holds: bool) -> None:
    assert condition.answer(facts_at(member=Member("m", visits=before))).yes is holds


def test_nobody_visits() -> None:
    assert NthVisit(1).answer(facts_at()).code == "no_member"
