"""When a vehicle needs what: whichever comes first, from what was last done."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from backoffice.prediction.fleet import FAMILIES
from backoffice.prediction.needs import DONE, NEW_CAR, PAPERS, UNKNOWN, FamilyNeeds, needs_of
from backoffice.prediction.plan import USUAL_PLAN, Interval
from backoffice.prediction.wear import GAPS_MIN, OF_THE_PLAN, fit
from backoffice.workshop.operations import Family
from tests.support.fleets import TODAY, fleet_of

NAN = float("nan")


def family(needs: tuple[FamilyNeeds, ...], which: Family) -> FamilyNeeds:
    return needs[FAMILIES.index(which)]


def test_brakes_by_kilometres_before_their_months_are_over() -> None:
    """Changed at 62,300 km, today about 91,000, plan 30,000 km or 24 months: in some weeks."""
    changed = TODAY - 600
    fleet = fleet_of(
        registered=[NAN],
        readings=[(0, changed, 62_300), (0, TODAY, 91_000)],
        done=[(0, Family.BRAKES, changed, 62_300)],
    )
    needs = needs_of(fleet, TODAY, USUAL_PLAN)
    brakes = family(needs.families, Family.BRAKES)
    assert brakes.basis[0] == DONE
    days_left = 1_300 / needs.driving.km_per_day[0]
    assert brakes.due_day[0] == pytest.approx(TODAY + days_left)
    assert 20 < days_left < 45
    assert brakes.used[0] == pytest.approx(28_700 / 30_000)
    assert TODAY < brakes.early_day[0] < brakes.late_day[0]
    assert 0 < brakes.chance_60[0] < brakes.chance_90[0] < 1


def test_by_months_where_it_is_hardly_driven() -> None:
    done = date(2025, 1, 2).toordinal()
    fleet = fleet_of(
        registered=[NAN], readings=[(0, done, 9_000), (0, TODAY, 11_000)], done=[(0, Family.BRAKES, done, NAN)]
    )
    due = family(needs_of(fleet, TODAY, USUAL_PLAN).families, Family.BRAKES).due_day[0]
    assert due == pytest.approx(date(2027, 1, 2).toordinal(), abs=2)


def test_what_was_never_done_here_counts_from_new_until_it_must_have_been_done_elsewhere() -> None:
    fleet = fleet_of(registered=[TODAY - 300, TODAY - 4_000], visits=[(0, TODAY - 10), (1, TODAY - 10)])
    service = family(needs_of(fleet, TODAY, USUAL_PLAN).families, Family.SERVICE)
    assert list(service.basis) == [NEW_CAR, UNKNOWN]
    assert np.isnan(service.due_day[1])
    assert np.isnan(service.chance_60[1])


def test_no_window_is_said_where_earlier_work_is_unknown() -> None:
    fleet = fleet_of(registered=[TODAY - 500, TODAY - 500], visits=[(0, TODAY - 400), (1, TODAY - 10)])
    brakes = family(needs_of(fleet, TODAY, USUAL_PLAN).families, Family.BRAKES)
    assert np.isfinite(brakes.late_day[0])
    assert np.isnan(brakes.late_day[1])
    assert np.isfinite(brakes.chance_60).all()


def test_the_papers_say_when_the_inspection_is_due_unless_it_was_done_since() -> None:
    later = float(TODAY + 100)
    fleet = fleet_of(
        registered=[NAN, NAN], papers=[later, float(TODAY - 30)], done=[(1, Family.INSPECTION, TODAY - 20, NAN)]
    )
    inspection = family(needs_of(fleet, TODAY, USUAL_PLAN).families, Family.INSPECTION)
    assert list(inspection.basis) == [PAPERS, DONE]
    assert inspection.due_day[0] == pytest.approx(later)
    assert inspection.due_day[1] == pytest.approx(TODAY - 20 + 730.5)


def test_nothing_is_said_of_a_vehicle_nobody_knows_anything_of() -> None:
    needs = needs_of(fleet_of(registered=[NAN]), TODAY, USUAL_PLAN)
    assert all(each.basis[0] == UNKNOWN and np.isnan(each.due_day[0]) for each in needs.families)


def test_chances_never_fall_with_time_and_windows_are_in_order() -> None:
    chance = np.random.default_rng(7)
    count = 500
    done = [(who, each, TODAY - int(chance.integers(1, 900)), NAN) for who in range(count) for each in FAMILIES]
    readings = [(who, TODAY - int(chance.integers(1, 900)), float(chance.integers(1, 200_000))) for who in range(count)]
    fleet = fleet_of(registered=[TODAY - 2_000.0] * count, readings=readings, done=done)
    for each in needs_of(fleet, TODAY, USUAL_PLAN).families:
        known = each.known & np.isfinite(each.late_day)
        assert known.any()
        assert (each.chance_60[known] <= each.chance_90[known]).all()
        assert (each.early_day[known] <= each.late_day[known]).all()
        assert (each.early_day[known] >= TODAY).all()


def test_the_curve_of_known_gaps_is_found_again_with_open_ones_among_them() -> None:
    chance = np.random.default_rng(11)
    real = 1.05 * chance.weibull(6.0, 20_000)
    stopped = chance.uniform(0, 1.5, 20_000)
    found = fit(np.minimum(real, stopped), real <= stopped)
    assert found.shape == pytest.approx(6.0, rel=0.05)
    assert found.scale == pytest.approx(1.05, rel=0.01)


def test_with_few_gaps_the_plan_counts() -> None:
    assert fit(np.full(GAPS_MIN - 1, 0.5), np.ones(GAPS_MIN - 1, bool)) == OF_THE_PLAN
    assert OF_THE_PLAN.median == pytest.approx(1.0, abs=0.01)


def test_an_interval_that_never_ends_is_refused() -> None:
    for months, km in ((None, None), (0, None), (None, -1), (12, -1)):
        with pytest.raises(ValueError, match="interval"):
            Interval(months, km)
