from __future__ import annotations

from pos_engine.core.conditions.weekdays import Weekdays
from tests.support.facts import facts_at


def test_monday_is_zero() -> None:
    assert Weekdays((0,)).answer(facts_at("2026-11-23T00:00")).yes
    assert Weekdays((6,)).answer(facts_at("2026-11-22T23:59")).yes


def test_the_other_days_are_named() -> None:
    answer = Weekdays((4, 0, 4)).answer(facts_at("2026-11-24T10:00"))
    assert (answer.code, answer.params) == ("wrong_weekday", {"weekdays": "0,4"})
