"""Totals of sales whose lines are columns of numbers: no basket is made unless an offer asks for one.

A replay prices a year of receipts; making their baskets would take as long as their prices. Law: where totals are said,
they are those of `evaluate` on the same sale.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from typing_extensions import override

from pos_engine.core.basket import Basket, BasketLine
from pos_engine.core.flat_articles import FlatKind, FlatProduct
from pos_engine.core.flat_offers import FlatOffer
from pos_engine.core.flat_piles import PILES_MAX
from pos_engine.core.flat_sale import UNITS_MAX, VALUE_MAX
from pos_engine.core.flat_walk import FlatWalk
from pos_engine.core.member import Member
from pos_engine.core.moment import Moment
from pos_engine.core.ruleset import Ruleset
from pos_engine.core.usage import Usage

if TYPE_CHECKING:
    from mypy_extensions import i64

PRICE_MAX: Final = VALUE_MAX // UNITS_MAX
"""Below it no line of so many units is worth more than all goods may be; dearer goods go the long way."""

NEW: Final = -1
NOT_USUAL: Final = -2
"""Places that are none."""


class ArticleTable:
    """What a set knows of articles that go by numbers; each is looked at when it is first met.

    `places`: per article where the other lists say more of it, NEW, or NOT_USUAL: its price or floor is none a flat
    sale counts with. `prices`: of a unit.
    """

    __slots__ = ("_sample", "kinds", "lines", "places", "prices", "products", "rules")

    def __init__(self, rules: Ruleset, sample: Callable[[int], BasketLine], articles: int) -> None:
        """`sample`: a line that sells the article of a number; its id and quantity are not asked for."""
        self.rules = rules
        self._sample = sample
        self.kinds: list[FlatKind] = []
        self.products: list[FlatProduct] = []
        self.lines: list[BasketLine] = []
        self.places: list[int] = [NEW] * articles
        self.prices: list[int] = []

    def look(self, number: int) -> int:
        """Find out about an article; its place."""
        line = self._sample(number)
        cost = line.unit_price_minor
        if not -PRICE_MAX <= cost <= PRICE_MAX or (cost > 0 and line.unit_price_floor_minor):
            self.places[number] = NOT_USUAL
            return NOT_USUAL
        product, kind = self.rules.articles.of(line, cost)
        place = self.places[number] = len(self.kinds)
        self.kinds.append(kind)
        self.products.append(product)
        self.lines.append(line)
        self.prices.append(cost)
        return place


class FlatTotals(FlatWalk):
    """A walk over columns. `whole`: makes the basket with its lines, for the few conditions that look into it."""

    __slots__ = ("articles", "quantities", "table", "whole")

    def __init__(
        self,
        table: ArticleTable,
        columns: tuple[Sequence[int], Sequence[int]],
        head: Basket,
        member: Member | None,
        usage: Usage,
        moment: Moment,
        whole: Callable[[], Basket],
    ) -> None:
        """`columns`: article and quantity of each line. `head`: the basket, where its lines need not be told."""
        super().__init__(table.rules, head, member, usage, moment)
        self.table = table
        self.articles, self.quantities = columns
        self.whole = whole

    @override
    def take_in(self) -> bool:
        """Read the lines; False when there is a floor, or a number beyond what a flat sale counts with."""
        table, piles, quantities = self.table, self.piles, self.quantities
        prices, counts, kinds = piles.price, piles.count, piles.kinds
        products, lines = piles.products, piles.lines
        value: i64 = 0
        goods: i64 = 0
        wide: i64 = 0
        for at, number in enumerate(self.articles):
            place: i64 = table.places[number]
            if place == NEW:
                place = table.look(number)
            units = quantities[at]
            if place == NOT_USUAL or not -UNITS_MAX <= units <= UNITS_MAX:
                return False
            cost = table.prices[place]
            price: i64 = cost
            count: i64 = units
            worth = price * count
            value += worth
            if price <= 0 or count <= 0:
                continue
            goods += worth
            if goods > VALUE_MAX:
                return False
            kind = table.kinds[place]
            if kind.ordinary:
                wide += worth
            else:
                self._set_apart(kind, worth)
            prices.append(cost)
            counts.append(units)
            kinds.append(kind)
            products.append(table.products[place])
            lines.append(table.lines[place])
        piles.free = list(counts)
        self.value = value
        self.goods_minor = goods
        self.wide_minor = wide
        self.counted_minor += wide
        return len(counts) < PILES_MAX

    @override
    def _rest(self, row: FlatOffer) -> int:
        """A condition that no gate asks may look into the basket."""
        self.basket = self.whole()
        return super()._rest(row)


def flat_totals(
    table: ArticleTable,
    columns: tuple[Sequence[int], Sequence[int]],
    head: Basket,
    member: Member | None,
    usage: Usage,
    moment: Moment,
    whole: Callable[[], Basket],
) -> tuple[int, int] | None:
    """Value and discount of a sale in minor units; None: it takes more than a walk over integers."""
    if not table.rules.tariff.prices_include_tax:
        return None
    walk = FlatTotals(table, columns, head, member, usage, moment, whole)
    if not walk.run():
        return None
    return walk.value, walk.discount
