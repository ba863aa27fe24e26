"""The basket as units in one canonical order, so that splitting, merging or re-ordering lines changes nothing.

Law: everything that is decided about units depends on what they are (their article), never on the line they stand on.
"""

from __future__ import annotations

from dataclasses import dataclass

from pos_engine.core.basket import Basket
from pos_engine.core.money import Tariff


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


class Goods:
    """All units of a basket that are sold (positive price and quantity), numbered in canonical order.

    `articles[article_of[u]]` is what unit u is; `place_of[u]` is (position of the line, unit index inside the line).
    `floors`: the lowest price of each unit's article; empty when none has one.
    """

    def __init__(self, articles: list[Article], article_of: list[int], place_of: list[tuple[int, int]]) -> None:
        self.articles = articles
        self.article_of = article_of
        self.place_of = place_of
        self.price: list[int] = [articles[a].unit_price_minor for a in article_of]
        self.vat: list[int] = [articles[a].vat_bp for a in article_of]
        floored = any(article.floor_minor for article in articles)
        self.floors: list[int] = [articles[a].floor_minor for a in article_of] if floored else []
        self.units_by_article: list[list[int]] = [[] for _ in articles]
        for unit, article in enumerate(article_of):
            self.units_by_article[article].append(unit)


def _order(article: Article) -> tuple[object, ...]:
    return (
        article.product_id,
        article.unit_price_minor,
        article.vat_bp,
        article.categories,
        article.line_kind,
        article.already_reduced,
        article.department,
        article.brand,
        article.family,
        article.attributes,
        article.floor_minor,
    )


def goods_of(basket: Basket, tariff: Tariff) -> Goods:
    """Number the units of a basket: by article first, then by where they stand."""
    places: dict[Article, list[tuple[int, int]]] = {}
    for position, line in enumerate(basket.lines):
        if line.unit_price_minor <= 0 or line.quantity <= 0:
            continue
        vat_bp = tariff.unknown_vat_bp if line.vat_bp is None else line.vat_bp
        article = Article(
            line.product_id,
            line.unit_price_minor,
            vat_bp,
            line.categories,
            line.line_kind,
            line.already_reduced,
            line.department,
            line.brand,
            line.family,
            line.attributes,
            line.unit_price_floor_minor,
        )
        places.setdefault(article, []).extend((position, index) for index in range(line.quantity))
    articles = sorted(places, key=_order)
    article_of: list[int] = []
    place_of: list[tuple[int, int]] = []
    for number, article in enumerate(articles):
        article_of.extend([number] * len(places[article]))
        place_of.extend(places[article])
    return Goods(articles, article_of, place_of)
