"""Selectors made ready for many questions: does an article count, may its price be touched."""

from __future__ import annotations

from collections.abc import Sequence

from typing_extensions import override

from pos_engine.core.goods import Article
from pos_engine.core.offer_parts import Selector

UNTOUCHABLE_KINDS: frozenset[str] = frozenset({"deposit", "price_fixed"})
"""Line kinds whose price no offer may change."""


NOTHING: frozenset[str] = frozenset()


def _set_of(names: Sequence[str]) -> frozenset[str]:
    """Most selectors leave most lists empty: they share one empty set."""
    return frozenset(names) if names else NOTHING


class Matcher:
    """One selector with its lists turned into sets. `number`: its place in the table it stands in, -1 outside one."""

    def __init__(self, selector: Selector) -> None:
        self.number: int = -1
        self.listed_products: Sequence[str] = selector.products
        self._products: frozenset[str] | None = None
        self.categories: frozenset[str] = _set_of(selector.categories)
        self.exclude_products: frozenset[str] = _set_of(selector.exclude_products)
        self.exclude_categories: frozenset[str] = _set_of(selector.exclude_categories)
        self.line_kinds: tuple[str, ...] = selector.line_kinds
        self.skip_already_reduced: bool = selector.skip_already_reduced
        self.departments: frozenset[str] = _set_of(selector.departments)
        self.everything: bool = not selector.products and not selector.categories and not selector.departments
        self.brands: frozenset[str] = _set_of(selector.brands)
        self.families: frozenset[str] = _set_of(selector.families)
        self.attributes: frozenset[str] = _set_of(selector.attributes)
        self.price_min = selector.unit_price_min_minor
        self.price_max = selector.unit_price_max_minor
        self.banded: bool = self.price_min is not None or self.price_max is not None
        self.narrowed: bool = bool(self.brands or self.families or self.attributes or self.banded)
        self.exclude_departments: frozenset[str] = _set_of(selector.exclude_departments)
        self.exclude_brands: frozenset[str] = _set_of(selector.exclude_brands)
        self.exclude_families: frozenset[str] = _set_of(selector.exclude_families)
        self.exclude_attributes: frozenset[str] = _set_of(selector.exclude_attributes)
        self.excludes_more: bool = bool(
            self.exclude_departments or self.exclude_brands or self.exclude_families or self.exclude_attributes
        )
        # Whether a listed article of ordinary goods is selected without another question.
        self.plain: bool = (
            "goods" in self.line_kinds
            and not self.skip_already_reduced
            and not self.exclude_products
            and not self.exclude_categories
            and not self.narrowed
            and not self.excludes_more
        )

    @property
    def products(self) -> frozenset[str]:
        """The products it names, as a set: a set of thousands is made only when one is looked for."""
        if self._products is None:
            self._products = _set_of(self.listed_products)
        return self._products

    def products_left_out(self) -> frozenset[str]:
        """The products that it tells from others of their kind without being listed under them."""
        return self.exclude_products

    def counts(self, article: Article) -> bool:
        """Whether the selector names this article; articles below zero and deposits never count."""
        if article.unit_price_minor <= 0 or article.line_kind == "deposit" or article.line_kind not in self.line_kinds:
            return False
        if self.skip_already_reduced and article.already_reduced:
            return False
        if article.product_id in self.exclude_products or not self.exclude_categories.isdisjoint(article.categories):
            return False
        if self.narrowed and not self._inside(article):
            return False
        if self.excludes_more and self._left_out(article):
            return False
        return (
            self.everything
            or article.product_id in self.products
            or not self.categories.isdisjoint(article.categories)
            or article.department in self.departments
        )

    def _inside(self, article: Article) -> bool:
        """Whether brand, family, attributes and price lie inside what narrows the selection."""
        if self.brands and article.brand not in self.brands:
            return False
        if self.families and article.family not in self.families:
            return False
        if self.attributes and self.attributes.isdisjoint(article.attributes):
            return False
        price = article.unit_price_minor
        return (self.price_min is None or price >= self.price_min) and (
            self.price_max is None or price <= self.price_max
        )

    def _left_out(self, article: Article) -> bool:
        """Whether department, brand, family or an attribute is excluded."""
        return (
            article.department in self.exclude_departments
            or article.brand in self.exclude_brands
            or article.family in self.exclude_families
            or not self.exclude_attributes.isdisjoint(article.attributes)
        )

    def may_touch(self, article: Article) -> bool:
        """Whether an offer with this target may change the article's price."""
        return article.line_kind not in UNTOUCHABLE_KINDS and self.counts(article)


class SlotMatcher(Matcher):
    """What an offer with slots may touch: what its target names and at least one slot asks for."""

    def __init__(self, target: Selector, slots: Sequence[Matcher]) -> None:
        super().__init__(target)
        self.slots = tuple(slots)
        self.plain = False
        if self.everything:
            self.listed_products = sorted({product for slot in slots for product in slot.listed_products})
            self.categories = frozenset().union(*(slot.categories for slot in slots))
            self.departments = frozenset().union(*(slot.departments for slot in slots))
            self.everything = any(slot.everything for slot in slots)
        self.of_target = Matcher(target)
        self.banded = self.banded or any(slot.banded for slot in slots)

    @override
    def products_left_out(self) -> frozenset[str]:
        # A slot tells the products it names from others that the target lists with them, under a category.
        named = [slot.listed_products for slot in self.slots]
        return self.exclude_products.union(*[slot.products_left_out() for slot in self.slots], *named)

    @override
    def counts(self, article: Article) -> bool:
        return self.of_target.counts(article) and any(slot.counts(article) for slot in self.slots)


class SelectorTable:
    """Matchers of all selectors of a ruleset, found by the identity of the selector, which the ruleset keeps alive.

    Hashing a selector with thousands of products on every basket would cost more than the question itself. Equal
    selectors share one matcher, so that what one question found out answers the others.
    """

    def __init__(self) -> None:
        self.matchers: list[Matcher] = []
        self._by_identity: dict[int, Matcher] = {}
        self._kept: list[Selector] = []
        self._equal: dict[Selector, Matcher] = {}

    def add(self, selector: Selector) -> Matcher:
        """Prepare a selector once."""
        matcher = self._by_identity.get(id(selector))
        if matcher is None:
            matcher = self._by_identity[id(selector)] = self.of_target(selector)
            self._kept.append(selector)
        return matcher

    def of_target(self, selector: Selector) -> Matcher:
        """The matcher of a selector that nobody will look up: its owner keeps the matcher itself."""
        matcher = self._equal.get(selector)
        if matcher is None:
            matcher = self._equal[selector] = self.numbered(Matcher(selector))
        return matcher

    def close(self) -> None:
        """All selectors are known: equal ones need not be found any more."""
        self._equal = {}

    def numbered(self, matcher: Matcher) -> Matcher:
        """Give a matcher its place in the table."""
        matcher.number = len(self.matchers)
        self.matchers.append(matcher)
        return matcher

    def matcher(self, selector: Selector) -> Matcher:
        """The prepared form; a selector that was never added is prepared for this one question."""
        matcher = self._by_identity.get(id(selector))
        return Matcher(selector) if matcher is None else matcher
