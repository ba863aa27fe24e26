"""The back-test: no look ahead, and in a simulated region the prediction finds more than the simple ways."""

from __future__ import annotations

import numpy as np
import pytest

from backoffice.prediction.backtest import back_test, coverage, origins_of
from backoffice.prediction.coming import came_within, chances, learn
from backoffice.prediction.fleet import FAMILIES
from backoffice.prediction.needs import needs_of
from backoffice.prediction.plan import USUAL_PLAN
from backoffice.workshop.operations import Family
from tests.support.fleets import TODAY, fleet_of
from tests.support.region import END, region

SEED = 3
VEHICLES = 3_000


def test_four_days_in_the_past_and_the_last_horizon_ends_with_the_data() -> None:
    days = origins_of(END, 90)
    assert len(days) == 4
    assert days == sorted(days)
    assert days[-1] + 90 == END


def test_what_came_later_changes_nothing_of_what_was_said_before() -> None:
    known, _truth = region(SEED, 400)
    then = END - 500
    before = known.until(then)
    assert before.done_day.max() <= then
    assert before.read_day.max() <= then
    assert before.visit_day.max() <= then
    shuffled = region(SEED, 400)[0]
    later = shuffled.done_day > then
    shuffled.done_family[later] = 0
    for one, other in zip(
        needs_of(before, then, USUAL_PLAN).families,
        needs_of(shuffled.until(then), then, USUAL_PLAN).families,
        strict=True,
    ):
        assert np.array_equal(one.chance_60, other.chance_60, equal_nan=True)


def test_it_finds_more_than_twelve_months_after_the_last_visit_and_its_chances_are_right() -> None:
    known, _truth = region(SEED, VEHICLES)
    found = {row.family: row for row in back_test(known, END, 90, USUAL_PLAN)}
    for family in (Family.SERVICE, Family.BRAKES, Family.TYRES, Family.INSPECTION):
        row = found[family]
        assert row.lift_over_baseline > 1.3, row
        assert row.lift_over_random > 2, row
        assert row.expected == pytest.approx(row.events, rel=0.25)
        assert [tenth.real for tenth in row.tenths][-1] > 2 * row.events / row.predicted


def test_most_windows_hold_where_there_are_gaps_to_learn_from() -> None:
    known, truth = region(SEED, VEHICLES)
    rows = {row.family: row for row in coverage(known, truth, END - 1_000, END, USUAL_PLAN)}
    for family in (Family.SERVICE, Family.BRAKES):
        assert rows[family].windows > 300
        assert 0.7 < rows[family].share < 0.9


def test_without_a_past_the_need_itself_is_the_chance() -> None:
    fleet = fleet_of(registered=[TODAY - 300.0], visits=[(0, TODAY - 3)])
    models = learn(fleet, TODAY, 60, USUAL_PLAN)
    assert all(model.weights is None for model in models)
    needs = needs_of(fleet, TODAY, USUAL_PLAN)
    service = FAMILIES.index(Family.SERVICE)
    assert chances(fleet, needs, models, 60)[service][0] == needs.families[service].chance_60[0]


def test_came_within_counts_the_days_after_today_to_the_last_one() -> None:
    done = [(who, Family.TYRES, TODAY + day, np.nan) for who, day in enumerate((0, 1, 60, 61))]
    fleet = fleet_of(registered=[np.nan] * 4, done=done)
    assert list(came_within(fleet, FAMILIES.index(Family.TYRES), TODAY, 60)) == [False, True, True, False]
