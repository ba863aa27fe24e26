"""In what units are alike: the product, the brand, the family, the department, or the value of an attribute."""

from __future__ import annotations

from typing import Literal

from pos_engine.core.facts import Facts
from pos_engine.core.goods import Article
from pos_engine.core.offer_parts import Selector

Likeness = Literal["product", "brand", "family", "department", "attribute"]


def likeness_counts(facts: Facts, selector: Selector, by: Likeness, attribute: str) -> dict[str, int]:
    """Value → how many of the selected units have it. Units without a value are left out."""
    counts: dict[str, int] = {}
    for unit in facts.counted(selector):
        value = _value(facts.goods.articles[facts.goods.article_of[unit]], by, attribute)
        if value:
            counts[value] = counts.get(value, 0) + 1
    return counts


def _value(article: Article, by: Likeness, attribute: str) -> str:
    if by == "product":
        return article.product_id
    if by == "brand":
        return article.brand
    if by == "family":
        return article.family
    if by == "department":
        return article.department
    head = f"{attribute}="
    return next((text.removeprefix(head) for text in article.attributes if text.startswith(head)), "")
