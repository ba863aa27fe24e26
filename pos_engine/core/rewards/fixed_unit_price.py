"""fixed_unit_price: each selected unit costs a fixed price."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from typing_extensions import override

from pos_engine.core.allocate import allocate
from pos_engine.core.campaign import Reward
from pos_engine.core.terms import Terms


@dataclass(frozen=True)
class FixedUnitPrice(Reward):
    """Each unit that is dearer costs `price_minor`; every unit is one use, a limit of uses takes the dearest."""

    price_minor: int

    @override
    def pick(self, units: Sequence[int], left: Sequence[int], terms: Terms) -> list[int]:
        dearer = [unit for unit in units if left[unit] > self.price_minor]
        if terms.uses_max is None or len(dearer) <= terms.uses_max:
            return dearer
        return sorted(dearer, key=lambda unit: (-left[unit], unit))[: terms.uses_max]

    @override
    def amounts(self, taken: Sequence[int], left: Sequence[int], terms: Terms) -> list[int]:
        wishes = [min(left[unit] - self.price_minor, terms.room(unit, left)) for unit in taken]
        total = terms.capped(sum(wishes))
        rates = [terms.vat[unit] for unit in taken]
        return wishes if total == sum(wishes) else allocate(total, wishes, wishes, rates)

    @override
    def uses(self, amounts: Sequence[int]) -> int:
        return sum(1 for amount in amounts if amount > 0)

    @override
    def saving_max(self, units: Sequence[int], left: Sequence[int], terms: Terms) -> int:
        wishes = sorted(
            (max(0, min(left[unit] - self.price_minor, terms.room(unit, left))) for unit in units), reverse=True
        )
        return terms.capped(sum(wishes if terms.uses_max is None else wishes[: terms.uses_max]))
