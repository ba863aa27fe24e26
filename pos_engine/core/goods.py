"""The basket as units in one canonical order, so that splitting, merging or re-ordering lines changes nothing.

Law: everything that is decided about units depends on what they are (their article), never on the line they stand on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pos_engine.core.basket import Basket
from pos_engine.core.money import Tariff

if TYPE_CHECKING:
    from pos_engine.core.listing import Listed
    from pos_engine.core.selectors import Matcher

Facets = tuple[tuple[str, ...], str, bool, str, str, str, tuple[str, ...]]
"""What a selector looks at beside product and price: categories, line kind, already reduced, department, brand, family,
attributes."""

ArticleKey = tuple[str, int, int, Facets, int]
"""Product, unit price in minor units, VAT rate in basis points, facets, lowest price in minor units. Articles stand in
the order of their keys."""

ORDINARY = "goods"
"""The line kind that most goods are of."""


@dataclass(frozen=True)
class Article:
    """What equal units have in common. `vat_bp` is known here: the organisation's rate stands in where it was not."""

    product_id: str
    unit_price_minor: int
    vat_bp: int
    categories: tuple[str, ...]
    line_kind: str
    already_reduced: bool
    department: str = ""
    brand: str = ""
    family: str = ""
    attributes: tuple[str, ...] = ()
    floor_minor: int = 0


def article_of_key(key: ArticleKey) -> Article:
    """The article that a key says."""
    product_id, price, vat_bp, facets, floor = key
    categories, line_kind, already_reduced, department, brand, family, attributes = facets
    return Article(
        product_id, price, vat_bp, categories, line_kind, already_reduced, department, brand, family, attributes, floor
    )


class Goods:
    """All units of a basket that are sold (positive price and quantity), numbered in canonical order.

    The units of article `a` are those from `starts[a]` up to `starts[a + 1]`. `positions[a]` are the lines it stands
    on. `price` and `vat` are of each unit, `floors` too: the lowest price of its article; empty when none has one.
    `listed`: what the ruleset knows about each article, once it was asked. What else can be said about units is worked
    out when somebody asks.
    """

    __slots__ = (
        "_article_of",
        "_articles",
        "_counting",
        "_place_of",
        "_units_by_article",
        "basket",
        "floors",
        "keys",
        "listed",
        "positions",
        "price",
        "starts",
        "vat",
    )

    def __init__(self, basket: Basket, found: dict[ArticleKey, list[int]]) -> None:
        self.basket = basket
        self.keys: list[ArticleKey] = sorted(found)
        self.positions: list[list[int]] = [found[key] for key in self.keys]
        lines = basket.lines
        starts: list[int] = [0]
        price: list[int] = []
        vat: list[int] = []
        for key in self.keys:
            positions = found[key]
            count = lines[positions[0]].quantity
            if len(positions) > 1:
                count = sum([lines[position].quantity for position in positions])
            if count == 1:
                price.append(key[1])
                vat.append(key[2])
            else:
                price.extend([key[1]] * count)
                vat.extend([key[2]] * count)
            starts.append(len(price))
        self.starts: list[int] = starts
        self.price: list[int] = price
        self.vat: list[int] = vat
        self.listed: list[Listed] | None = None
        self._counting: dict[Matcher, list[int]] = {}
        self._articles: list[Article] | None = None
        self._article_of: list[int] | None = None
        self._place_of: list[tuple[int, int]] | None = None
        self._units_by_article: list[list[int]] | None = None
        self.floors: list[int] = []
        if max([key[4] for key in self.keys], default=0) > 0:
            self.floors = [self.keys[a][4] for a in self.article_of]

    @property
    def articles(self) -> list[Article]:
        """What is sold."""
        if self._articles is None:
            self._articles = [article_of_key(key) for key in self.keys]
        return self._articles

    @property
    def units_by_article(self) -> list[list[int]]:
        """The units of each article."""
        if self._units_by_article is None:
            starts = self.starts
            self._units_by_article = [list(range(starts[a], starts[a + 1])) for a in range(len(self.keys))]
        return self._units_by_article

    @property
    def article_of(self) -> list[int]:
        """The article of each unit."""
        if self._article_of is None:
            self._article_of = [a for a, units in enumerate(self.units_by_article) for _ in units]
        return self._article_of

    @property
    def place_of(self) -> list[tuple[int, int]]:
        """Per unit the position of its line and its number inside the line."""
        if self._place_of is None:
            lines = self.basket.lines
            self._place_of = [
                (position, index)
                for positions in self.positions
                for position in positions
                for index in range(lines[position].quantity)
            ]
        return self._place_of

    def counting(self, matcher: Matcher) -> list[int]:
        """The articles that a matcher counts."""
        known = self._counting.get(matcher)
        if known is None:
            number = matcher.number
            if self.listed is None or number < 0:
                known = [a for a, article in enumerate(self.articles) if matcher.counts(article)]
            else:
                known = [a for a, one in enumerate(self.listed) if number in one.counted or number in one.also]
            self._counting[matcher] = known
        return known

    def value_minor(self, articles: Sequence[int], values: Sequence[int]) -> int:
        """What the units of some articles are worth together, when each is worth what `values` says."""
        if len(articles) == len(self.keys):
            return sum(values)
        starts = self.starts
        return sum([sum(values[starts[a] : starts[a + 1]]) for a in articles])

    def units_of(self, articles: Sequence[int]) -> list[int]:
        """The units of some articles."""
        return [unit for a in articles for unit in range(self.starts[a], self.starts[a + 1])]


def goods_of(basket: Basket, tariff: Tariff) -> Goods:
    """Number the units of a basket: by article first, then by where they stand."""
    found: dict[ArticleKey, list[int]] = {}
    unknown_bp = tariff.unknown_vat_bp
    for position, line in enumerate(basket.lines):
        price = line.unit_price_minor
        if price <= 0 or line.quantity <= 0:
            continue
        vat_bp = line.vat_bp
        key = (
            line.product_id,
            price,
            unknown_bp if vat_bp is None else vat_bp,
            (
                line.categories,
                line.line_kind,
                line.already_reduced,
                line.department,
                line.brand,
                line.family,
                line.attributes,
            ),
            line.unit_price_floor_minor,
        )
        positions = found.get(key)
        if positions is None:
            found[key] = [position]
        else:
            positions.append(position)
    return Goods(basket, found)
