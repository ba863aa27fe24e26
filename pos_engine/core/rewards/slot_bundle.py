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
        free = list(ordered)
        holder: dict[int, int] = {}
        times, best_times, best_minor, cost, room = 0, 0, 0, 0, 0
        while (terms.uses_max is None or times < terms.uses_max) and self._one_more(free, holder, terms):
            times += 1
            if self.price_minor is None:
                best_times = times
                continue
            # A unit that has come in stays in, whichever slot it moves to.
            for unit in list(holder)[(times - 1) * self.size() :]:
                cost += left[unit]
                room += terms.room(unit, left)
            given = terms.capped(min(cost - times * self.price_minor, room))
            if given > best_minor:
                best_times, best_minor = times, given
        inside = frozenset(list(holder)[: best_times * self.size()])
        chosen = tuple([unit for unit in ordered if unit in inside])
        if self.price_minor is None:
            return Arrangement(chosen, (self.percent_bp or 0,) * len(chosen))
        return Arrangement(chosen, (), best_minor) if chosen else NOTHING

    def _one_more(self, free: list[int], holder: dict[int, int], terms: Terms) -> bool:
        """Fill one more bundle with the dearest units, moving units between slots where that helps."""
        for number, slot in enumerate(self.bundle_slots):
            for _ in range(slot.quantity):
                if not fill(number, free, holder, terms.slot_units):
                    return False
        return True

    @override
    def gain_max(self, unit: int, left: Sequence[int], terms: Terms) -> int:
        if self.percent_bp is None:
            return left[unit] * BASIS_POINTS_WHOLE
        slack = BASIS_POINTS_WHOLE // 2 if terms.rounding.scope == "unit" else 0
        return left[unit] * self.percent_bp + slack


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
