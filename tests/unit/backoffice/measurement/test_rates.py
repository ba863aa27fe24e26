"""The difference of two shares, against published figures and against what must hold."""

from __future__ import annotations

import math

import numpy as np
import pytest

from backoffice.measurement.answers import CannotTell, Effect, Why
from backoffice.measurement.rates import compare_rates, fisher, newcombe


# R. G. Newcombe, Statistics in Medicine 17 (1998), table II, method 10
@pytest.mark.parametrize(
    ("one", "of_one", "other", "of_other", "low", "high"),
    [
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (10, 10, 0, 20, 0.6791, 1.0),
        (10, 10, 0, 10, 0.6075, 1.0),
    ],
)
def test_the_interval_is_newcombes(one: int, of_one: int, other: int, of_other: int, low: float, high: float) -> None:
    found_low, found_high = newcombe(of_one, np.array([one]), of_other, np.array([other]))
    assert (round(float(found_low[0]), 4), round(float(found_high[0]), 4)) == (low, high)


# Fisher's tea: four of four, three of four; and a table of Agresti, Categorical Data Analysis
@pytest.mark.parametrize(
    ("of_one", "one", "of_other", "other", "chance"),
    [(4, 3, 4, 1, 0.4857), (4, 4, 4, 0, 0.0286), (13, 7, 12, 0, 0.0052)],
)
def test_fishers_exact_test(of_one: int, one: int, of_other: int, other: int, chance: float) -> None:
    assert fisher(of_one, one, of_other, other) == pytest.approx(chance, abs=5e-5)


def test_a_clear_lift_is_claimed_and_none_is_not() -> None:
    lift = compare_rates(4_000, 800, 1_000, 120)
    assert isinstance(lift, Effect)
    assert lift.claims
    assert lift.estimate == pytest.approx(0.08)
    assert lift.low < 0.08 < lift.high
    same = compare_rates(4_000, 400, 1_000, 101)
    assert isinstance(same, Effect)
    assert not same.claims


@pytest.mark.parametrize(
    ("counts", "why"),
    [
        ((900, 90, 0, 0), Why.NO_HOLD_OUT),
        ((900, 90, 49, 10), Why.TOO_FEW_MEMBERS),
        ((900, 10, 100, 1), Why.TOO_FEW_EVENTS),
        ((900, 899, 100, 100), Why.TOO_FEW_EVENTS),
    ],
)
def test_it_says_when_it_cannot_tell(counts: tuple[int, int, int, int], why: Why) -> None:
    assert compare_rates(*counts) == CannotTell(why)


def test_the_groups_may_change_places() -> None:
    one, other = compare_rates(700, 90, 300, 20), compare_rates(300, 20, 700, 90)
    assert isinstance(one, Effect)
    assert isinstance(other, Effect)
    assert math.isclose(one.low, -other.high)
    assert math.isclose(one.high, -other.low)
    assert one.claims == other.claims
