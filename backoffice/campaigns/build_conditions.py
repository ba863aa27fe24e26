"""From the form to the core's conditions and selectors: when, where, for whom, and on which goods."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from backoffice.campaigns.form import CampaignForm
from pos_engine.core.campaign import Condition
from pos_engine.core.conditions.birthday import Birthday
from pos_engine.core.conditions.days_since_visit import DaysSinceVisit
from pos_engine.core.conditions.group import Group
from pos_engine.core.conditions.member_known import MemberKnown
from pos_engine.core.conditions.minimum_spend import MinimumSpend
from pos_engine.core.conditions.nth_visit import NthVisit
from pos_engine.core.conditions.store import Store
from pos_engine.core.conditions.tier import Tier
from pos_engine.core.conditions.time_windows import TimeWindow, TimeWindows
from pos_engine.core.conditions.weekdays import Weekdays
from pos_engine.core.offer_parts import Selector

MIDNIGHT_MINUTE: Final = 24 * 60


def target_of(form: CampaignForm) -> Selector:
    """The goods that the offer is about."""
    kinds = ("goods", "price_fixed", "service") if form.with_services else ("goods", "price_fixed")
    return Selector(
        products=form.products,
        categories=form.categories,
        exclude_products=form.exclude_products,
        exclude_categories=form.exclude_categories,
        line_kinds=kinds,
        skip_already_reduced=form.skip_already_reduced,
    )


def counted_of(form: CampaignForm) -> Selector:
    """The goods that count towards a minimum spend."""
    return target_of(form) if form.minimum_on_targets else Selector(line_kinds=("goods", "price_fixed", "service"))


def later_target_of(form: CampaignForm) -> Selector:
    """The goods that an earned coupon is about: of a full stamp card the whole basket, or what gave the stamps."""
    return target_of(form) if form.kind != "stamps" or form.reward == "free" else Selector()


def conditions_of(form: CampaignForm, times: int = 1) -> list[Condition]:
    """Everything that must hold, in the order in which it is said; the minimum spend so many times."""
    return [*_when_and_where(form), *_for_whom(form), *_spend(form, times)]


def _when_and_where(form: CampaignForm) -> Iterator[Condition]:
    if form.weekdays:
        yield Weekdays(form.weekdays)
    if form.from_minute is not None or form.until_minute is not None:
        until = MIDNIGHT_MINUTE if form.until_minute is None else form.until_minute
        yield TimeWindows((TimeWindow(form.from_minute or 0, until),))
    if form.store_ids:
        yield Store(form.store_ids)


def _for_whom(form: CampaignForm) -> Iterator[Condition]:
    if form.who == "groups":
        yield Group(form.group_ids)
    elif form.who == "tiers":
        yield Tier(form.tier_ids)
    elif form.who == "members":
        yield MemberKnown()
    if form.birthday:
        yield Birthday(form.birthday_before, form.birthday_after)
    if form.visit_number:
        yield NthVisit(form.visit_number, form.visit_repeats)
    if form.away_days:
        yield DaysSinceVisit(form.away_days)


def _spend(form: CampaignForm, times: int) -> Iterator[Condition]:
    if form.minimum_spend_minor is not None:
        each_full = form.kind == "next_visit" and form.coupons_per_receipt > 1
        measured: Literal["before", "after"] = "after" if each_full else "before"
        yield MinimumSpend(times * form.minimum_spend_minor, counted_of(form), measured)
