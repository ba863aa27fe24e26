"""free_product: units of a product for nothing, out of those in the basket."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from typing_extensions import override

from pos_engine.core.campaign import Reward
from pos_engine.core.money import BASIS_POINTS_WHOLE
from pos_engine.core.rewards.percent import percent_amounts
from pos_engine.core.terms import Terms


@dataclass(frozen=True)
class FreeProduct(Reward):
    """Up to `quantity` units of one of `product_ids`, down to the floor price; one use a receipt.

    Several products: the basket says which was chosen, else the dearest in it is given. `refusable`: the cashier's
    screen offers to take it off. The free units never count towards the offer's own minimum spend.
    """

    product_ids: tuple[str, ...]
    quantity: int = 1
    refusable: bool = True

    @override
    def limited(self) -> bool:
        return True

    @override
    def products(self) -> tuple[str, ...]:
        return self.product_ids

    @override
    def pick(self, units: Sequence[int], left: Sequence[int], terms: Terms) -> list[int]:
        wanted = self.product_ids
        if terms.chosen_product in wanted:
            wanted = (terms.chosen_product,)
        given = [unit for unit in units if terms.product_of[unit] in wanted]
        return sorted(given, key=lambda unit: (-left[unit], unit))[: self.quantity]

    @override
    def amounts(self, taken: Sequence[int], left: Sequence[int], terms: Terms) -> list[int]:
        return percent_amounts(BASIS_POINTS_WHOLE, taken, left, terms)

    @override
    def saving_max(self, units: Sequence[int], left: Sequence[int], terms: Terms) -> int:
        rooms = sorted(
            (terms.room(unit, left) for unit in units if terms.product_of[unit] in self.product_ids), reverse=True
        )
        return terms.capped(sum(rooms[: self.quantity]))
