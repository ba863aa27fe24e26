"""distinct_products: at least so many different products of the goods that count."""

from __future__ import annotations

from dataclasses import dataclass

from typing_extensions import override

from pos_engine.core.answers import YES, Answer, no
from pos_engine.core.campaign import Condition
from pos_engine.core.facts import Facts
from pos_engine.core.offer_parts import Selector
from pos_engine.core.reasons import MISSING_PRODUCTS


@dataclass(frozen=True)
class DistinctProducts(Condition):
    """Products differ by their number; units that the same offer gives for free never count."""

    count: int
    selector: Selector = Selector()

    @override
    def answer(self, facts: Facts) -> Answer:
        products = {
            facts.goods.articles[facts.goods.article_of[unit]].product_id for unit in facts.counted(self.selector)
        }
        missing = self.count - len(products)
        return YES if missing <= 0 else no(MISSING_PRODUCTS, {"missing": missing})

    @override
    def selectors(self) -> tuple[Selector, ...]:
        return (self.selector,)

    @override
    def follows_discounts(self) -> bool:
        return False
