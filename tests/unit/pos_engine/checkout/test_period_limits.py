"""Limits per day, week and month at the till: counted by business day, given back by a void, free in the next one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pos_engine.core.campaign import Offer
from pos_engine.core.conditions.all_of import AllOf
from pos_engine.core.conditions.member_known import MemberKnown
from pos_engine.core.offer_parts import Limits, PeriodLimit, Selector
from pos_engine.core.rewards.percent import Percent
from pos_engine.wire.sync import DayUses
from tests.support.shop import ANNA_CARD, BEA_CARD, COFFEE, Shop, a_campaign, a_set, line

CUP = line("1", COFFEE, 300)


def publish(shop: Shop, *limits: PeriodLimit, members: bool = True) -> None:
    offer = Offer(
        "happy",
        "Coffee 10 % off",
        MemberKnown() if members else AllOf(),
        Percent(1000),
        Selector(products=(COFFEE,)),
        limits=Limits(per_period=limits),
    )
    shop.publish(a_set(2, a_campaign("happy", offer)))
    shop.till.refresh()


def sold(shop: Shop, sale_ref: str, card: str = "") -> int:
    quote = shop.ring(sale_ref, CUP, card_id=card)
    return shop.settle(sale_ref, quote.total_due_minor).total_discount_minor


ANNA, BEA = ANNA_CARD.card_id, BEA_CARD.card_id


def test_once_a_day_for_each_member(shop: Shop) -> None:
    publish(shop, PeriodLimit(1))
    assert [sold(shop, "s1", ANNA), sold(shop, "s2", ANNA), sold(shop, "s3", BEA)] == [30, 0, 30]
    reasons = {note.offer_id: note.code for note in shop.ring("s4", CUP, card_id=ANNA).offers.lost}
    assert reasons["happy"] == "limit_member_day"
    shop.days_later(1)
    assert [sold(shop, "s5", ANNA), sold(shop, "s6", ANNA)] == [30, 0]


@pytest.mark.parametrize(("period", "days"), [("week", 7), ("month", 8)])
def test_twice_a_week_or_month_for_everybody(shop: Shop, period: str, days: int) -> None:
    # The shop opens on Monday 23 November.
    publish(shop, PeriodLimit(2, period, "total"), members=False)  # type: ignore[arg-type]
    assert [sold(shop, f"a{n}") for n in range(3)] == [30, 30, 0]
    shop.days_later(days - 1)
    assert sold(shop, "b") == 0
    shop.days_later(1)
    assert [sold(shop, f"c{n}") for n in range(3)] == [30, 30, 0]


def test_a_void_gives_back_the_use_of_its_own_day(shop: Shop) -> None:
    publish(shop, PeriodLimit(1, "day", "total"), members=False)
    assert [sold(shop, "s1"), sold(shop, "s2")] == [30, 0]
    shop.till.void("s1", "17")
    assert [sold(shop, "s3"), sold(shop, "s4")] == [30, 0]
    shop.days_later(1)
    shop.till.void("s3", "17")
    assert [sold(shop, "s5"), sold(shop, "s6")] == [30, 0]


def test_it_survives_a_power_cut(shop: Shop) -> None:
    publish(shop, PeriodLimit(1, "day", "total"), members=False)
    assert sold(shop, "s1") == 30
    shop.restart()
    assert sold(shop, "s2") == 0


def test_what_another_till_used_today_counts_here(shop: Shop) -> None:
    publish(shop, PeriodLimit(1), PeriodLimit(3, "week", "total"))
    today = shop.clock.now().date()
    used = (DayUses(day=today - timedelta(days=7), uses=9), DayUses(day=today, uses=1))
    shop.used_elsewhere("happy", 10, days=used)
    shop.used_elsewhere("happy", 10, "anna", days=used)
    assert [sold(shop, "s1", ANNA), sold(shop, "s2", BEA)] == [0, 30]
    shop.days_later(1)
    assert [sold(shop, "s3", ANNA), sold(shop, "s4", BEA)] == [30, 0]


def test_a_till_whose_news_carries_no_days_counts_its_own(shop: Shop) -> None:
    publish(shop, PeriodLimit(1, "day", "total"), members=False)
    shop.used_elsewhere("happy", 4)
    assert [sold(shop, "s1"), sold(shop, "s2")] == [30, 0]
