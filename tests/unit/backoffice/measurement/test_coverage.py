"""A small part of `make coverage-study`, with the seed of the document: an interval that is shown holds."""

from __future__ import annotations

import math

import pytest

from tests.benchmarks.coverage import Cell, Tally, interval_of, luck_of_worst, study_cell, study_rates, verdict

SEED = 20_260_101
CAMPAIGNS = 250


def allowed(tally: Tally) -> tuple[float, float]:
    """93 to 97 %, and what chance adds to it in so few campaigns (3 standard errors)."""
    chance = 3 * math.sqrt(0.95 * 0.05 / tally.shown)
    return 0.93 - chance, 0.97 + chance


@pytest.mark.parametrize(
    ("cell", "full_is_shown"),
    [
        (Cell(100, 900, 0.3, 0.5), True),
        (Cell(88, 792, 0.6, 2.0), False),
        (Cell(300, 300, 0.6, 0.5), True),
        (Cell(300, 900, 0.2, 1.5), False),
    ],
    ids=str,
)
def test_spending(cell: Cell, full_is_shown: bool) -> None:
    found = study_cell(cell, SEED, CAMPAIGNS, CAMPAIGNS, CAMPAIGNS)
    tallies = [found.capped, found.full] if full_is_shown else [found.capped]
    for tally in tallies:
        assert tally.shown > 0.5 * CAMPAIGNS
        low, high = allowed(tally)
        assert tally.coverage is not None
        assert low <= tally.coverage <= high
    assert full_is_shown or not found.full.shown
    most = 0.05 + 3 * math.sqrt(0.05 * 0.95 / CAMPAIGNS)
    assert found.full_same.claims <= most * CAMPAIGNS
    assert found.capped_same.claims <= most * CAMPAIGNS


@pytest.mark.parametrize(("held_out", "treated", "rate"), [(88, 792, 0.1), (300, 300, 0.05), (1_000, 4_000, 0.3)])
def test_shares(held_out: int, treated: int, rate: float) -> None:
    real, same = study_rates(held_out, treated, rate, SEED, 2_000)
    assert real.coverage is not None
    assert 0.935 <= real.coverage <= 0.97
    assert same.claims <= 0.06 * same.campaigns


def test_nothing_is_shown_of_a_tiny_hold_out() -> None:
    found = study_cell(Cell(49, 451, 0.6, 0.5), SEED, 50, 50, 50)
    assert found.full.shown == found.capped.shown == 0
    assert study_rates(49, 451, 0.3, SEED, 50)[0].shown == 0


def _same(*claims: int, campaigns: int = 1_000) -> list[Tally]:
    return [Tally(campaigns, campaigns, campaigns, each) for each in claims]


def test_the_study_fails_where_one_cell_claims_more_than_chance_makes_of_five_per_cent() -> None:
    fine = [Tally(1_000, 1_000, 950, 0)]
    text, is_right = verdict("Shares", fine, _same(61, *[20] * 103))
    assert "6.1 % of 1,000 (95 % interval 4.7 to 7.8 %)" in text
    assert is_right, "the worst of a hundred cells is that bad by chance"
    assert not verdict("Shares", fine, _same(100, *[20] * 103))[1], "all together claim seldom, but one cell does not"
    assert not verdict("Shares", fine, _same(1_220, *[400] * 103, campaigns=20_000))[1], "6.1 % of many is no chance"
    assert luck_of_worst([Tally(1_000, 0, 0, 0)]) == 1.0
    assert interval_of(0, 1_000)[0] == 0.0
