"""Who comes again, on shops whose customers behave as the model says, and on one whose customers do not."""

from __future__ import annotations

import numpy as np
import pytest

from backoffice.measurement.buy_till_you_die import BgNbd, Customers
from backoffice.measurement.outlook import (
    AHEAD_DAYS,
    CUSTOMERS_MIN,
    Check,
    Part,
    Visits,
    check_of,
    customers_at,
    outlook_of,
)

LAST_DAY = 400
TRUE = BgNbd(r=1.0, alpha=4.0, a=0.6, b=3.0, log_likelihood=0.0)
"""In weeks: about a visit in four weeks, and one in six leaves for good after each."""


def shop(count: int, *, seed: int = 20_261_122, closes_on: int = LAST_DAY) -> Visits:
    """Customers as the model has them, who first come within the first 150 days; nobody comes after `closes_on`."""
    chance = np.random.default_rng(seed)
    seen = set()
    for who in range(count):
        rate = chance.gamma(TRUE.r, 1 / TRUE.alpha) / 7
        leaves = chance.beta(TRUE.a, TRUE.b)
        day = float(chance.integers(1, 150))
        seen.add((who, int(day)))
        while (day := day + chance.exponential(1 / rate)) <= closes_on:
            seen.add((who, int(day)))
            if chance.random() < leaves:
                break
    pairs = np.array(sorted(seen))
    return Visits(pairs[:, 0], pairs[:, 1], count)


@pytest.fixture(scope="module")
def visits() -> Visits:
    return shop(1_500)


def test_three_customers_counted_by_hand() -> None:
    """Ann came on days 7, 14 and 28, Ben on day 21 only, Cem after the day that is looked at."""
    visits = Visits(np.array([0, 0, 0, 1, 2]), np.array([7, 14, 28, 21, 50]), 3)
    known, found = customers_at(visits, 35)
    assert known.tolist() == [0, 1]
    assert found.repeats.tolist() == [2, 0]
    assert found.last_at.tolist() == [3, 0], "weeks from the first visit to the last"
    assert found.known_for.tolist() == [4, 2], "weeks from the first visit to the day"


def test_customers_as_the_model_has_them_are_foretold(visits: Visits) -> None:
    check = check_of(visits, LAST_DAY)
    assert check is not None
    assert check.holds
    assert check.expected == pytest.approx(check.real, rel=0.15)
    expected = [part.expected for part in check.parts]
    assert expected == sorted(expected)
    assert check.parts[-1].real > 5 * check.parts[0].real
    assert sum(part.customers for part in check.parts) == 1_500


def test_a_shop_that_lost_everybody_at_once_is_told_not_to_rely_on_it() -> None:
    check = check_of(shop(600, closes_on=LAST_DAY - AHEAD_DAYS), LAST_DAY)
    assert check is not None
    assert check.real == 0
    assert not check.holds


def test_a_check_that_is_right_in_all_and_wrong_about_the_regulars_does_not_hold() -> None:
    wrong = [Part(10, 1.0, 4.0)] * 5 + [Part(10, 5.0, 2.0)] * 5
    assert Check(wrong).expected == Check(wrong).real
    assert not Check(wrong).holds
    assert Check([Part(10, 1.0, 1.1)] * 10).holds


def test_the_chance_to_be_there_is_a_chance(visits: Visits) -> None:
    found = outlook_of(visits, LAST_DAY)
    assert found is not None
    assert len(found.known) == len(found.alive) == len(found.expected) == 1_500
    assert ((found.alive >= 0) & (found.alive <= 1)).all()
    assert (found.expected >= 0).all()
    still = found.alive > 0.8
    came = np.bincount(visits.who[visits.day > LAST_DAY - 60], minlength=1_500)[found.known]
    assert came[still].mean() > came[~still].mean()


def test_too_few_customers_are_no_model() -> None:
    few = shop(CUSTOMERS_MIN - 1)
    assert outlook_of(few, LAST_DAY) is None
    assert outlook_of(Visits(np.array([], np.int64), np.array([], np.int64), 0), LAST_DAY) is None


def test_hundreds_of_visits_and_a_long_absence_stay_within_floats() -> None:
    daily = Customers(np.array([700.0, 700.0]), np.array([100.0, 199.9]), np.array([200.0, 200.0]))
    assert TRUE.alive(daily).tolist() == pytest.approx([0.0, 1.0], abs=0.05)
    assert np.isfinite(TRUE.expected_visits(daily, 13)).all()
