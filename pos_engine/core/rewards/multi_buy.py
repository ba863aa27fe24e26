"""multi_buy: of every so many units, some are cheaper or free: "3 for 2", "the cheapest of two at half price"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from typing_extensions import override

from pos_engine.core.grouped import Arrangement, Grouped, amounts_of, by_places, falling, mean_gain, without_own_floors
from pos_engine.core.terms import Terms


@dataclass(frozen=True)
class MultiBuy(Grouped):
    """Of every `every` units the `count` cheapest (or dearest) are `percent_bp` off; repeats, each time is one use.

    grouping customer: units are put together as it saves most. grouping basket: the cheapest (or dearest) units of all
    are reduced, as many as there are complete groups.
    """

    every: int
    count: int = 1
    percent_bp: int = 10_000
    order: Literal["cheapest", "dearest"] = "cheapest"
    grouping: Literal["customer", "basket"] = "customer"

    @override
    def limited(self) -> bool:
        return self.grouping == "basket"

    @override
    def size(self) -> int:
        return self.every

    def places_bp(self) -> tuple[int, ...]:
        """Percentage at each place of an application, the dearest unit first."""
        count = min(self.count, self.every)
        paid, reduced = (0,) * (self.every - count), (self.percent_bp,) * count
        return paid + reduced if self.order == "cheapest" else reduced + paid

    @override
    def arrange(self, units: Sequence[int], left: Sequence[int], terms: Terms) -> Arrangement:
        if self.grouping == "customer" and self.order == "cheapest":
            return by_places(self.places_bp(), units, left, terms)
        groups = len(units) // self.every
        if terms.uses_max is not None:
            groups = min(groups, terms.uses_max)
        ordered = falling(units, left)
        if self.order == "cheapest":
            ordered = sorted(units, key=lambda unit: (left[unit], unit))
        reduced = groups * min(self.count, self.every)
        parts = (self.percent_bp,) * reduced + (0,) * (groups * self.every - reduced)
        return Arrangement(tuple(ordered[: groups * self.every]), parts)

    @override
    def gain_max(self, unit: int, left: Sequence[int], terms: Terms) -> int:
        if self.order == "cheapest":
            return mean_gain(self.places_bp(), left[unit], terms)
        return mean_gain((self.percent_bp,), left[unit], terms)

    @override
    def saving_max(self, units: Sequence[int], left: Sequence[int], terms: Terms) -> int:
        # Cheapest of the basket: a part of the units can save more than all of them, but never more than grouped.
        if self.grouping == "customer" or self.order == "dearest":
            return super().saving_max(units, left, terms)
        terms = without_own_floors(units, terms)
        return sum(amounts_of(by_places(self.places_bp(), units, left, terms), left, terms))
