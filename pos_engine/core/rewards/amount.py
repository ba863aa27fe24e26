"""amount: a sum of money, once for the whole offer or on every selected unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from typing_extensions import override

from pos_engine.core.allocate import allocate
from pos_engine.core.campaign import Reward
from pos_engine.core.terms import Terms


@dataclass(frozen=True)
class Amount(Reward):
    """per offer: `amount_minor` once, spread over the selected units. per unit: that much off each of them.

    `units_max`: only so many units, chosen in `order`. Never more than the goods cost. Per unit, every unit is one use,
    and a limit of uses takes the dearest units.
    """

    amount_minor: int
    per: Literal["offer", "unit"] = "offer"
    units_max: int | None = None
    order: Literal["cheapest", "dearest"] = "cheapest"

    @override
    def limited(self) -> bool:
        return self.units_max is not None

    @override
    def pick(self, units: Sequence[int], left: Sequence[int], terms: Terms) -> list[int]:
        if self.units_max is not None:
            sign = 1 if self.order == "cheapest" else -1
            units = sorted(units, key=lambda unit: (sign * left[unit], unit))[: self.units_max]
        if self.per == "offer" or terms.uses_max is None or len(units) <= terms.uses_max:
            return list(units)
        return sorted(units, key=lambda unit: (-left[unit], unit))[: terms.uses_max]

    @override
    def amounts(self, taken: Sequence[int], left: Sequence[int], terms: Terms) -> list[int]:
        rooms = terms.rooms(taken, left)
        rates = [terms.vat[unit] for unit in taken]
        if self.per == "offer":
            total = min(terms.capped(self.amount_minor), sum(rooms))
            return allocate(total, [left[unit] for unit in taken], rooms, rates)
        wishes = [min(self.amount_minor, room) for room in rooms]
        total = terms.capped(sum(wishes))
        return wishes if total == sum(wishes) else allocate(total, wishes, wishes, rates)

    @override
    def uses(self, amounts: Sequence[int]) -> int:
        if self.per == "offer":
            return 1 if any(amounts) else 0
        return sum(1 for amount in amounts if amount > 0)

    @override
    def saving_max(self, units: Sequence[int], left: Sequence[int], terms: Terms) -> int:
        rooms = terms.rooms(units, left)
        if self.per == "offer":
            return terms.capped(min(self.amount_minor, sum(sorted(rooms, reverse=True)[: self.units_max])))
        wishes = sorted((min(self.amount_minor, room) for room in rooms), reverse=True)[: self.units_max]
        return terms.capped(sum(wishes if terms.uses_max is None else wishes[: terms.uses_max]))
