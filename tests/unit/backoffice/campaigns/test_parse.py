"""What the fields of the campaign page mean."""

from __future__ import annotations

from datetime import date

import pytest
from werkzeug.datastructures import MultiDict

from backoffice.campaigns.parse import parse_form
from backoffice.campaigns.presets import PRESETS, form_of_preset

TODAY = date(2026, 11, 23)
DATES = (("name", "Bread"), ("starts_on", "2026-11-23"), ("ends_on", "2026-12-24"))


@pytest.mark.parametrize("preset", [preset.code for preset in PRESETS if preset.kind != "next_visit"])
def test_a_form_that_does_not_ask_for_days_keeps_them(preset: str) -> None:
    stored = form_of_preset(preset, TODAY)
    assert stored is not None
    fields = MultiDict([*DATES, ("percent", "10")])
    form, problems = parse_form(fields, stored, "EUR")
    assert problems == []
    assert (form.valid_from_days, form.valid_for_days) == (stored.valid_from_days, stored.valid_for_days)


def test_days_that_are_asked_for_and_left_empty_are_a_problem() -> None:
    stored = form_of_preset("next_visit", TODAY)
    assert stored is not None
    fields = MultiDict([*DATES, ("valid_from_days", "1"), ("valid_for_days", "")])
    _form, problems = parse_form(fields, stored, "EUR")
    assert [problem.field for problem in problems] == ["valid_for_days"]
