"""The sample purchase that a campaign is tried on: goods that show what it does, in the quantities it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sqlalchemy.orm import Session

from backoffice.campaigns.form import CampaignForm
from backoffice.catalogue import services as catalogue
from backoffice.catalogue.models import Product

SAMPLE_LINES: Final = 5
ASSUMED_PRICE_MINOR: Final = 1000
"""Price of a sample line whose product has none on record (only the register knows it)."""
QUANTITY_MAX: Final = 99


@dataclass(frozen=True)
class SampleLine:
    """One line of the sample basket as the page shows it."""

    product: Product
    quantity: int

    @property
    def price_minor(self) -> int:
        """The shelf price, or the assumed one."""
        return ASSUMED_PRICE_MINOR if self.product.price_minor is None else self.product.price_minor


@dataclass(frozen=True)
class Sample:
    """A purchase to try a campaign on: goods, when, and whether the right card is shown."""

    lines: tuple[SampleLine, ...]
    on: date
    minute: int
    with_card: bool
    with_others: bool


def first_day_of(form: CampaignForm, today: date) -> date:
    """The first day from today on which the campaign can give something; its first day when none is near."""
    start = max(form.starts_on, min(today, form.ends_on))
    for offset in range(7):
        candidate = start + timedelta(days=offset)
        if candidate <= form.ends_on and (not form.weekdays or candidate.weekday() in form.weekdays):
            return candidate
    return start


def sample_products(session: Session, organisation_id: str, form: CampaignForm) -> list[Product]:
    """A few products that show the campaign: some it is about, one it excludes, and some others."""
    chosen: dict[str, Product] = {}

    def take(products: Sequence[Product], count: int) -> None:
        fresh = [product for product in products if product.product_id not in chosen]
        chosen.update((product.product_id, product) for product in fresh[:count])

    wanted = [*form.free_products[:1], *form.products[:2], *form.exclude_products[:1]]
    take(list(catalogue.products_by_id(session, organisation_id, wanted).values()), 4)
    for category_id in form.categories[:2]:
        take(catalogue.search_products(session, organisation_id, "", category_id=category_id, limit=4), 2)
    for category_id in form.exclude_categories[:1]:
        take(catalogue.search_products(session, organisation_id, "", category_id=category_id, limit=2), 1)
    if len(chosen) < SAMPLE_LINES:
        others = catalogue.search_products(session, organisation_id, "", limit=40)
        priced = [product for product in others if product.price_minor and product.line_kind == "goods"]
        take(priced[:: max(1, len(priced) // SAMPLE_LINES)], SAMPLE_LINES - len(chosen))
    return list(chosen.values())[:SAMPLE_LINES]


def sample_lines(session: Session, organisation_id: str, form: CampaignForm) -> list[SampleLine]:
    """The sample purchase of a campaign: several pieces, or enough money, where it asks for that."""
    lines = [SampleLine(product, 1) for product in sample_products(session, organisation_id, form)]
    if not lines:
        return lines
    about = len(form.products[:2]) if form.products else len(lines)
    if form.reward in {"multi_buy", "bundle_price"}:
        count = form.buy_every if form.reward == "multi_buy" else form.bundle_count
        return [SampleLine(lines[0].product, min(count, QUANTITY_MAX)), *lines[1:]]
    if form.kind == "next_visit" and form.coupons_per_receipt > 1 and form.minimum_spend_minor:
        return _worth(lines, len(lines), 2 * form.minimum_spend_minor)
    if form.reward == "ladder" and form.steps:
        return _worth(lines, about, form.steps[-1].from_minor)
    return lines


def _worth(lines: list[SampleLine], about: int, wanted_minor: int) -> list[SampleLine]:
    """The same goods, the dearest of those it is about as often as it takes to be worth so much."""
    missing = wanted_minor - sum(line.price_minor for line in lines[:about])
    dearest = max(lines[:about], key=lambda line: line.price_minor)
    if missing <= 0 or dearest.price_minor <= 0:
        return lines
    more = min(QUANTITY_MAX, 1 - (-missing // dearest.price_minor))
    return [SampleLine(line.product, more) if line is dearest else line for line in lines]
