"""What a set knows of a line's goods, in two parts: what holds for all of their kind, and what names their product.

Most products are seen once a day, their kinds all the time. So what is looked up for a product is little: the offers
that name it. Law: both parts together are what `Listing` says about the article.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pos_engine.core.basket import BasketLine
from pos_engine.core.goods import ORDINARY, ArticleKey, Facets
from pos_engine.core.listing import Listed, Listing
from pos_engine.core.remembered import Remembered

if TYPE_CHECKING:
    from mypy_extensions import i64

PRODUCTS_MAX: Final = 32_768
"""Products that are remembered, some 300 bytes each with 1,000 campaigns."""

KINDS_MAX: Final = 4_096
"""Kinds that are remembered, and articles that have to be looked at one by one."""


def facets_of(line: BasketLine) -> Facets:
    """What selectors look at beside product and price."""
    return (
        line.categories,
        line.line_kind,
        line.already_reduced,
        line.department,
        line.brand,
        line.family,
        line.attributes,
    )


def key_of(line: BasketLine, unknown_vat_bp: int) -> ArticleKey:
    """The article that a line sells."""
    vat_bp = unknown_vat_bp if line.vat_bp is None else line.vat_bp
    return (line.product_id, line.unit_price_minor, vat_bp, facets_of(line), line.unit_price_floor_minor)


class FlatKind:
    """What lines of one kind have in common. `ranks`: the offers that may touch them, in the order they are asked.

    `counted`: whether a selector of everything counts them; `ordinary`: and their price may change. `price`: where a
    band asks for it, else -1.
    """

    __slots__ = (
        "already_reduced",
        "attributes",
        "brand",
        "categories",
        "counted",
        "department",
        "family",
        "last_rank",
        "line_kind",
        "listed",
        "ordinary",
        "price",
        "ranks",
        "touchable",
    )

    def __init__(self, facets: Facets, price: int, listed: Listed, all_goods: int) -> None:
        self.categories: tuple[str, ...] = facets[0]
        self.line_kind: str = facets[1]
        self.already_reduced: bool = facets[2]
        self.department: str = facets[3]
        self.brand: str = facets[4]
        self.family: str = facets[5]
        self.attributes: tuple[str, ...] = facets[6]
        self.price: i64 = price
        self.ranks: tuple[int, ...] = listed.ranks
        self.last_rank: i64 = listed.ranks[-1] if listed.ranks else -1
        self.touchable: bool = listed.touchable
        self.counted: bool = listed.counts(all_goods)
        self.ordinary: bool = self.counted and self.touchable
        self.listed = listed

    def is_of(self, line: BasketLine, price: i64) -> bool:
        """Whether a line says the same in all that selectors look at, beside the product."""
        line_kind = line.line_kind
        department = line.department
        brand = line.brand
        family = line.family
        # Most of these texts are one and the same object: the empty one.
        return (
            (self.price < 0 or self.price == price)
            and (line_kind is self.line_kind or line_kind == self.line_kind)
            and line.already_reduced == self.already_reduced
            and (department is self.department or department == self.department)
            and (brand is self.brand or brand == self.brand)
            and (family is self.family or family == self.family)
            and line.categories == self.categories
            and line.attributes == self.attributes
        )


class FlatProduct:
    """What names a product. `ranks`, `numbers`: the offers and the matchers that list it; none when it is `alone`.

    `alone`: some selector asks more than its name, so each of its articles is a kind of its own. `kind`: of the line
    that was seen last.
    """

    __slots__ = ("alone", "kind", "last_rank", "numbers", "ranks")

    def __init__(self, numbers: tuple[int, ...], ranks: tuple[int, ...], kind: FlatKind, *, alone: bool) -> None:
        self.numbers = numbers
        self.ranks = ranks
        self.last_rank: i64 = ranks[-1] if ranks else -1
        self.kind = kind
        self.alone = alone


class FlatArticles:
    """The products and kinds a set has met, within a bound."""

    def __init__(self, listing: Listing, all_goods: int) -> None:
        self._listing = listing
        self._all_goods = all_goods
        self._products: Remembered[str, FlatProduct] = Remembered(PRODUCTS_MAX)
        self._kinds: Remembered[tuple[str, Facets, int], FlatKind] = Remembered(KINDS_MAX)
        self._no_ranks: tuple[int, ...] = ()

    def of(self, line: BasketLine, price: i64) -> tuple[FlatProduct, FlatKind]:
        """What is known about the goods of a line."""
        product_id = line.product_id
        product = self._products.young.get(product_id)
        if product is None:
            product = self._products.older(product_id)
            if product is None:
                product = self._look(product_id, line)
        kind = product.kind
        if not kind.is_of(line, price):
            kind = self._kind(line, alone=product.alone)
            product.kind = kind
        # What stands only under the name of ordinary goods is asked one by one for others.
        if product.numbers and kind.line_kind != ORDINARY:
            product = FlatProduct((), self._no_ranks, self._kind(line, alone=True), alone=True)
            kind = product.kind
        return product, kind

    def _look(self, product_id: str, line: BasketLine) -> FlatProduct:
        """Find out which offers name a product, and remember it."""
        alone = self._listing.asks_more_of(product_id)
        numbers = () if alone else self._listing.naming(product_id)
        ranks = self._listing.ranks_for(numbers)
        found = FlatProduct(numbers, ranks, self._kind(line, alone=alone), alone=alone)
        self._products.keep(product_id, found)
        return found

    def _kind(self, line: BasketLine, *, alone: bool) -> FlatKind:
        """What holds for all goods of a line's kind, or for its article alone."""
        facets = facets_of(line)
        price = line.unit_price_minor if self._listing.banded else -1
        short = (line.product_id if alone else "", facets, price)
        found = self._kinds.get(short)
        if found is None:
            key = key_of(line, 0) if alone else ("", line.unit_price_minor, 0, facets, 0)
            found = FlatKind(facets, price, self._listing.of([key])[0], self._all_goods)
            self._kinds.keep(short, found)
        return found
