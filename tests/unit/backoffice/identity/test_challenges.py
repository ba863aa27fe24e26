"""Challenges: ours, young, for one purpose, answered once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from backoffice.identity.challenges import ANSWERED_MAX, LIFE, Challenges

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def test_a_challenge_is_open_for_its_purpose_and_its_time() -> None:
    challenges = Challenges("secret")
    made = challenges.new("sign in", NOW)
    assert challenges.open(made, "sign in", NOW)
    assert challenges.open(made, "sign in", NOW + LIFE)
    assert not challenges.open(made, "sign in", NOW + LIFE + timedelta(seconds=1))
    assert not challenges.open(made, "sign in", NOW - timedelta(minutes=1))
    assert not challenges.open(made, "make for ann", NOW)
    assert not Challenges("another secret").open(made, "sign in", NOW)


def test_a_challenge_is_answered_once() -> None:
    challenges = Challenges("secret")
    made = challenges.new("sign in", NOW)
    assert challenges.answered(made)
    assert not challenges.open(made, "sign in", NOW)
    assert not challenges.answered(made)


def test_answers_are_remembered_within_bounds() -> None:
    challenges = Challenges("secret")
    made = [challenges.new("sign in", NOW) for _ in range(ANSWERED_MAX + 1)]
    assert all(challenges.answered(each) for each in made)
    assert not challenges.open(made[-1], "sign in", NOW)
    assert len(challenges._answered) == ANSWERED_MAX


@given(st.binary(max_size=80))
def test_what_we_did_not_make_is_not_open(invented: bytes) -> None:
    assert not Challenges("secret").open(invented, "sign in", NOW)


@given(st.integers(min_value=0, max_value=55), st.integers(min_value=1, max_value=255))
def test_a_changed_challenge_is_not_open(at: int, by: int) -> None:
    challenges = Challenges("secret")
    made = bytearray(challenges.new("sign in", NOW))
    made[at] ^= by
    assert not challenges.open(bytes(made), "sign in", NOW)
