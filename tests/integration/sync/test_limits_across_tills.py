"""Limits per day, week and month hold across tills: each till's uses reach the others with their business day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from pos_engine.core.offer_parts import PeriodLimit
from pos_engine.core.usage import OfferLeft, Usage
from tests.support.sync_bench import Office, Till, draft_of
from tests.support.till import DAY, HandClock

OFFER = "spring-o"
ONCE_A_DAY = Usage({OFFER: OfferLeft(per_period=(PeriodLimit(1),))})


@pytest.fixture
def tills(tmp_path: Path) -> Iterator[tuple[Till, Till]]:
    office = Office(tmp_path / "office", HandClock())
    pair = tuple(Till(tmp_path / f"till{n}", office, seed=n).enrol(f"Till {n}") for n in (1, 2))
    yield pair[0], pair[1]
    for till in pair:
        till.close()
    office.close()


def seen_by(till: Till, member_id: str = "anna") -> tuple[dict[int, int], dict[int, int]]:
    """Uses per day before or after `DAY`, in all and by the member, of all other tills."""
    till.sync_until_quiet()
    found = till.replica.used_by_day([OFFER], member_id, DAY - timedelta(days=40), but_workstation_id="nobody")
    if OFFER not in found:
        return {}, {}
    return tuple(
        {(day - DAY).days: uses for day, uses in days.items()} for days in (found[OFFER].total, found[OFFER].member)
    )  # type: ignore[return-value]


def test_uses_come_with_their_day(tills: tuple[Till, Till]) -> None:
    first, second = tills
    first.sell("", draft_of("a", member_id="anna", usage=ONCE_A_DAY))
    first.sell("", draft_of("b", usage=ONCE_A_DAY))
    first.sell("", draft_of("c", usage=ONCE_A_DAY, business_day=DAY + timedelta(days=1)))
    first.sync_until_quiet()
    assert seen_by(second) == ({0: 2, 1: 1}, {0: 1})


def test_a_void_of_another_day_gives_back_the_use_of_its_sale(tills: tuple[Till, Till]) -> None:
    first, second = tills
    first.sell("", draft_of("a", usage=ONCE_A_DAY))
    first.sell("", draft_of("b", usage=ONCE_A_DAY, business_day=DAY + timedelta(days=1)))
    first.sell("", draft_of("a", kind="void", usage=ONCE_A_DAY, business_day=DAY + timedelta(days=1)))
    first.sync_until_quiet()
    assert seen_by(second) == ({1: 1}, {})


def test_offers_without_such_a_limit_carry_no_days(tills: tuple[Till, Till]) -> None:
    first, second = tills
    first.sell("", draft_of("a", usage=Usage({OFFER: OfferLeft(total_uses=4)})))
    first.sync_until_quiet()
    assert seen_by(second) == ({}, {})
    assert second.replica.offer_usage([OFFER], "", but_workstation_id="nobody")[OFFER].total_uses == 1


def test_days_long_past_are_forgotten(tills: tuple[Till, Till]) -> None:
    first, second = tills
    for days in (-70, -30, 0):
        first.sell("", draft_of(f"sale{days}", usage=ONCE_A_DAY, business_day=DAY + timedelta(days=days)))
        first.sync_until_quiet()
    assert seen_by(second) == ({-30: 1, 0: 1}, {})
