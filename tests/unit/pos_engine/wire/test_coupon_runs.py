"""Codes of print runs: pinned bytes, and nothing that was not printed passes."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_engine.core.coupon_code import NUMBER_MAX, RunCode, make_run_code
from pos_engine.wire.coupon_runs import CouponRunBody, is_of_run, run_code

KEY = "5a" * 32
RUN = CouponRunBody(tag="7K2M", series_id="paper", campaign_id="c", key=KEY, count=1_000)


def test_the_signature_is_pinned() -> None:
    """Recomputed with another program: printf 'coupon:7K2M:0' | openssl dgst -sha256 -mac HMAC -macopt hexkey:5a5a…"""
    assert run_code(KEY, "7K2M", 0) == "S7K2M0000DCVVZNKWF"
    assert run_code(KEY, "7K2M", 999) == "S7K2M00Z75ZWS54XM3"


@given(st.integers(0, NUMBER_MAX), st.integers(0, 2**40 - 1))
def test_who_has_no_key_makes_no_code(number: int, signature: int) -> None:
    invented = make_run_code(RunCode("7K2M", number, signature))
    assert is_of_run(RUN, invented) == (number < 1_000 and invented == run_code(KEY, "7K2M", number))


def test_numbers_beyond_the_run_and_other_runs_do_not_count() -> None:
    assert is_of_run(RUN, run_code(KEY, "7K2M", 999))
    assert not is_of_run(RUN, run_code(KEY, "7K2M", 1_000))
    assert not is_of_run(RUN, run_code(KEY, "7K2N", 5))
    assert not is_of_run(RUN, run_code("5b" * 32, "7K2M", 5))
    assert not is_of_run(RUN, "C04HMASW9NF6YH")


@pytest.mark.parametrize("field", [{"key": "5a"}, {"count": 0}, {"count": NUMBER_MAX + 2}])
def test_a_run_that_cannot_be_is_not_decoded(field: dict[str, object]) -> None:
    raw = msgspec.json.encode({**msgspec.to_builtins(RUN), **field})
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(raw, type=CouponRunBody)
