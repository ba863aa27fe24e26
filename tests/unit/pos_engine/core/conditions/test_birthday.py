from __future__ import annotations

import pytest

from pos_engine.core.conditions.birthday import Birthday
from pos_engine.core.member import Member
from tests.support.facts import facts_at


@pytest.mark.parametrize(
    ("day", "month_day", "holds"),
    [
        ("2026-11-23", (11, 23), True),
        ("2026-11-20", (11, 23), True),
        ("2026-11-19", (11, 23), False),
        ("2026-11-25", (11, 23), True),
        ("2026-11-26", (11, 23), False),
        ("2026-12-30", (1, 1), True),
        ("2027-01-01", (12, 31), True),
        ("2026-02-28", (2, 29), True),
        ("2028-02-26", (2, 29), True),
        ("2026-11-23", (0, 0), False),
    ],
)
def test_from_three_days_before_to_two_days_after(day: str, month_day: tuple[int, int], holds: bool) -> None:
    member = Member("m", birth_month=month_day[0], birth_day=month_day[1])
    assert Birthday(3, 2).answer(facts_at(f"{day}T10:00", member=member)).yes is holds


def test_nobody_has_no_birthday() -> None:
    assert Birthday().answer(facts_at()).code == "no_member"
