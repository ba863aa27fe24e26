"""slot_bundle: one of these and one of those together, for a sum or at a percentage: "burger + drink for 8.00"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from typing_extensions import override

from pos_engine.core.grouped import NOTHING, Arrangement, Grouped, falling
from pos_engine.core.money import BASIS_POINTS_WHOLE
from pos_engine.core.offer_parts import Slot
from pos_engine.core.terms import Terms


@dataclass(frozen=True)
class SlotBundle(Grouped):
    """A bundle fills every slot; it costs `price_minor`, or `percent_bp` are off (exactly one of the two).

    It repeats with the dearest units as long as it saves. A unit fills one slot only; the offer's target narrows all
    slots.
    """

    bundle_slots: tuple[Slot, ...]
    price_minor: int | None = None
    percent_bp: int | None = None

    @override
    def slots(self) -> tuple[Slot, ...]:
        return self.bundle_slots

    @override
    def size(self) -> int:
        return sum(slot.quantity for slot in self.bundle_slots)

    @override
    def arrange(self, units: Sequence[int], left: Sequence[int], terms: Terms) -> Arrangement:
        ordered = falling(units, left)
        bundles = self._bundles(ordered, terms)
        best_times, best_minor, cost, room = len(bundles) if self.price_minor is None else 0, 0, 0, 0
        if self.price_minor is not None:
            for times, bundle in enumerate(bundles, start=1):
                for unit in bundle:
                    cost += left[unit]
                    room += terms.room(unit, left)
                given = terms.capped(min(cost - times * self.price_minor, room))
                if given > best_minor:
                    best_times, best_minor = times, given
        inside = frozenset([unit for bundle in bundles[:best_times] for unit in bundle])
        chosen = tuple([unit for unit in ordered if unit in inside])
        if self.price_minor is None:
            return Arrangement(chosen, (self.percent_bp or 0,) * len(chosen))
        return Arrangement(chosen, (), best_minor) if chosen else NOTHING

    def _bundles(self, ordered: Sequence[int], terms: Terms) -> list[list[int]]:
        """The units that come in with each further bundle, out of units of which the dearest is first."""
        times_max = len(ordered) if terms.uses_max is None else terms.uses_max
        lanes = lanes_of(ordered, terms.slot_units)
        if lanes is None:
            return self._matched(ordered, times_max, terms.slot_units)
        return bundles_out_of(lanes, [slot.quantity for slot in self.bundle_slots], times_max)

    def _matched(self, ordered: Sequence[int], times_max: int, slot_units: Sequence[frozenset[int]]) -> list[list[int]]:
        """The same where a unit may fit several slots: units move between slots where that helps."""
        free = list(ordered)
        holder: dict[int, int] = {}
        while len(holder) < times_max * self.size() and self._one_more(free, holder, slot_units):
            pass
        # A unit that has come in stays in, whichever slot it moves to; a bundle that is not whole counts for nothing.
        came = list(holder)
        size = self.size()
        return [came[start : start + size] for start in range(0, len(came) - size + 1, size)]

    def _one_more(self, free: list[int], holder: dict[int, int], slot_units: Sequence[frozenset[int]]) -> bool:
        """Fill one more bundle with the dearest units, moving units between slots where that helps."""
        for number, slot in enumerate(self.bundle_slots):
            for _ in range(slot.quantity):
                if not fill(number, free, holder, slot_units):
                    return False
        return True

    @override
    def gain_max(self, unit: int, left: Sequence[int], terms: Terms) -> int:
        if self.percent_bp is None:
            return left[unit] * BASIS_POINTS_WHOLE
        slack = BASIS_POINTS_WHOLE // 2 if terms.rounding.scope == "unit" else 0
        return left[unit] * self.percent_bp + slack


def lanes_of(ordered: Sequence[int], slot_units: Sequence[frozenset[int]]) -> list[list[int]] | None:
    """By slot the units that fit it, in their order; None when one fits several."""
    lanes: list[list[int]] = [[] for _ in slot_units]
    for unit in ordered:
        fits = -1
        for slot, fitting in enumerate(slot_units):
            if unit in fitting:
                if fits >= 0:
                    return None
                fits = slot
        if fits >= 0:
            lanes[fits].append(unit)
    return lanes


def bundles_out_of(lanes: Sequence[Sequence[int]], sizes: Sequence[int], times_max: int) -> list[list[int]]:
    """Bundles that take so many of each lane, from its front."""
    for lane, size in zip(lanes, sizes, strict=True):
        times_max = min(times_max, len(lane) // size)
    return [
        [unit for lane, size in zip(lanes, sizes, strict=True) for unit in lane[number * size : (number + 1) * size]]
        for number in range(times_max)
    ]


def fill(slot: int, free: list[int], holder: dict[int, int], slot_units: Sequence[frozenset[int]]) -> bool:
    """Give a slot one more unit: the dearest that is free for it, or for a slot that can pass one on. False: none.

    This is the augmenting step of a weighted matching in which a unit is worth the same in every slot. `free`: the
    units no slot holds yet, the dearest first; the one that comes in is taken out.
    """
    came_from, reached = _reached(slot, holder, slot_units)
    for position, unit in enumerate(free):
        for place in reached:
            if unit in slot_units[place]:
                del free[position]
                holder[unit] = place
                while place != slot:
                    previous, moved = came_from[place]
                    holder[moved] = previous
                    place = previous  # noqa: PLW2901 - walks the path back
                return True
    return False


def _reached(
    slot: int, holder: dict[int, int], slot_units: Sequence[frozenset[int]]
) -> tuple[dict[int, tuple[int, int]], list[int]]:
    """Every slot that could pass a unit on to `slot`, nearest first, and for each where its unit would go."""
    came_from: dict[int, tuple[int, int]] = {}
    reached = [slot]
    for place in reached:
        for unit, owner in holder.items():
            if len(reached) == len(slot_units):
                return came_from, reached
            if owner not in came_from and owner != slot and unit in slot_units[place]:
                came_from[owner] = (place, unit)
                reached.append(owner)
    return came_from, reached
