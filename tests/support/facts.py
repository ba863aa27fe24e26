"""Facts for a condition's own test: one small sale."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from pos_engine.core.basket import Basket
from pos_engine.core.facts import Facts
from pos_engine.core.goods import goods_of
from pos_engine.core.member import Member
from pos_engine.core.moment import moment_at
from pos_engine.core.selectors import SelectorTable
from tests.support.pricing import TARIFF

ZURICH = ZoneInfo("Europe/Zurich")


def facts_at(local: str = "2026-11-23T10:30", basket: Basket | None = None, member: Member | None = None) -> Facts:
    """Facts at a local time in Zurich, units at shelf price."""
    instant = datetime.fromisoformat(local).replace(tzinfo=ZURICH).astimezone(UTC)
    goods = goods_of(basket or Basket(), TARIFF)
    return Facts(basket or Basket(), member, moment_at(instant, ZURICH), goods, list(goods.price), SelectorTable())
