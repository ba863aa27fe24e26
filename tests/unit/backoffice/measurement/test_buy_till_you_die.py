"""BG/NBD on the customers of CDNOW that its authors published it with.

`tests/vectors/cdnow_customers.csv`: the summary of 2,357 customers in weeks, as the package
Lifetimes 0.11.3 (MIT) has it; published with Fader, Hardie and Lee (2005).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from backoffice.measurement.buy_till_you_die import BgNbd, Customers, fit

VECTOR = Path(__file__).parents[3] / "vectors" / "cdnow_customers.csv"


@pytest.fixture(scope="module")
def customers() -> Customers:
    rows = np.loadtxt(VECTOR, delimiter=",", skiprows=1)
    return Customers(rows[:, 0], rows[:, 1], rows[:, 2])


@pytest.fixture(scope="module")
def fitted(customers: Customers) -> BgNbd:
    return fit(customers)


def test_the_published_parameters(fitted: BgNbd) -> None:
    assert (round(fitted.r, 3), round(fitted.alpha, 3), round(fitted.a, 3), round(fitted.b, 3)) == (
        0.243,
        4.414,
        0.793,
        2.426,
    )
    assert round(fitted.log_likelihood, 1) == -9582.4


def test_the_published_forecast_of_one_customer(fitted: BgNbd) -> None:
    one = Customers(np.array([2.0]), np.array([30.43]), np.array([38.86]))
    assert fitted.expected_visits(one, 39)[0] == pytest.approx(1.226, abs=5e-4)


def test_the_unit_of_time_does_not_matter(customers: Customers, fitted: BgNbd) -> None:
    in_days = Customers(customers.repeats, customers.last_at * 7, customers.known_for * 7)
    daily = fit(in_days)
    assert daily.alpha == pytest.approx(fitted.alpha * 7, rel=1e-3)
    assert daily.r == pytest.approx(fitted.r, rel=1e-3)


def test_who_was_not_seen_for_long_is_less_likely_there(fitted: BgNbd) -> None:
    same = np.array([5.0, 5.0, 0.0])
    alive = fitted.alive(Customers(same, np.array([38.0, 10.0, 0.0]), np.full(3, 39.0)))
    assert alive[1] < alive[0] < 1
    assert alive[2] == 1


def test_one_customer_is_no_model() -> None:
    with pytest.raises(ValueError, match="at least two"):
        fit(Customers(np.array([1.0]), np.array([1.0]), np.array([2.0])))


def test_customers_who_are_all_alike_have_parameters_that_can_be_used() -> None:
    """Everybody comes every other week and nobody leaves: the likelihood grows without end in the parameters."""
    weeks = np.linspace(20, 52, 200)
    alike = Customers(np.floor(weeks / 2), np.floor(weeks / 2) * 2, weeks)
    found = fit(alike)
    assert max(found.r, found.a, found.b) <= 100.001
    assert (found.alive(alike) > 0.9).all()
    assert found.expected_visits(alike, 13).mean() == pytest.approx(6.5, rel=0.15)
