"""buy_get: whoever buys some goods gets others cheaper or free: "buy a printer, get a cartridge at half price"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from typing_extensions import override

from pos_engine.core.grouped import Arrangement, Grouped, amounts_of, by_places, falling
from pos_engine.core.money import BASIS_POINTS_WHOLE
from pos_engine.core.offer_parts import Selector, Slot
from pos_engine.core.terms import Terms


@dataclass(frozen=True)
class BuyGet(Grouped):
    """For every `buy_quantity` units of `buy`, `get_quantity` units of `get` are `percent_bp` off; repeats.

    A unit is bought or got, never both. No unit that is got is dearer than one that was bought and could have been
    got: inside each application when all goods they take can be either, else over all applications. What saves more
    is done, so goods that come in addition never lower the discount.
    """

    buy: Selector
    get: Selector
    buy_quantity: int = 1
    get_quantity: int = 1
    percent_bp: int = 10_000

    @override
    def slots(self) -> tuple[Slot, ...]:
        return (Slot(self.buy, self.buy_quantity), Slot(self.get, self.get_quantity))

    @override
    def size(self) -> int:
        return self.buy_quantity + self.get_quantity

    def places_bp(self) -> tuple[int, ...]:
        """Percentage at each place of an application when the same goods are bought and got."""
        return (0,) * self.buy_quantity + (self.percent_bp,) * self.get_quantity

    @override
    def arrange(self, units: Sequence[int], left: Sequence[int], terms: Terms) -> Arrangement:
        buyable, gettable = terms.slot_units
        ordered = falling(units, left)
        most = len(ordered) // self.size()
        if terms.uses_max is not None:
            most = min(most, terms.uses_max)
        common = [unit for unit in ordered if unit in buyable and unit in gettable]
        inside = by_places(self.places_bp(), common, left, terms)
        if len(common) == len(ordered):
            return inside
        best, best_minor = inside, sum(amounts_of(inside, left, terms))
        for times in range(1, most + 1):
            for both in range(times * self.buy_quantity + 1):
                tried = self._with(times, both, ordered, left, terms)
                saved = 0 if tried is None else sum(amounts_of(tried, left, terms))
                if tried is not None and saved > best_minor:
                    best, best_minor = tried, saved
        return best

    def _with(
        self, times: int, both: int, ordered: Sequence[int], left: Sequence[int], terms: Terms
    ) -> Arrangement | None:
        """The best with so many applications of which so many bought units could have been got; None when none is."""
        buyable, gettable = terms.slot_units
        dear = [unit for unit in ordered if unit in buyable and unit in gettable][:both]
        plain = [unit for unit in ordered if unit in buyable and unit not in gettable]
        bought = dear + plain[: times * self.buy_quantity - both]
        ceiling = left[dear[-1]] if dear else None
        got = [u for u in ordered if u in gettable and u not in dear and (ceiling is None or left[u] <= ceiling)]
        got = got[: times * self.get_quantity]
        if len(dear) < both or len(bought) < times * self.buy_quantity or len(got) < times * self.get_quantity:
            return None
        return Arrangement((*bought, *got), (0,) * len(bought) + (self.percent_bp,) * len(got))

    @override
    def gain_max(self, unit: int, left: Sequence[int], terms: Terms) -> int:
        if unit not in terms.slot_units[1]:
            return 0
        slack = BASIS_POINTS_WHOLE // 2 if terms.rounding.scope == "unit" else 0
        return left[unit] * self.percent_bp + slack
