from __future__ import annotations

from datetime import date

import pytest

from pos_engine.core.conditions.date_range import DateRange
from tests.support.facts import facts_at


@pytest.mark.parametrize(
    ("local", "holds"),
    [
        ("2026-11-22T23:59", False),
        ("2026-11-23T00:00", True),
        ("2026-11-25T23:59", True),
        ("2026-11-26T00:00", False),
    ],
)
def test_both_dates_belong_to_it(local: str, holds: bool) -> None:
    answer = DateRange(date(2026, 11, 23), date(2026, 11, 25)).answer(facts_at(local))
    assert answer.yes is holds
    if not holds:
        assert (answer.code, answer.params) == ("wrong_date", {"starts_on": "2026-11-23", "ends_on": "2026-11-25"})
