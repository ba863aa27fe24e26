"""Which offers of a set may touch an article: looked up once per article, not once per sale.

Law: what is known about an article depends on the article and the set alone, so it is remembered for later sales.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pos_engine.core.goods import ORDINARY, ArticleKey, Facets, article_of_key
from pos_engine.core.remembered import Remembered
from pos_engine.core.selectors import UNTOUCHABLE_KINDS, Matcher

ARTICLES_MAX = 8_192
"""Articles that are remembered, about a kilobyte each with 1,000 campaigns. Products that no offer names count once
for all that share their category, so what a shop sells in a week fits."""


class Listed:
    """What a set says about one article.

    `counted`: numbers of the matchers that count it. `ranks`: the offers for certain goods that may touch it, in the
    order they are asked. `touchable`: whether any offer may change its price.
    """

    __slots__ = ("counted", "ranks", "touchable")

    def __init__(self, counted: frozenset[int], ranks: tuple[int, ...], *, touchable: bool) -> None:
        self.counted = counted
        self.ranks = ranks
        self.touchable = touchable


class Listing:
    """Matchers by what they name. `broad`: those that name no certain goods; their offers stand in no article's ranks.

    `ranks_of`: per matcher the ranks of its offers. `gifts`: product → (rank, matcher) of offers that can give that
    product only.
    """

    def __init__(
        self,
        matchers: Sequence[Matcher],
        ranks_of: Mapping[int, Sequence[int]],
        gifts: Mapping[str, Sequence[tuple[int, int]]],
    ) -> None:
        self._matchers = list(matchers)
        self._ranks_of = ranks_of
        self._gifts = gifts
        self._by_name: tuple[dict[str, list[int]], ...] = ({}, {}, {}, {}, {}, {})
        self.broad: list[int] = []
        self._banded = any(matcher.banded for matcher in self._matchers)
        self._named: set[str] = set(gifts)
        self._known: Remembered[tuple[str, Facets, int], Listed] = Remembered(ARTICLES_MAX)
        for matcher in self._matchers:
            self._index(matcher)

    def _index(self, matcher: Matcher) -> None:
        """List a matcher under what it names; brands, families and attributes only when nothing else is named."""
        self._named.update(matcher.names_products())
        names: tuple[frozenset[str], ...] = (matcher.products, matcher.categories, matcher.departments)
        if matcher.everything:
            narrow = (matcher.brands, matcher.families, matcher.attributes)
            chosen = next((place for place, some in enumerate(narrow) if some), None)
            if chosen is None:
                self.broad.append(matcher.number)
                return
            names = (frozenset(), frozenset(), frozenset(), *(frozenset(),) * chosen, narrow[chosen])
        for place, some in enumerate(names):
            by_name = self._by_name[place]
            for name in some:
                by_name.setdefault(name, []).append(matcher.number)

    @property
    def remembered(self) -> int:
        """How many articles are remembered now."""
        return self._known.count

    def of(self, keys: Sequence[ArticleKey]) -> list[Listed]:
        """What is known about each of these articles."""
        known = self._known
        banded, named = self._banded, self._named
        found: list[Listed] = []
        for key in keys:
            # Products that no offer names are all alike, and only a price band makes the price matter.
            short = (key[0] if key[0] in named else "", key[3], key[1] if banded else 0)
            listed = known.young.get(short)
            if listed is None:
                listed = known.older(short)
                if listed is None:
                    listed = self._look(key)
                    known.keep(short, listed)
            found.append(listed)
        return found

    def _look(self, key: ArticleKey) -> Listed:
        article = article_of_key(key)
        by_product, by_category, by_department, by_brand, by_family, by_attribute = self._by_name
        numbers = set(self.broad)
        numbers.update(by_product.get(article.product_id, ()))
        for category in article.categories:
            numbers.update(by_category.get(category, ()))
        for attribute in article.attributes:
            numbers.update(by_attribute.get(attribute, ()))
        numbers.update(by_department.get(article.department, ()))
        numbers.update(by_brand.get(article.brand, ()))
        numbers.update(by_family.get(article.family, ()))
        ordinary = article.line_kind == ORDINARY
        matchers = self._matchers
        counted = frozenset(n for n in numbers if (ordinary and matchers[n].plain) or matchers[n].counts(article))
        touchable = article.line_kind not in UNTOUCHABLE_KINDS
        ranks: list[int] = []
        if touchable:
            for number in counted.difference(self.broad):
                ranks.extend(self._ranks_of.get(number, ()))
            ranks.extend(rank for rank, number in self._gifts.get(article.product_id, ()) if number in counted)
            ranks.sort()
        return Listed(counted, tuple(ranks), touchable=touchable)
