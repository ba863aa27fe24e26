"""The solver against the judge that tries everything, on small random baskets."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, note, settings

from pos_engine.core.basket import Basket
from pos_engine.core.campaign import Campaign
from tests.support.oracle import best_saving
from tests.support.pricing import baskets, campaigns, price

QUICK = settings(max_examples=150, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
LONG = settings(max_examples=3000, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])


def judge(shop: tuple[Campaign, ...], basket: Basket) -> None:
    outcome = price(shop, basket)
    best = best_saving(shop, basket)
    note(f"solver {outcome.total_discount_minor}, judge {best}, {outcome.certificate}")
    if outcome.certificate.optimal:
        assert outcome.total_discount_minor == best
    else:
        assert outcome.total_discount_minor <= best <= outcome.total_discount_minor + outcome.certificate.gap_minor


@QUICK
@given(campaigns(3), baskets(4))
def test_the_best_price_is_the_judges(shop: tuple[Campaign, ...], basket: Basket) -> None:
    judge(shop, basket)


@pytest.mark.slow
@LONG
@given(campaigns(4, phases=("line", "line", "basket", "coupon")), baskets(5))
def test_the_best_price_is_the_judges_at_length(shop: tuple[Campaign, ...], basket: Basket) -> None:
    judge(shop, basket)


@QUICK
@given(campaigns(3), baskets(4))
def test_with_no_effort_the_certificate_still_holds(shop: tuple[Campaign, ...], basket: Basket) -> None:
    outcome = price(shop, basket, effort=0)
    best = best_saving(shop, basket)
    assert outcome.total_discount_minor <= best <= outcome.total_discount_minor + outcome.certificate.gap_minor
