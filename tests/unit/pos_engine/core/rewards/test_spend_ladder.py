from __future__ import annotations

from dataclasses import replace

import pytest

from pos_engine.core.offer_parts import Limits
from pos_engine.core.rewards.spend_ladder import LadderStep, SpendLadder
from tests.support.examples import discounts, offer_of

LADDER = offer_of(SpendLadder((LadderStep(5000, 500), LadderStep(10000, 1200), LadderStep(20000, 0, 1000))))


@pytest.mark.parametrize(
    ("spend", "given"), [(4999, 0), (5000, 500), (9999, 500), (10000, 1200), (20000, 2000), (20005, 2001)]
)
def test_the_highest_step_reached_gives(spend: int, given: int) -> None:
    assert sum(discounts(LADDER, ("a", spend - 1000), ("b", 1000))) == given


def test_it_is_shared_to_the_cent() -> None:
    assert discounts(LADDER, ("a", 2000), ("a", 2000), ("a", 2000)) == [167, 167, 166]


@pytest.mark.parametrize(("spend", "given"), [(9999, 0), (10000, 2000), (19999, 2000), (20000, 4000), (34900, 6000)])
def test_an_amount_for_each_full_hundred(spend: int, given: int) -> None:
    ladder = offer_of(SpendLadder((LadderStep(10000, 2000, each_minor=10000),)))
    assert sum(discounts(ladder, ("a", spend - 1000), ("b", 1000))) == given


def test_a_ceiling() -> None:
    assert sum(discounts(replace(LADDER, limits=Limits(discount_max_minor=1000)), ("a", 20000))) == 1000
