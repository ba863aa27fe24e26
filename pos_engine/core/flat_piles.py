"""The goods of a flat sale as piles of equal units at shelf prices, and what offers take off them, in integers only.

A pile is a line that is sold. Units of one article are equal, so the units of a pile that are consumed are counted and
not named. Law: each gift takes off what the offer's reward takes off the same free units, and consumes as many of each
article.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pos_engine.core.basket import BasketLine
from pos_engine.core.flat_articles import FlatKind, FlatProduct, key_of
from pos_engine.core.flat_offers import (
    BUY_GET,
    EACH,
    GROUP_PRICE,
    LADDER,
    NO_END,
    PERCENT,
    PLACES,
    PRICE,
    FlatOffer,
    ladder_minor,
    part_of,
)

if TYPE_CHECKING:
    from mypy_extensions import i64

PILE_BITS: Final = 14
PILES_MAX: Final = 1 << PILE_BITS
"""A pile's number stands in the lowest bits of what is put in order; a sale with more piles goes the long way."""

CANNOT_SAY: Final = -1
"""What an offer takes off, when it cannot be said in piles."""


class Piles:
    """`price`, `count`, `free`: per pile the price of a unit, its units, and those nobody consumed in this phase.

    `ours`: the piles of the offer that is asked, those with free units above its floor; `taken`: per pile of `ours` the
    units it takes.
    """

    __slots__ = ("count", "free", "kinds", "lines", "ours", "price", "products", "taken", "unknown_vat_bp")

    def __init__(self, unknown_vat_bp: int) -> None:
        self.unknown_vat_bp = unknown_vat_bp
        self.lines: list[BasketLine] = []
        self.products: list[FlatProduct] = []
        self.kinds: list[FlatKind] = []
        self.price: list[int] = []
        self.count: list[int] = []
        self.free: list[int] = []
        self.ours: list[int] = []
        self.taken: list[int] = []

    def counts(self, pile: i64, matcher: int) -> bool:
        """Whether a matcher counts the goods of a pile."""
        return self.kinds[pile].listed.counts(matcher) or matcher in self.products[pile].numbers

    def worth_of(self, matcher: int) -> i64:
        """What the goods that a matcher counts are worth. `counts` stands here once more, without a call per pile."""
        worth: i64 = 0
        prices, counts, products = self.price, self.count, self.products
        for pile, kind in enumerate(self.kinds):
            listed = kind.listed
            if matcher in listed.counted or matcher in listed.also or matcher in products[pile].numbers:
                price: i64 = prices[pile]
                worth += price * counts[pile]
        return worth

    def given_minor(self, row: FlatOffer, uses_max: i64, discount_max: i64) -> i64:
        """What an offer takes off `ours`, never more than they have above its floor; 0 leaves everybody's units free.

        CANNOT_SAY when it has to be asked the long way.
        """
        shape = row.shape
        if shape == PLACES:
            given = self._by_places(row, uses_max)
        elif shape == GROUP_PRICE:
            return self._for_a_price(row, uses_max, discount_max)
        elif shape == BUY_GET:
            given = self._bought_and_got(row, uses_max, discount_max)
        else:
            if shape in (EACH, PRICE):
                if max(row.units_max, uses_max) < NO_END:
                    return CANNOT_SAY
                most = min(row.units_max, uses_max)
                dearest = row.dearest or uses_max != NO_END
            else:
                most, dearest = row.units_max, row.dearest
            given = self._of_some(row, most, dearest=dearest)
        return min(given, discount_max)

    def taken_whole(self, row: FlatOffer, pile: i64) -> i64:
        """What an offer whose row is `alike` takes off the free units of a single pile; they are free no more."""
        units: i64 = self.free[pile]
        cost: i64 = self.price[pile]
        if units <= 0 or cost <= row.floor:
            return 0
        given = part_of(units * cost * row.value, down=row.down) if row.shape == PERCENT else row.value
        given = min(given, units * (cost - row.floor))
        given = min(given, row.discount_max)
        if given > 0:
            self.free[pile] = 0
        return given

    def consume(self) -> None:
        """The units that `ours` gave are free no more."""
        free = self.free
        taken = self.taken
        for at, pile in enumerate(self.ours):
            free[pile] -= taken[at]

    def _of_some(self, row: FlatOffer, most: i64, *, dearest: bool) -> i64:
        """A percentage, a sum, a ladder or a price, on all units or on so many of them."""
        price, free = self.price, self.free
        shape, value, floor = row.shape, row.value, row.floor
        if shape == PRICE:
            self.ours = [pile for pile in self.ours if price[pile] > value]
        if most != NO_END:
            self._order(falling=dearest)
        taken: list[int] = []
        whole: i64 = 0
        room: i64 = 0
        wishes: i64 = 0
        for pile in self.ours:
            units: i64 = min(free[pile], most)
            most -= units
            taken.append(units)
            cost: i64 = price[pile]
            above = cost - floor
            whole += units * cost
            room += units * above
            if shape == EACH:
                wishes += units * min(value, above)
            elif shape == PRICE:
                wishes += units * min(cost - value, above)
            elif shape == PERCENT and row.each:
                wishes += units * min(part_of(cost * value, down=row.down), above)
        self.taken = taken
        if shape in (EACH, PRICE):
            return wishes
        if shape == PERCENT:
            return wishes if row.each else min(room, part_of(whole * value, down=row.down))
        return min(room, ladder_minor(row, whole) if shape == LADDER else value)

    def _by_places(self, row: FlatOffer, uses_max: i64) -> i64:
        """Complete applications by falling price; each place has its percentage."""
        price, places = self.price, row.places
        size = row.size
        rest = min(self._units() // size, uses_max) * size
        if rest == 0:
            return 0
        self._order(falling=True)
        taken: list[int] = []
        place: i64 = 0
        parts: i64 = 0
        room: i64 = 0
        wishes: i64 = 0
        for pile in self.ours:
            units: i64 = min(self.free[pile], rest)
            rest -= units
            taken.append(units)
            cost: i64 = price[pile]
            while units > 0:
                units -= 1
                part: i64 = cost * places[place]
                place += 1
                if place == size:
                    place = 0
                if part:
                    parts += part
                    room += cost - row.floor
                    if row.each:
                        wishes += min(part_of(part, down=row.down), cost - row.floor)
        self.taken = taken
        return wishes if row.each else min(room, part_of(parts, down=row.down))

    def _for_a_price(self, row: FlatOffer, uses_max: i64, discount_max: i64) -> i64:
        """Every so many units for a price, by falling price, as often as saves most."""
        size = row.size
        times = min(self._units() // size, uses_max)
        self._order(falling=True)
        best: i64 = 0
        best_times: i64 = 0
        saved: i64 = 0
        room: i64 = 0
        seen: i64 = 0
        for pile in self.ours:
            cost: i64 = self.price[pile]
            units: i64 = self.free[pile]
            while units > 0 and times > 0:
                units -= 1
                seen += 1
                saved += cost
                room += cost - row.floor
                if seen % size == 0:
                    times -= 1
                    saved -= row.value
                    given = min(saved, room)
                    given = min(given, discount_max)
                    if given > best:
                        best, best_times = given, seen // size
        self._take_first(best_times * size)
        return best

    def _bought_and_got(self, row: FlatOffer, uses_max: i64, discount_max: i64) -> i64:
        """Goods that are bought and others that are got; the same goods for both go by places."""
        buying: list[int] = []
        getting: list[int] = []
        both: i64 = 0
        for pile in self.ours:
            buys, gets = self.counts(pile, row.buy), self.counts(pile, row.get)
            if buys and gets:
                both += 1
            elif buys:
                buying.append(pile)
            else:
                getting.append(pile)
        if both:
            return CANNOT_SAY if buying or getting else self._by_places(row, uses_max)
        self.ours = buying
        bought = self._units() // row.buy_quantity
        self._order(falling=True)
        buying = self.ours
        self.ours = getting
        got_size = row.size - row.buy_quantity
        times = min(bought, self._units() // got_size)
        times = min(times, uses_max)
        if times == 0:
            return 0
        self._order(falling=True)
        return self._best_times(row, buying, times, discount_max)

    def _best_times(self, row: FlatOffer, buying: list[int], times: i64, discount_max: i64) -> i64:
        """The fewest applications that take off most, out of at most so many; `ours` are the goods that are got."""
        got_size = row.size - row.buy_quantity
        rest = times * got_size
        seen: i64 = 0
        parts: i64 = 0
        room: i64 = 0
        wishes: i64 = 0
        best: i64 = 0
        best_times: i64 = 0
        for pile in self.ours:
            cost: i64 = self.price[pile]
            units: i64 = min(self.free[pile], rest)
            rest -= units
            part = cost * row.value
            while units > 0:
                units -= 1
                seen += 1
                if part:
                    parts += part
                    room += cost - row.floor
                    wishes += min(part_of(part, down=row.down), cost - row.floor)
                if seen % got_size == 0:
                    given = wishes if row.each else min(room, part_of(parts, down=row.down))
                    given = min(given, discount_max)
                    if given > best:
                        best, best_times = given, seen // got_size
        self._take_first(best_times * got_size)
        getting, got = self.ours, self.taken
        self.ours = buying
        self._take_first(best_times * row.buy_quantity)
        self.ours = buying + getting
        self.taken = self.taken + got
        return best

    def _units(self) -> i64:
        """The free units of `ours`."""
        units: i64 = 0
        for pile in self.ours:
            units += self.free[pile]
        return units

    def _take_first(self, rest: i64) -> None:
        """Take so many units, in the order of `ours`."""
        taken: list[int] = []
        for pile in self.ours:
            units: i64 = min(self.free[pile], rest)
            rest -= units
            taken.append(units)
        self.taken = taken

    def _order(self, *, falling: bool) -> None:
        """Put `ours` in order of price, equal prices in the order of their articles."""
        ours, price = self.ours, self.price
        if len(ours) < 2:  # noqa: PLR2004 - one is in order
            return
        sign: i64 = -PILES_MAX if falling else PILES_MAX
        keys = [sign * price[pile] + pile for pile in ours]
        keys.sort()
        self.ours = ours = [key % PILES_MAX for key in keys]
        at: i64 = 1
        while at < len(ours):
            here: i64 = at
            while here > 0 and self._swapped(ours[here - 1], ours[here]):
                ours[here - 1], ours[here] = ours[here], ours[here - 1]
                here -= 1
            at += 1

    def _swapped(self, pile: i64, after: i64) -> bool:
        """Whether two neighbours of one price stand against the order of their articles."""
        if self.price[pile] != self.price[after]:
            return False
        line, other = self.lines[pile], self.lines[after]
        if line.product_id != other.product_id:
            return other.product_id < line.product_id
        return key_of(other, self.unknown_vat_bp) < key_of(line, self.unknown_vat_bp)
