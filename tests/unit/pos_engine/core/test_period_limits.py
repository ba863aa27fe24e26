"""Limits per day, week and month: the reason, the ceiling inside one basket, and when a period begins anew."""

from __future__ import annotations

from datetime import date

import pytest

from pos_engine.core.basket import Basket
from pos_engine.core.campaign import Offer
from pos_engine.core.member import Member
from pos_engine.core.offer_parts import Limits, Period, PeriodLimit
from pos_engine.core.rewards.multi_buy import MultiBuy
from pos_engine.core.usage import OfferLeft, Usage, period_start
from tests.support.pricing import ALWAYS, campaign_of, line, price

NINE = Basket((line("1", "a", 1000, 9),))


def shop(*limits: PeriodLimit) -> Offer:
    return Offer("o", "three for two", ALWAYS, MultiBuy(3), limits=Limits(per_period=limits))


@pytest.mark.parametrize(
    ("counted", "period", "code"),
    [
        ("member", "day", "limit_member_day"),
        ("member", "week", "limit_member_week"),
        ("member", "month", "limit_member_month"),
        ("total", "day", "limit_day"),
        ("total", "week", "limit_week"),
        ("total", "month", "limit_month"),
    ],
)
def test_what_is_used_up_says_which_limit(counted: str, period: Period, code: str) -> None:
    limit = PeriodLimit(2, period, counted)  # type: ignore[arg-type]
    left = Usage({"o": OfferLeft(per_period=(PeriodLimit(0, period, counted),))})  # type: ignore[arg-type]
    outcome = price((campaign_of(shop(limit)),), NINE, Member("m"), left)
    assert (outcome.total_discount_minor, outcome.reasons[0].code) == (0, code)
    assert price((campaign_of(shop(limit)),), NINE, Member("m")).applied[0].uses == 2


def test_the_least_of_several_limits_holds_inside_one_basket() -> None:
    offer = shop(PeriodLimit(5, "week"), PeriodLimit(2, "day"), PeriodLimit(9, "month", "total"))
    one_left = Usage({"o": OfferLeft(per_period=(PeriodLimit(1, "month", "total"),))})
    assert price((campaign_of(offer),), NINE, Member("m")).total_discount_minor == 2000
    assert price((campaign_of(offer),), NINE, Member("m"), one_left).total_discount_minor == 1000


def test_more_left_than_the_limit_allows_is_not_believed() -> None:
    generous = Usage({"o": OfferLeft(per_period=(PeriodLimit(99),))})
    assert price((campaign_of(shop(PeriodLimit(1))),), NINE, Member("m"), generous).applied[0].uses == 1


@pytest.mark.parametrize(
    ("period", "day", "start"),
    [
        ("day", date(2026, 11, 25), date(2026, 11, 25)),
        ("week", date(2026, 11, 23), date(2026, 11, 23)),
        ("week", date(2026, 11, 29), date(2026, 11, 23)),
        ("week", date(2027, 1, 1), date(2026, 12, 28)),
        ("month", date(2026, 11, 30), date(2026, 11, 1)),
        ("month", date(2028, 2, 29), date(2028, 2, 1)),
    ],
)
def test_a_period_begins_on_its_day_on_monday_on_the_first(period: Period, day: date, start: date) -> None:
    assert period_start(period, day) == start
