"""percent_of_shelf: a part of the shelf price, whatever other offers took off before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from typing_extensions import override

from pos_engine.core.allocate import allocate
from pos_engine.core.campaign import Reward
from pos_engine.core.money import BASIS_POINTS_WHOLE
from pos_engine.core.rewards.percent import part_of
from pos_engine.core.terms import Terms


@dataclass(frozen=True)
class PercentOfShelf(Reward):
    """`percent_bp` of what the units cost before any discount, off at most `units_max` of them, chosen in `order`.

    Beside `percent`, which takes its part of what earlier offers left: 20 % and 10 % of 100.00 are 28.00 there and
    30.00 here. Never more than what is left above the floor. One use a receipt.
    """

    percent_bp: int
    units_max: int | None = None
    order: Literal["cheapest", "dearest"] = "cheapest"

    @override
    def limited(self) -> bool:
        return self.units_max is not None

    @override
    def pick(self, units: Sequence[int], left: Sequence[int], terms: Terms) -> list[int]:
        if self.units_max is None:
            return list(units)
        sign = 1 if self.order == "cheapest" else -1
        return sorted(units, key=lambda unit: (sign * terms.shelf[unit], unit))[: self.units_max]

    @override
    def amounts(self, taken: Sequence[int], left: Sequence[int], terms: Terms) -> list[int]:
        values = [terms.shelf[unit] for unit in taken]
        rooms = terms.rooms(taken, left)
        rates = [terms.vat[unit] for unit in taken]
        if terms.rounding.scope == "offer":
            wanted = part_of(sum(values), self.percent_bp, terms.rounding)
            return allocate(min(terms.capped(wanted), sum(rooms)), values, rooms, rates)
        parts = [part_of(value, self.percent_bp, terms.rounding) for value in values]
        wishes = [min(part, room) for part, room in zip(parts, rooms, strict=True)]
        total = terms.capped(sum(wishes))
        return wishes if total == sum(wishes) else allocate(total, wishes, wishes, rates)

    @override
    def saving_max(self, units: Sequence[int], left: Sequence[int], terms: Terms) -> int:
        rooms = sorted(terms.rooms(units, left), reverse=True)[: self.units_max]
        parts = sorted((-(-terms.shelf[unit] * self.percent_bp // BASIS_POINTS_WHOLE) for unit in units), reverse=True)
        return terms.capped(min(sum(rooms), sum(parts[: self.units_max])))

    def gain_max(self, unit: int, room: int, terms: Terms) -> int:
        """What one unit adds to the discount at most, in 1/10,000 of a minor unit.

        Rounded over the whole offer, a unit with little room passes its part on to the others.
        """
        exact = terms.shelf[unit] * self.percent_bp
        if terms.rounding.scope == "offer":
            return exact
        return min(-(-exact // BASIS_POINTS_WHOLE), room) * BASIS_POINTS_WHOLE
