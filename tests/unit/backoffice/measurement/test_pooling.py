"""Campaigns together: weights by precision, and an interval that holds."""

from __future__ import annotations

import numpy as np
import pytest

from backoffice.measurement.answers import Z_TWO_SIDED, Effect
from backoffice.measurement.pooling import pool
from backoffice.measurement.rates import compare_rates


def effect(estimate: float, half: float) -> Effect:
    return Effect(estimate, estimate - half, estimate + half, claims=False)


def test_two_equally_known_effects_are_averaged_and_known_better_together() -> None:
    found = pool([effect(1.0, 2.0), effect(3.0, 2.0)])
    assert found is not None
    assert found.estimate == pytest.approx(2.0)
    assert found.high - found.estimate == pytest.approx(2.0 / 2**0.5)
    assert (found.campaigns, found.claims) == (2, True)


def test_what_is_known_ten_times_as_well_weighs_a_hundred_times_as_much() -> None:
    found = pool([effect(0.0, 10 * Z_TWO_SIDED), effect(1.0, 1 * Z_TWO_SIDED)])
    assert found is not None
    assert found.estimate == pytest.approx(100 / 101)


def test_one_campaign_alone_or_an_interval_without_width_is_no_pool() -> None:
    assert pool([effect(1.0, 2.0)]) is None
    assert pool([effect(1.0, 2.0), effect(5.0, 0.0)]) is None


def test_the_interval_holds_the_weighted_mean_of_effects_that_differ() -> None:
    """Six campaigns of 500 and 200 members, 1,500 times; their true effects differ from campaign to campaign."""
    chance = np.random.default_rng(20_261_122)
    base, lifts = 0.3, np.array([0.0, 0.02, 0.04, 0.06, 0.08, 0.1])
    held = 0
    runs = 1_500
    for _ in range(runs):
        came = chance.binomial(500, base + lifts), chance.binomial(200, base, len(lifts))
        effects = [
            answer
            for one, other in zip(*came, strict=True)
            if isinstance(answer := compare_rates(500, int(one), 200, int(other)), Effect)
        ]
        assert len(effects) == len(lifts)
        found = pool(effects)
        assert found is not None
        weights = np.array([1 / (each.high - each.low) ** 2 for each in effects])
        truth = float((weights * lifts).sum() / weights.sum())
        held += found.low <= truth <= found.high
    assert 0.93 <= held / runs <= 0.97
