"""How far vehicles are driven in a day, out of readings that are few and sometimes wrong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from backoffice.prediction.driving import PRIOR_KM_PER_DAY, driving_of, prior
from tests.support.fleets import TODAY, fleet_of


def test_an_unread_vehicle_is_driven_like_others_of_its_age() -> None:
    mean, _tau = prior(np.array([3.0, 5.0, 8.0, 20.0, np.nan]))
    assert np.exp(mean) == pytest.approx([43, 40, 37, 37, 40])
    assert PRIOR_KM_PER_DAY[0] == (16.0, 43.0, 88.0)
    driving = driving_of(fleet_of(registered=[np.nan]), TODAY)
    assert driving.km_per_day[0] == pytest.approx(40)
    assert np.isnan(driving.odometer(TODAY)[0])


def test_its_own_rate_counts_the_more_the_longer_it_was_watched() -> None:
    short = fleet_of(registered=[np.nan], readings=[(0, TODAY - 100, 10_000), (0, TODAY, 20_000)])
    long = fleet_of(registered=[np.nan], readings=[(0, TODAY - 1_000, 10_000), (0, TODAY, 110_000)])
    one, other = (driving_of(each, TODAY).km_per_day[0] for each in (short, long))
    assert 40 < one < other < 100
    assert other == pytest.approx(92, abs=4)


def test_the_first_registration_is_a_reading_of_zero() -> None:
    driving = driving_of(fleet_of(registered=[TODAY - 900], readings=[(0, TODAY, 9_000)]), TODAY)
    assert driving.km_per_day[0] < 15
    assert driving.readings[0] == 1


@pytest.mark.parametrize("wrong", [(TODAY - 300, 1_200), (TODAY - 300, 900_000), (TODAY, 4_000)])
def test_a_reading_that_contradicts_the_others_is_left_out(wrong: tuple[int, float]) -> None:
    right = [(0, TODAY - 1_000, 10_000.0), (0, TODAY - 500, 25_000.0), (0, TODAY - 100, 37_000.0)]
    clean = driving_of(fleet_of(registered=[np.nan], readings=right), TODAY)
    spoilt = driving_of(fleet_of(registered=[np.nan], readings=[*right, (0, *wrong)]), TODAY)
    assert spoilt.km_per_day[0] == clean.km_per_day[0]
    assert spoilt.odometer(TODAY)[0] == clean.odometer(TODAY)[0] == pytest.approx(40_000, rel=0.01)


def test_a_vehicle_that_stands_is_still_predicted() -> None:
    driving = driving_of(fleet_of(registered=[np.nan], readings=[(0, TODAY - 800, 5_000), (0, TODAY, 5_000)]), TODAY)
    assert 0 < driving.km_per_day[0] < 5


def test_vehicles_of_a_segment_share_what_is_known_of_it() -> None:
    vans = [(who, TODAY - 1_000 * (1 - end), 5_000 + 120_000 * end) for who in range(1, 60) for end in (0, 1)]
    fleet = fleet_of(registered=[np.nan] * 60, readings=vans)
    alone = driving_of(replace(fleet, segment=np.arange(60)), TODAY).km_per_day[0]
    among = driving_of(fleet, TODAY).km_per_day[0]
    assert alone == pytest.approx(40)
    assert among > 70
