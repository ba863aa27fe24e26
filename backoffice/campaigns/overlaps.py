"""Which campaigns meet on the same goods on the same days, and what tills do where they meet.

The core's own index says which offers may touch a product; what the rules are about is asked of nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations
from typing import Final, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.campaigns.form import CampaignForm
from backoffice.catalogue import services as catalogue
from backoffice.catalogue.models import Product
from backoffice.catalogue.tree import path_of
from pos_engine.core.campaign import Campaign
from pos_engine.core.compiled import CompiledOffer
from pos_engine.core.goods import ArticleKey
from pos_engine.core.money import Tariff
from pos_engine.core.ruleset import Ruleset, compile_ruleset

CAMPAIGNS_MAX: Final = 200
"""Campaigns that are compared with one another; more of them in one period are a list, not a calendar."""
EXAMPLES_MAX: Final = 3
WHOLE_DAY: Final = (0, 24 * 60)

Meeting = Literal["one", "both"]
"""one: each unit gets one of the two, the better for the customer. both: they are given one after the other."""


@dataclass(frozen=True)
class Planned:
    """A campaign of the calendar: its form, and its rules (None: the form is not complete yet)."""

    campaign_id: str
    name: str
    form: CampaignForm
    rules: Campaign | None


@dataclass(frozen=True)
class Overlap:
    """Two campaigns that meet: on which days at the earliest and the latest, on how many products, some by name."""

    one: Planned
    other: Planned
    first: date
    last: date
    products: int
    examples: tuple[str, ...]
    meeting: Meeting


def overlaps(session: Session, organisation_id: str, planned: Sequence[Planned], tariff: Tariff) -> list[Overlap]:
    """Every two of these campaigns that can touch the same product at the same time, those that compete first."""
    by_id = {each.campaign_id: each for each in planned if each.rules is not None}
    rules = compile_ruleset([each.rules for each in by_id.values() if each.rules is not None], tariff)
    days = {
        pair: shared
        for pair in combinations(sorted(by_id), 2)
        if (shared := shared_days(by_id[pair[0]].form, by_id[pair[1]].form)) is not None
    }
    if not days:
        return []
    counts: dict[tuple[str, str], int] = {}
    examples: dict[tuple[str, str], list[str]] = {}
    for product in _products(session, organisation_id, rules):
        for pair in combinations(sorted(product.campaigns), 2):
            if pair in days:
                counts[pair] = counts.get(pair, 0) + 1
                named = examples.setdefault(pair, [])
                if len(named) < EXAMPLES_MAX:
                    named.append(product.name)
    found = [
        Overlap(
            by_id[pair[0]],
            by_id[pair[1]],
            *days[pair],
            products=count,
            examples=tuple(examples[pair]),
            meeting=_meeting(rules, pair),
        )
        for pair, count in counts.items()
    ]
    return sorted(
        found, key=lambda overlap: (overlap.meeting == "both", overlap.first, overlap.one.name, overlap.other.name)
    )


def shared_days(one: CampaignForm, other: CampaignForm) -> tuple[date, date] | None:
    """The first and the last day on which both can give something in one store; None when there is none."""
    if one.store_ids and other.store_ids and not set(one.store_ids) & set(other.store_ids):
        return None
    if not _hours_meet(one, other):
        return None
    first, last = max(one.starts_on, other.starts_on), min(one.ends_on, other.ends_on)
    weekdays = set(one.weekdays or range(7)) & set(other.weekdays or range(7))
    while first <= last and first.weekday() not in weekdays:
        first += timedelta(days=1)
        if not weekdays:
            return None
    while last >= first and last.weekday() not in weekdays:
        last -= timedelta(days=1)
    return (first, last) if first <= last else None


def _hours_meet(one: CampaignForm, other: CampaignForm) -> bool:
    return any(a < d and c < b for a, b in _windows(one) for c, d in _windows(other))


def _windows(form: CampaignForm) -> list[tuple[int, int]]:
    """The hours of a day in minutes; hours past midnight are two windows."""
    if form.from_minute is None and form.until_minute is None:
        return [WHOLE_DAY]
    begin, end = form.from_minute or 0, WHOLE_DAY[1] if form.until_minute is None else form.until_minute
    return [(begin, end)] if begin < end else [(begin, WHOLE_DAY[1]), (0, end)]


@dataclass(frozen=True)
class _Touched:
    name: str
    campaigns: frozenset[str]


def _products(session: Session, organisation_id: str, rules: Ruleset) -> Iterable[_Touched]:
    """Each product that some of these campaigns may take something off, with those campaigns."""
    parents = catalogue.parents_of(session, organisation_id)
    broad = _broad(rules)
    paths: dict[str | None, tuple[str, ...]] = {}
    rows = session.execute(
        select(
            Product.product_id,
            Product.name,
            Product.category_id,
            Product.line_kind,
            Product.department,
            Product.brand,
            Product.family,
            Product.attributes,
            Product.price_minor,
        )
        .where(Product.organisation_id == organisation_id)
        .order_by(Product.product_id)
    )
    for row in rows:
        path = paths.get(row.category_id)
        if path is None:
            path = paths[row.category_id] = path_of(parents, row.category_id)
        attributes = tuple(word for word in row.attributes.split("|") if word)
        facets = (path, row.line_kind, False, row.department, row.brand, row.family, attributes)
        touched = _touching(rules, broad, (row.product_id, row.price_minor or 0, 0, facets, 0))
        if len(touched) > 1:
            yield _Touched(row.name, frozenset(touched))


def _touching(rules: Ruleset, broad: Mapping[int, Sequence[str]], key: ArticleKey) -> set[str]:
    """The campaigns that may take something off an article."""
    listed = rules.listing.of([key])[0]
    if not listed.touchable:
        return set()
    found = {rules.by_rank[rank].campaign_id for rank in listed.ranks if rules.by_rank[rank].pays}
    for number, campaign_ids in broad.items():
        if listed.counts(number):
            found.update(campaign_ids)
    return found


def _broad(rules: Ruleset) -> Mapping[int, Sequence[str]]:
    """The campaigns whose offers name no certain goods, by the number of what they select."""
    numbers = {number for number, _ in rules.broad}
    found: dict[int, list[str]] = {number: [] for number in sorted(numbers)}
    for one in rules.by_rank:
        # An offer of a certain product selects what must be bought, and takes something off that product alone.
        if one.pays and one.matcher.number in numbers and not one.offer.reward.products():
            found[one.matcher.number].append(one.campaign_id)
    return found


def _meeting(rules: Ruleset, pair: tuple[str, str]) -> Meeting:
    """What happens to a unit that both may touch: other phases follow on one another, in one phase the better wins."""
    sides: Mapping[str, list[CompiledOffer]] = {
        campaign_id: [one for one in rules.by_rank if one.campaign_id == campaign_id and one.pays]
        for campaign_id in pair
    }
    apart = all(one.phase_number != two.phase_number for one in sides[pair[0]] for two in sides[pair[1]])
    stacked = any(one.offer.policy == "stack" for offers in sides.values() for one in offers)
    return "both" if apart or stacked else "one"
