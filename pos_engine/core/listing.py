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

    `counted` and `also`: numbers of the matchers that count it, those of its kind and those of its product. `ranks`:
    the offers for certain goods that may touch it, in the order they are asked. `touchable`: whether any offer may
    change its price.
    """

    __slots__ = ("also", "counted", "ranks", "touchable")

    def __init__(
        self, counted: frozenset[int], also: tuple[int, ...], ranks: tuple[int, ...], *, touchable: bool
    ) -> None:
        self.counted = counted
        self.also = also
        self.ranks = ranks
        self.touchable = touchable

    def counts(self, number: int) -> bool:
        """Whether a matcher counts the article."""
        return number in self.counted or number in self.also


class Listing:
    """Matchers by what they name. `broad`: those that name no certain goods; their offers stand in no article's ranks.

    `banded`: a price band makes the price matter.
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
        self.broad: list[int] = []
        self.banded = any(matcher.banded for matcher in self._matchers)
        self._known: Remembered[tuple[str, Facets, int], Listed] = Remembered(ARTICLES_MAX)
        by_name: tuple[dict[str, list[int]], ...] = ({}, {}, {}, {}, {}, {})
        # A product that is excluded or given for free is told from others of its kind, though nobody lists it.
        self._apart: set[str] = set(gifts)
        for matcher in self._matchers:
            self._index(matcher, by_name)
        for product in self._apart:
            by_name[0].setdefault(product, [])
        # Products of one range are named by the same offers, and share one list.
        shared: dict[tuple[int, ...], tuple[int, ...]] = {}
        self._by_name: tuple[dict[str, tuple[int, ...]], ...] = tuple(
            {name: shared.setdefault(tuple(numbers), tuple(numbers)) for name, numbers in some.items()}
            for some in by_name
        )

    def _index(self, matcher: Matcher, by_name: Sequence[dict[str, list[int]]]) -> None:
        """List a matcher under what it names; brands, families and attributes only when nothing else is named."""
        self._apart.update(matcher.products_left_out())
        named = (
            (matcher.listed_products, matcher.categories, matcher.departments)
            if not matcher.everything
            else ((), (), (), matcher.brands, matcher.families, matcher.attributes)
        )
        if not any(named):
            self.broad.append(matcher.number)
        narrow_done = False
        for place, names in enumerate(named):
            if names and not narrow_done:
                for name in set(names):
                    by_name[place].setdefault(name, []).append(matcher.number)
                narrow_done = matcher.everything

    def naming(self, product: str) -> tuple[int, ...]:
        """The matchers that list a product by its name."""
        return self._by_name[0].get(product, ())

    def ranks_for(self, numbers: Sequence[int]) -> tuple[int, ...]:
        """The offers of some matchers, in the order they are asked."""
        return tuple(sorted([rank for number in numbers for rank in self._ranks_of.get(number, ())]))

    def asks_more_of(self, product: str) -> bool:
        """Whether a product is told from others of its kind by more than its name, or articles by their prices."""
        if self.banded or product in self._apart:
            return True
        matchers = self._matchers
        return not all(matchers[number].plain for number in self.naming(product))

    @property
    def remembered(self) -> int:
        """How many articles are remembered now."""
        return self._known.count

    def of(self, keys: Sequence[ArticleKey]) -> list[Listed]:
        """What is known about each of these articles."""
        known = self._known
        banded, named = self.banded, self._by_name[0]
        found: list[Listed] = []
        for key in keys:
            # Products that no offer names are all alike, and only a price band makes the price matter.
            short = (key[0] if key[0] in named else "", key[3], key[1] if banded else 0)
            listed = known.young.get(short)
            found.append(self._look(key, short) if listed is None else listed)
        return found

    def _look(self, key: ArticleKey, short: tuple[str, Facets, int]) -> Listed:
        """What was remembered longer ago, or is found out now."""
        listed = self._known.older(short)
        if listed is not None:
            return listed
        product, facets = short[0], short[1]
        if self.banded or not product or product in self._apart:
            listed = self._whole(key)
        else:
            alike = ("", facets, 0)
            kind = self._known.get(alike)
            if kind is None:
                kind = self._whole(("", key[1], key[2], facets, 0))
                self._known.keep(alike, kind)
            listed = self._with_product(key, kind)
        self._known.keep(short, listed)
        return listed

    def _with_product(self, key: ArticleKey, kind: Listed) -> Listed:
        """What the offers for a product add to what holds for all of its kind."""
        matchers = self._matchers
        ordinary = key[3][1] == ORDINARY
        also = tuple(
            [
                number
                for number in self._by_name[0].get(key[0], ())
                if number not in kind.counted
                and ((ordinary and matchers[number].plain) or matchers[number].counts(article_of_key(key)))
            ]
        )
        ranks = kind.ranks
        if kind.touchable and also:
            ranks = tuple(sorted([*ranks, *[rank for number in also for rank in self._ranks_of.get(number, ())]]))
        return Listed(kind.counted, also, ranks, touchable=kind.touchable)

    def _whole(self, key: ArticleKey) -> Listed:
        """Every matcher that could count the article is asked, unless the list it stands in is the answer."""
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
        return Listed(counted, (), tuple(ranks), touchable=touchable)
