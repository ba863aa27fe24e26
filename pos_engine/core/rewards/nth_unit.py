"""nth_unit: the second, third … unit has a percentage of its own: "the second at half price, the third free"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from typing_extensions import override

from pos_engine.core.grouped import Arrangement, Grouped, by_places, mean_gain
from pos_engine.core.terms import Terms


@dataclass(frozen=True)
class NthUnit(Grouped):
    """`places_bp`: what is off the first unit, the second, and so on, by falling price; then it begins again.

    The percentages never fall, so that the cheaper unit has the higher one: (0, 5000) is "the second at half price".
    """

    places_bp: tuple[int, ...]

    @override
    def size(self) -> int:
        return len(self.places_bp)

    @override
    def arrange(self, units: Sequence[int], left: Sequence[int], terms: Terms) -> Arrangement:
        return by_places(self.places_bp, units, left, terms)

    @override
    def gain_max(self, unit: int, left: Sequence[int], terms: Terms) -> int:
        return mean_gain(self.places_bp, left[unit], terms)
