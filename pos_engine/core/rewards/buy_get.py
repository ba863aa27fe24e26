"""buy_get: whoever buys some goods gets others cheaper or free: "buy a printer, get a cartridge at half price"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from typing_extensions import override

from pos_engine.core.grouped import Arrangement, Grouped, amounts_of, by_places, falling
from pos_engine.core.money import BASIS_POINTS_WHOLE
from pos_engine.core.offer_parts import Selector, Slot
from pos_engine.core.rewards.percent import part_of
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
        common = [unit for unit in ordered if unit in buyable and unit in gettable]
        inside = by_places(self.places_bp(), common, left, terms)
        if len(common) == len(ordered):
            return inside
        plain = [unit for unit in ordered if unit in buyable and unit not in gettable]
        got = [unit for unit in ordered if unit in gettable]
        over_all = self._over_all(plain, common, got, left, terms)
        return max(inside, over_all, key=lambda tried: sum(amounts_of(tried, left, terms)))

    def _over_all(
        self, plain: Sequence[int], common: Sequence[int], got: Sequence[int], left: Sequence[int], terms: Terms
    ) -> Arrangement:
        """The best that compares all that is bought with all that is got; of equal ones the fewest applications.

        The dearest of `common` are bought, as many as it takes, then of `plain`, which can only be bought. With so many
        of `common` the more applications the better, and what is got is one stretch of the falling prices.
        """
        # Of one price, what was bought comes first: what may be got begins after it.
        shared = frozenset(common)
        falling_got = sorted(got, key=lambda unit: (-left[unit], unit not in shared, unit))
        stretches = Stretches(falling_got, left, self.percent_bp, terms)
        after_bought = [0] + [at + 1 for at, unit in enumerate(falling_got) if unit in shared]
        most = (len(plain) + len(got)) // self.size()
        if terms.uses_max is not None:
            most = min(most, terms.uses_max)
        best_minor, best_times, best_both = 0, 0, 0
        for both, first in enumerate(after_bought):
            fewest = max(1, -(-both // self.buy_quantity))
            times = min(most, (both + len(plain)) // self.buy_quantity, (len(got) - first) // self.get_quantity)
            if times < fewest or stretches.saved_minor(first, times * self.get_quantity) < max(1, best_minor):
                continue
            saved_minor = stretches.saved_minor(first, times * self.get_quantity)
            while fewest < times:
                middle = (fewest + times) // 2
                if stretches.saved_minor(first, middle * self.get_quantity) == saved_minor:
                    times = middle
                else:
                    fewest = middle + 1
            if saved_minor > best_minor or times < best_times:
                best_minor, best_times, best_both = saved_minor, times, both
        return self._with(best_times, best_both, plain, common, got, left)

    def _with(
        self,
        times: int,
        both: int,
        plain: Sequence[int],
        common: Sequence[int],
        got: Sequence[int],
        left: Sequence[int],
    ) -> Arrangement:
        """So many applications, of which so many bought units could have been got."""
        dear = common[:both]
        taken = frozenset(dear)
        bought = (*dear, *plain[: times * self.buy_quantity - both])
        ceiling = left[dear[-1]] if dear else None
        free = [unit for unit in got if unit not in taken and (ceiling is None or left[unit] <= ceiling)]
        given = tuple(free[: times * self.get_quantity])
        return Arrangement((*bought, *given), (0,) * len(bought) + (self.percent_bp,) * len(given))

    @override
    def gain_max(self, unit: int, left: Sequence[int], terms: Terms) -> int:
        if unit not in terms.slot_units[1]:
            return 0
        slack = BASIS_POINTS_WHOLE // 2 if terms.rounding.scope == "unit" else 0
        return left[unit] * self.percent_bp + slack


class Stretches:
    """What a percentage takes off any stretch of units, without adding them up again."""

    def __init__(self, units: Sequence[int], left: Sequence[int], percent_bp: int, terms: Terms) -> None:
        self.terms = terms
        self.exact = [0]
        self.rooms = [0]
        self.rounded = [0]
        for unit in units:
            part, room = left[unit] * percent_bp, terms.room(unit, left)
            self.exact.append(self.exact[-1] + part)
            self.rooms.append(self.rooms[-1] + (room if part else 0))
            self.rounded.append(self.rounded[-1] + min(part_of(part, 1, terms.rounding), room))

    def saved_minor(self, first: int, count: int) -> int:
        """What is off so many units from one on, rounded as the offer says, above floors and under its ceiling."""
        end, terms = first + count, self.terms
        if terms.rounding.scope == "unit":
            return terms.capped(self.rounded[end] - self.rounded[first])
        whole = part_of(self.exact[end] - self.exact[first], 1, terms.rounding)
        return min(terms.capped(whole), self.rooms[end] - self.rooms[first])
