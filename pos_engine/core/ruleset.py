"""Campaigns made ready for many baskets: offers in one stable order, found by the goods they touch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pos_engine.core.campaign import PHASES, Campaign, Condition, Offer
from pos_engine.core.conditions.not_one import NotOne
from pos_engine.core.goods import Goods
from pos_engine.core.money import Tariff
from pos_engine.core.selectors import Matcher, SelectorTable, SlotMatcher


@dataclass(frozen=True)
class CompiledOffer:
    """One offer with what every basket would otherwise work out again.

    `number` is its place in the stable order (campaign id, offer id). `watches_goods`: its condition counts goods, so a
    unit it gives for free must be taken out of the count. `follows_discounts`: its condition may answer differently in
    every phase. `denies_goods`: its condition counts goods under a "not", so it may come to hold as goods get cheaper.
    `past_midnight`: a window of yesterday may still be open. `listed_is_enough`: ordinary goods found in its index may
    be touched without another look.
    """

    number: int
    campaign_id: str
    campaign_version: int
    starts_on: date
    ends_on: date
    offer: Offer
    matcher: Matcher
    phase_number: int
    watches_goods: bool
    follows_discounts: bool
    denies_goods: bool
    past_midnight: bool
    listed_is_enough: bool


class Ruleset:
    """What `compile_ruleset` makes. `inactive` names campaigns of the set that could not be used, with the reason."""

    def __init__(
        self,
        offers: list[CompiledOffer],
        tariff: Tariff,
        version: int,
        inactive: Mapping[str, str],
        table: SelectorTable,
    ) -> None:
        self.offers = offers
        self.tariff = tariff
        self.version = version
        self.inactive: dict[str, str] = dict(sorted(inactive.items()))
        self.selectors = table
        self.by_product: dict[str, list[int]] = {}
        self.by_category: dict[str, list[int]] = {}
        self.by_department: dict[str, list[int]] = {}
        self.for_everything: list[int] = []
        for compiled in offers:
            self._index(compiled)

    def _index(self, compiled: CompiledOffer) -> None:
        given = compiled.offer.reward.products()
        matcher = compiled.matcher
        for product in sorted(given or matcher.products):
            self.by_product.setdefault(product, []).append(compiled.number)
        if given:
            return
        for category in sorted(matcher.categories):
            self.by_category.setdefault(category, []).append(compiled.number)
        for department in sorted(matcher.departments):
            self.by_department.setdefault(department, []).append(compiled.number)
        if matcher.everything:
            self.for_everything.append(compiled.number)

    def touched(self, goods: Goods) -> dict[int, list[int]]:
        """Per offer that may touch the basket: the units it may touch, in canonical order."""
        found: dict[int, list[int]] = {}
        for number, article in enumerate(goods.articles):
            numbers = set(self.by_product.get(article.product_id, ()))
            for category in article.categories:
                numbers.update(self.by_category.get(category, ()))
            if article.department:
                numbers.update(self.by_department.get(article.department, ()))
            ordinary = article.line_kind == "goods"
            units = goods.units_by_article[number]
            for offer_number in numbers:
                compiled = self.offers[offer_number]
                if (ordinary and compiled.listed_is_enough) or compiled.matcher.may_touch(article):
                    found.setdefault(offer_number, []).extend(units)
        all_ordinary = all(article.line_kind == "goods" for article in goods.articles)
        every_unit = list(range(len(goods.price)))
        for offer_number in self.for_everything:
            compiled = self.offers[offer_number]
            if all_ordinary and compiled.listed_is_enough:
                units = every_unit
            else:
                touchable = [compiled.matcher.may_touch(article) for article in goods.articles]
                units = [unit for unit, number in enumerate(goods.article_of) if touchable[number]]
            if units:
                found[offer_number] = units
        return found


def _denies(condition: Condition) -> bool:
    return isinstance(condition, NotOne) or any(_denies(part) for part in condition.parts())


def _follows_discounts(condition: Condition) -> bool:
    return condition.follows_discounts() or any(_follows_discounts(part) for part in condition.parts())


def _add_selectors(condition: Condition, table: SelectorTable) -> bool:
    """Prepare all selectors of a condition tree; True when there are any."""
    selectors = condition.selectors()
    for selector in selectors:
        table.add(selector)
    inside = [_add_selectors(part, table) for part in condition.parts()]
    return bool(selectors) or any(inside)


def compile_ruleset(
    campaigns: Sequence[Campaign], tariff: Tariff, version: int = 0, inactive: Mapping[str, str] | None = None
) -> Ruleset:
    """Index campaigns. ValueError when two offers share an id: usage is counted by offer id, so it must be unique."""
    table = SelectorTable()
    offers: list[CompiledOffer] = []
    seen: set[str] = set()
    for campaign in sorted(campaigns, key=lambda c: (c.campaign_id, c.version)):
        for offer in sorted(campaign.offers, key=lambda o: o.offer_id):
            if offer.offer_id in seen:
                raise ValueError(f"offer id {offer.offer_id} is used twice; every offer needs an id of its own")
            seen.add(offer.offer_id)
            matcher = table.add(offer.target)
            slots = [table.add(slot.selector) for slot in offer.reward.slots()]
            if slots:
                matcher = SlotMatcher(offer.target, slots)
            watches_goods = _add_selectors(offer.condition, table)
            offers.append(
                CompiledOffer(
                    number=len(offers),
                    campaign_id=campaign.campaign_id,
                    campaign_version=campaign.version,
                    starts_on=campaign.starts_on,
                    ends_on=campaign.ends_on,
                    offer=offer,
                    matcher=matcher,
                    phase_number=PHASES.index(offer.phase),
                    watches_goods=watches_goods,
                    follows_discounts=_follows_discounts(offer.condition),
                    denies_goods=watches_goods and _denies(offer.condition),
                    past_midnight=offer.condition.past_midnight(),
                    listed_is_enough=matcher.plain and not offer.reward.products(),
                )
            )
    return Ruleset(offers, tariff, version, {} if inactive is None else inactive, table)
