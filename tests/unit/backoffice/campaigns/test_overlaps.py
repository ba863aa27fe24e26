"""When two campaigns can give something at the same time."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from backoffice.campaigns.form import CampaignForm
from backoffice.campaigns.overlaps import shared_days

MONDAY, SUNDAY = date(2026, 11, 2), date(2026, 11, 29)


def a_form(**fields: Any) -> CampaignForm:
    return CampaignForm(**{"starts_on": MONDAY, "ends_on": SUNDAY, **fields})


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ({}, {}, (MONDAY, SUNDAY)),
        ({}, {"starts_on": date(2026, 11, 30), "ends_on": date(2026, 12, 6)}, None),
        ({"ends_on": date(2026, 11, 10)}, {"starts_on": date(2026, 11, 10)}, (date(2026, 11, 10), date(2026, 11, 10))),
        ({"weekdays": (0,)}, {"weekdays": (1,)}, None),
        ({"weekdays": (0, 4)}, {"weekdays": (4, 5)}, (date(2026, 11, 6), date(2026, 11, 27))),
        ({"weekdays": (6,), "ends_on": date(2026, 11, 7)}, {}, None),
        ({"store_ids": ("a",)}, {"store_ids": ("b",)}, None),
        ({"store_ids": ("a",)}, {}, (MONDAY, SUNDAY)),
        ({"from_minute": 600, "until_minute": 720}, {"from_minute": 720, "until_minute": 800}, None),
        ({"from_minute": 600, "until_minute": 721}, {"from_minute": 720}, (MONDAY, SUNDAY)),
        ({"from_minute": 1320, "until_minute": 120}, {"from_minute": 60, "until_minute": 90}, (MONDAY, SUNDAY)),
        ({"from_minute": 1320, "until_minute": 120}, {"from_minute": 120, "until_minute": 1320}, None),
    ],
)
def test_shared_days(one: dict[str, Any], other: dict[str, Any], shared: tuple[date, date] | None) -> None:
    assert shared_days(a_form(**one), a_form(**other)) == shared
    assert shared_days(a_form(**other), a_form(**one)) == shared
