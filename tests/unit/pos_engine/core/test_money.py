"""Decimals of currencies, and cash where the smallest coins are gone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_engine.core.money import cash_rounding, currency_exponent


@pytest.mark.parametrize(("currency", "decimals"), [("EUR", 2), ("JPY", 0), ("KWD", 3), ("RSD", 2), ("CLF", 4)])
def test_decimals_are_those_of_iso_4217(currency: str, decimals: int) -> None:
    assert currency_exponent(currency) == decimals


@pytest.mark.parametrize(
    ("due", "tenders", "step", "rounding"),
    [
        (1002, [("cash", 1000)], 5, -2),
        (1003, [("cash", 2000)], 5, 2),
        (1000, [("cash", 1000)], 5, 0),
        (1002, [("card", 1002)], 5, 0),
        (1002, [("other", 1002)], 5, 0),
        (1002, [("card", 501), ("cash", 500)], 5, -1),  # what the cash covers is rounded: 5.01 to 5.00
        (1002, [("card", 1002), ("cash", 0)], 5, 0),
        (-1002, [("cash", -1000)], 5, 2),  # a void mirrors its sale
        (1002, [("cash", 1002)], 1, 0),
        (1002, [], 5, 0),
    ],
)
def test_only_what_cash_covers_is_rounded(due: int, tenders: list[tuple[str, int]], step: int, rounding: int) -> None:
    assert cash_rounding(due, tenders, step) == rounding


@given(st.integers(1, 10**9), st.sampled_from([1, 5, 10, 50, 100]))
def test_a_rounded_sale_can_be_paid_and_is_at_most_half_a_step_away(due: int, step: int) -> None:
    rounding = cash_rounding(due, [("cash", due)], step)
    assert (due + rounding) % step == 0
    assert abs(rounding) * 2 <= step
