"""The difference of mean spending."""

from __future__ import annotations

import numpy as np
import pytest

from backoffice.measurement.answers import CannotTell, Effect, Why
from backoffice.measurement.money import Spending, adjusted, caps, compare, compare_money


def group(members: int, factor: float = 1.0, *, sigma: float = 0.5, seed: int = 1, share: float = 0.6) -> Spending:
    chance = np.random.default_rng(seed)
    habit = chance.standard_normal((1, members))

    def spent(times: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        amount = times * np.exp(3 + sigma * (0.8 * habit + 0.6 * chance.standard_normal((1, members))))
        return np.where(chance.random((1, members)) < share, amount, 0.0)

    return Spending(spent(factor), spent(1.0))


def in_cents(spending: Spending) -> Spending:
    return Spending(spending.during * 100, spending.before * 100)


def test_a_large_effect_is_found_in_both_ways_of_counting() -> None:
    treated, held_out = group(2_000, 1.5, seed=1), group(500, seed=2)
    found = compare_money(treated, held_out)
    assert isinstance(found.full, Effect)
    assert isinstance(found.capped, Effect)
    assert found.full.claims
    assert found.capped.claims
    assert found.full.low < found.full.estimate < found.full.high
    assert found.cap is not None
    assert found.cap <= max(treated.before.max(), held_out.before.max())


def test_the_same_data_give_the_same_figures() -> None:
    treated, held_out = group(800, 1.1, seed=3), group(200, seed=4)
    assert compare_money(treated, held_out) == compare_money(treated, held_out)


def test_the_unit_of_money_does_not_matter() -> None:
    treated, held_out = group(800, 1.3, seed=3), group(200, seed=4)
    one, hundred = compare(treated, held_out), compare(in_cents(treated), in_cents(held_out))
    assert one.shown[0]
    assert hundred.low[0] == pytest.approx(one.low[0] * 100, rel=1e-4)
    assert hundred.claims[0] == one.claims[0]


def test_the_period_before_takes_away_what_was_different_all_along() -> None:
    treated, held_out = group(1_000, seed=5, share=1.0), group(1_000, seed=6, share=1.0)
    plain = (
        Spending(treated.during, np.zeros_like(treated.before)),
        Spending(held_out.during, np.zeros_like(held_out.before)),
    )
    known, blind = compare(treated, held_out), compare(*plain)
    assert known.high[0] - known.low[0] < 0.85 * (blind.high[0] - blind.low[0])


def test_the_adjustment_keeps_the_mean_of_all() -> None:
    spending = group(500, seed=7)
    assert adjusted(spending.during, spending.before).mean() == pytest.approx(spending.during.mean())


def test_heavy_tails_are_answered_by_counting_up_to_a_cap_only() -> None:
    found = compare_money(group(900, sigma=2.0, seed=8), group(300, sigma=2.0, seed=9))
    assert found.full == CannotTell(Why.TAILS_TOO_HEAVY)
    assert isinstance(found.capped, Effect)


def test_the_cap_comes_from_the_period_before_alone() -> None:
    treated, held_out = group(900, sigma=1.5, seed=8), group(300, sigma=1.5, seed=9)
    other = Spending(treated.during * 7, treated.before), Spending(held_out.during + 3, held_out.before)
    assert caps(treated, held_out) == caps(*other)


def test_it_says_when_it_cannot_tell() -> None:
    nobody = Spending(np.zeros((1, 0)), np.zeros((1, 0)))
    assert compare_money(group(900), nobody).full == CannotTell(Why.NO_HOLD_OUT)
    assert compare_money(group(900), group(49)).full == CannotTell(Why.TOO_FEW_MEMBERS)
    fresh = [Spending(each.during, np.zeros_like(each.before)) for each in (group(900, seed=1), group(300, seed=2))]
    found = compare_money(*fresh)
    assert found.capped == CannotTell(Why.NO_PERIOD_BEFORE)
    assert isinstance(found.full, Effect)


def test_nobody_bought_anything() -> None:
    nothing = [Spending(np.zeros((1, size)), np.zeros((1, size))) for size in (900, 100)]
    found = compare_money(*nothing)
    assert isinstance(found.full, CannotTell)
    assert isinstance(found.capped, CannotTell)
