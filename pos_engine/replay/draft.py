"""What is tried: drafts, and the campaigns that run beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any, Final

from pos_engine.core.basket import Basket
from pos_engine.core.campaign import Campaign
from pos_engine.core.compiled import CompiledOffer
from pos_engine.core.goods import Article
from pos_engine.core.member import Member
from pos_engine.core.moment import Moment
from pos_engine.core.money import Tariff
from pos_engine.core.ruleset import Ruleset, compile_ruleset
from pos_engine.core.selectors import Matcher
from pos_engine.replay.meter import Given, Meter

ALWAYS: Final = (date(1900, 1, 1), date(9999, 12, 31))
NOTHING: Final = Given()
NAMES: Final = ("products", "categories", "departments", "brands", "families", "attributes")
"""What a selector can name goods by."""


def always(campaign: Campaign) -> Campaign:
    """The campaign as if it had run on all days: its dates lie in the future, receipts in the past."""
    return replace(campaign, starts_on=ALWAYS[0], ends_on=ALWAYS[1])


@dataclass(frozen=True)
class Trial:
    """Drafts beside what runs. `given`: the coupons that are given out with the drafts.

    `restart_days`: how long one run of the drafts lasts (None: as long as the receipts); the last run ends on
    `last_day`.
    """

    drafts: tuple[Campaign, ...]
    running: tuple[Campaign, ...] = ()
    tariff: Tariff = Tariff()
    given: Given = NOTHING
    restart_days: int | None = None
    last_day: date = ALWAYS[0]

    def meter(self, share: int = 1) -> Meter:
        """Counts for one replay of all receipts, or of one in `share`."""
        return Meter(self.drafts, self.given, self.last_day, self.restart_days, share)

    @cached_property
    def draft_ids(self) -> frozenset[str]:
        """The campaigns that are tried."""
        return frozenset(campaign.campaign_id for campaign in self.drafts)

    @cached_property
    def alone(self) -> Ruleset:
        """The drafts without anything beside them."""
        return compile_ruleset(self.drafts, self.tariff)

    @cached_property
    def before(self) -> Ruleset:
        """What runs, without the drafts."""
        return compile_ruleset(self.running, self.tariff)

    @cached_property
    def together(self) -> Ruleset:
        """Both."""
        return compile_ruleset((*self.running, *self.drafts), self.tariff)

    @cached_property
    def reach(self) -> Reach:
        """Which goods and sales the drafts can touch at all."""
        return Reach(self.alone)


class Reach:
    """Which goods the offers of a set can touch, and by what names such goods are found.

    Law: an offer changes nothing on a receipt without a unit that its target (or one of its slots) counts.
    `everything`: an offer is found by no name.
    """

    def __init__(self, rules: Ruleset) -> None:
        self._rules = rules
        self._matchers = [one.matcher for one in rules.offers]
        named = [_names_of(one) for one in rules.offers]
        self.everything = any(names is None for names in named)
        self.names: frozenset[tuple[str, str]] = frozenset().union(*(names for names in named if names is not None))

    def counts(self, article: Article) -> bool:
        """Whether an offer may touch such goods."""
        return any(matcher.counts(article) for matcher in self._matchers)

    def names_one_of(self, own: Mapping[str, Any]) -> bool:
        """Whether an article (as receipts keep it) stands under one of the names."""
        return not self.names.isdisjoint(names_of(own))

    def lets_in(self, head: Basket, member: Member | None, moment: Moment) -> bool:
        """Whether day, hour, place, person and coupons let an offer through."""
        return self._rules.passing(head, member, moment) != 0


def names_of(own: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(kind of name, name) under which an article stands, as receipts keep it."""
    found: list[tuple[str, str]] = [("products", own["product_id"])]
    found.extend(("categories", name) for name in own["categories"])
    found.extend(("attributes", name) for name in own["attributes"])
    found.extend((("departments", own["department"]), ("brands", own["brand"]), ("families", own["family"])))
    return found


def _names_of(one: CompiledOffer) -> frozenset[tuple[str, str]] | None:
    """(kind of name, name) under which all goods stand that an offer may touch; None: under no name."""
    gifts = one.offer.reward.products()
    if gifts:
        return frozenset(("products", product) for product in gifts)
    return _names_in(one.matcher)


def _names_in(matcher: Matcher) -> frozenset[tuple[str, str]] | None:
    by_kind: tuple[Sequence[str] | frozenset[str], ...] = (
        matcher.listed_products,
        matcher.categories,
        matcher.departments,
        matcher.brands,
        matcher.families,
        matcher.attributes,
    )
    # The first three add up; the others narrow, so that any one of them finds all.
    wide = frozenset((kind, name) for kind, names in zip(NAMES[:3], by_kind[:3], strict=True) for name in names)
    if not matcher.everything:
        return wide
    for kind, names in zip(NAMES[3:], by_kind[3:], strict=True):
        if names:
            return frozenset((kind, name) for name in names)
    return None
