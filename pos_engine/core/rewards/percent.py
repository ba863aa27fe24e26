"""percent: a part of the price, on all selected units or on the cheapest or dearest of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from typing_extensions import override

from pos_engine.core.allocate import allocate
from pos_engine.core.campaign import Reward
from pos_engine.core.money import BASIS_POINTS_WHOLE, divide_half_up
from pos_engine.core.offer_parts import Rounding
from pos_engine.core.terms import Terms


def part_of(value_minor: int, percent_bp: int, rounding: Rounding) -> int:
    """A part in basis points of a value, rounded once as the offer says."""
    if rounding.mode == "down":
        return value_minor * percent_bp // BASIS_POINTS_WHOLE
    return divide_half_up(value_minor * percent_bp, BASIS_POINTS_WHOLE)


def percent_amounts(percent_bp: int, taken: Sequence[int], left: Sequence[int], terms: Terms) -> list[int]:
    """A percentage off each unit; rounded per unit, or once and then shared by largest remainder."""
    values = [left[unit] for unit in taken]
    rooms = terms.rooms(taken, left)
    rates = [terms.vat[unit] for unit in taken]
    if terms.rounding.scope == "offer":
        wanted = part_of(sum(values), percent_bp, terms.rounding)
        return allocate(min(terms.capped(wanted), sum(rooms)), values, rooms, rates)
    wishes = [min(part_of(value, percent_bp, terms.rounding), room) for value, room in zip(values, rooms, strict=True)]
    total = terms.capped(sum(wishes))
    return wishes if total == sum(wishes) else allocate(total, wishes, wishes, rates)


@dataclass(frozen=True)
class Percent(Reward):
    """`percent_bp` basis points (1,000 is 10 %) off at most `units_max` units, chosen in `order`; one use a receipt."""

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
        return sorted(units, key=lambda unit: (sign * left[unit], unit))[: self.units_max]

    @override
    def amounts(self, taken: Sequence[int], left: Sequence[int], terms: Terms) -> list[int]:
        return percent_amounts(self.percent_bp, taken, left, terms)

    @override
    def saving_max(self, units: Sequence[int], left: Sequence[int], terms: Terms) -> int:
        values = sorted((left[unit] for unit in units), reverse=True)[: self.units_max]
        if terms.rounding.scope == "unit":
            return terms.capped(sum(-(-value * self.percent_bp // BASIS_POINTS_WHOLE) for value in values))
        return terms.capped(-(-sum(values) * self.percent_bp // BASIS_POINTS_WHOLE))
