"""Rewards that take units in whole applications: "3 for 2", "any 3 for 5.00", one of each slot.

Laws: an application is complete or does not exist; every unit of it is consumed, whether it got something or was only
needed; a unit is in one application only. What cannot complete an application stays free.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from typing_extensions import override

from pos_engine.core.allocate import allocate
from pos_engine.core.campaign import Reward
from pos_engine.core.money import BASIS_POINTS_WHOLE
from pos_engine.core.rewards.percent import part_of
from pos_engine.core.terms import Terms


@dataclass(frozen=True)
class Arrangement:
    """The applications on a pile of units. `units` and, at the same places, the part of the price each is worth.

    `weights_bp`: percentage of each unit's price (0: the unit was only needed). `total_minor`: what is taken off in
    all when that is a sum of money and no percentage, shared by value.
    """

    units: tuple[int, ...] = ()
    weights_bp: tuple[int, ...] = ()
    total_minor: int | None = None


NOTHING = Arrangement()


class Grouped(Reward):
    """Base of these rewards; a subclass says how large an application is and how a pile is best arranged."""

    def size(self) -> int:
        """Units of one application."""
        raise NotImplementedError

    def arrange(self, units: Sequence[int], left: Sequence[int], terms: Terms) -> Arrangement:
        """The applications that save most on these units."""
        raise NotImplementedError

    def missing(self, units: Sequence[int], terms: Terms) -> int:
        """How many units the first application still lacks; 0 when it could be complete."""
        wanted = self.slots()
        if wanted:
            has = [len(fits.intersection(units)) for fits in terms.slot_units]
            return sum(max(0, slot.quantity - count) for slot, count in zip(wanted, has, strict=True))
        return max(0, self.size() - len(units))

    def gain_max(self, unit: int, left: Sequence[int], terms: Terms) -> int:
        """What one unit adds to any arrangement at most, in 1/10,000 of a minor unit."""
        raise NotImplementedError

    @override
    def pick(self, units: Sequence[int], left: Sequence[int], terms: Terms) -> list[int]:
        return sorted(self.arrange(units, left, terms).units)

    @override
    def amounts(self, taken: Sequence[int], left: Sequence[int], terms: Terms) -> list[int]:
        arrangement = self.arrange(taken, left, terms)
        given = dict(zip(arrangement.units, amounts_of(arrangement, left, terms), strict=True))
        return [given.get(unit, 0) for unit in taken]

    @override
    def uses(self, amounts: Sequence[int]) -> int:
        return len(amounts) // self.size()

    @override
    def needed(self, taken: Sequence[int], amounts: Sequence[int]) -> tuple[int, ...]:
        return tuple(unit for unit, amount in zip(taken, amounts, strict=True) if amount == 0)

    @override
    def saving_max(self, units: Sequence[int], left: Sequence[int], terms: Terms) -> int:
        terms = without_own_floors(units, terms)
        return sum(amounts_of(self.arrange(units, left, terms), left, terms))


def by_price_may_miss(units: Sequence[int], terms: Terms) -> bool:
    """Whether another arrangement may save more than the one by price: an article has a higher floor than the rest."""
    return bool(terms.floors) and any(terms.floors[unit] > terms.floor_minor for unit in units)


def without_own_floors(units: Sequence[int], terms: Terms) -> Terms:
    """Terms under which the arrangement by price is the best there is, for bounds."""
    return replace(terms, floors=()) if by_price_may_miss(units, terms) else terms


def amounts_of(arrangement: Arrangement, left: Sequence[int], terms: Terms) -> list[int]:
    """What each unit of an arrangement gets: rounded as the offer says, above floors, under ceilings."""
    units = arrangement.units
    rooms = [terms.room(unit, left) for unit in units]
    rates = [terms.vat[unit] for unit in units]
    if arrangement.total_minor is not None:
        total = min(terms.capped(arrangement.total_minor), sum(rooms))
        return allocate(total, [left[unit] for unit in units], rooms, rates)
    weights = [left[unit] * part for unit, part in zip(units, arrangement.weights_bp, strict=True)]
    if terms.rounding.scope == "offer":
        rooms = [room if weight else 0 for room, weight in zip(rooms, weights, strict=True)]
        total = min(terms.capped(part_of(sum(weights), 1, terms.rounding)), sum(rooms))
        return allocate(total, weights, rooms, rates)
    wishes = [min(part_of(weight, 1, terms.rounding), room) for weight, room in zip(weights, rooms, strict=True)]
    total = terms.capped(sum(wishes))
    return wishes if total == sum(wishes) else allocate(total, wishes, wishes, rates)


def falling(units: Sequence[int], left: Sequence[int]) -> list[int]:
    """Units by falling price, equal ones in canonical order."""
    return sorted(units, key=lambda unit: (-left[unit], unit))


def by_places(places_bp: Sequence[int], units: Sequence[int], left: Sequence[int], terms: Terms) -> Arrangement:
    """Applications of equal size, by falling price: the unit at place i of each gets `places_bp[i]` off.

    Exact when the percentages do not fall: then neighbours belong together, and the cheapest units are left out.
    """
    size = len(places_bp)
    count = len(units) // size
    if terms.uses_max is not None:
        count = min(count, terms.uses_max)
    chosen = falling(units, left)[: count * size]
    return Arrangement(tuple(chosen), tuple(places_bp) * count)


def mean_gain(places_bp: Sequence[int], cost: int, terms: Terms) -> int:
    """What a unit of this price adds at most to applications by places, in 1/10,000 of a minor unit.

    Dear units stand where the percentage is low, so the mean percentage of all places is never exceeded.
    """
    size = len(places_bp)
    gain = -(-cost * sum(places_bp) // size)
    if terms.rounding.scope == "unit":
        rewarded = sum(1 for part in places_bp if part)
        gain += -(-(BASIS_POINTS_WHOLE // 2) * rewarded // size)
    return gain
