"""Whom a campaign could have reached: targeted households, and their baskets inside its dates with goods it names.

This needs no offer and no price: it says what a campaign is about before anybody decides what it gives.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import msgspec


@dataclass(frozen=True)
class ReachCampaign:
    """A campaign: its days (both ends included), the households it is sent to, the products of its coupons."""

    campaign_id: str
    starts_on: date
    ends_on: date
    households: frozenset[int]
    products: frozenset[int]


class Reached(msgspec.Struct, frozen=True):
    """A row of the answer; the value is what was paid for the eligible lines, in minor units."""

    campaign: str
    households: int
    eligible_baskets: int
    eligible_lines: int
    eligible_value_minor: int


BoughtLine = tuple[int, int, int, int, int]
"""Basket, household, day (ordinal), product, value in minor units."""


class Reaching:
    """Counts lines into all campaigns at once. A household is told its campaigns, a product the campaigns it is of."""

    def __init__(self, campaigns: Iterable[ReachCampaign]) -> None:
        self._campaigns = tuple(campaigns)
        self._sent: defaultdict[int, list[tuple[int, int, int]]] = defaultdict(list)
        self._of: defaultdict[int, set[int]] = defaultdict(set)
        for number, campaign in enumerate(self._campaigns):
            days = (campaign.starts_on.toordinal(), campaign.ends_on.toordinal())
            for household in campaign.households:
                self._sent[household].append((number, *days))
            for product in campaign.products:
                self._of[product].add(number)
        self._baskets: list[set[int]] = [set() for _ in self._campaigns]
        self._lines = [0] * len(self._campaigns)
        self._value_minor = [0] * len(self._campaigns)

    def add(self, lines: Iterable[BoughtLine]) -> None:
        """Count lines, in any order."""
        sent, named = self._sent, self._of
        for basket, household, day, product, value_minor in lines:
            campaigns = named.get(product)
            if campaigns is None:
                continue
            for number, first, last in sent.get(household, ()):
                if first <= day <= last and number in campaigns:
                    self._baskets[number].add(basket)
                    self._lines[number] += 1
                    self._value_minor[number] += value_minor

    def rows(self) -> list[Reached]:
        """A row per campaign, in their order."""
        return [
            Reached(each.campaign_id, len(each.households), len(baskets), lines, value_minor)
            for each, baskets, lines, value_minor in zip(
                self._campaigns, self._baskets, self._lines, self._value_minor, strict=True
            )
        ]
