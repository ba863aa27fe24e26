"""The smallest lift that can be seen."""

from __future__ import annotations

import numpy as np
import pytest

from backoffice.measurement.power import smallest_lift
from backoffice.measurement.rates import claims_of, newcombe


@pytest.mark.parametrize(("members", "share", "points"), [(1_000, 0.1, 10.5), (3_000, 0.2, 4.2), (10_000, 0.2, 2.2)])
def test_what_three_campaigns_can_see(members: int, share: float, points: float) -> None:
    lift = smallest_lift(members, share, 0.1)
    assert lift is not None
    assert round(lift * 100, 1) == points


def test_nothing_is_promised_without_a_hold_out_or_room_to_rise() -> None:
    assert smallest_lift(1_000, 0.0, 0.1) is None
    assert smallest_lift(1_000, 1.0, 0.1) is None
    assert smallest_lift(10, 0.1, 0.9) is None


def test_four_of_five_campaigns_see_the_smallest_lift() -> None:
    members, held_out, base = 10_000, 2_000, 0.1
    lift = smallest_lift(members, held_out / members, base)
    assert lift is not None
    chance = np.random.default_rng(20_260_101)
    one = chance.binomial(members - held_out, base + lift, 2_000)
    other = chance.binomial(held_out, base, 2_000)
    claims = claims_of(members - held_out, one, held_out, other, *newcombe(members - held_out, one, held_out, other))
    assert 0.76 < claims.mean() < 0.84
