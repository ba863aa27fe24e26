"""any_for_price: any so many units for a fixed sum: "any 3 for 5.00"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from typing_extensions import override

from pos_engine.core.grouped import NOTHING, Arrangement, Grouped, falling
from pos_engine.core.money import BASIS_POINTS_WHOLE
from pos_engine.core.terms import Terms


@dataclass(frozen=True)
class AnyForPrice(Grouped):
    """Any `count` units together cost `price_minor`; repeats with the dearest units as long as it saves."""

    count: int
    price_minor: int

    @override
    def size(self) -> int:
        return self.count

    @override
    def arrange(self, units: Sequence[int], left: Sequence[int], terms: Terms) -> Arrangement:
        ordered = falling(units, left)
        most = len(ordered) // self.count
        if terms.uses_max is not None:
            most = min(most, terms.uses_max)
        best, best_minor = NOTHING, 0
        saved = room = 0
        for times in range(1, most + 1):
            group = ordered[(times - 1) * self.count : times * self.count]
            saved += sum(left[unit] for unit in group) - self.price_minor
            room += sum(terms.room(unit, left) for unit in group)
            given = terms.capped(min(saved, room))
            if given > best_minor:
                chosen = tuple(ordered[: times * self.count])
                best, best_minor = Arrangement(chosen, (), given), given
        return best

    @override
    def gain_max(self, unit: int, left: Sequence[int], terms: Terms) -> int:
        share = self.price_minor * BASIS_POINTS_WHOLE // self.count
        return max(0, left[unit] * BASIS_POINTS_WHOLE - share)
