"""What keeps a campaign from being published, field by field, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from itertools import pairwise
from typing import Final

from backoffice.campaigns.build import build_campaign, last_day
from backoffice.campaigns.form import POINTS_REWARDS, CampaignForm
from backoffice.campaigns.names import LOOKED_UP_MAX, Names
from backoffice.campaigns.parse import Problem
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from pos_engine.core.money import BASIS_POINTS_WHOLE
from pos_engine.wire.campaigns import decode_campaign, encode_campaign
from pos_engine.wire.errors import DocumentError

STAMP_REWARDS: Final = frozenset({"free", "amount", "percent"})
CARD_NAME_MAX: Final = 30
"""Longer names of stamp cards do not fit beside a balance on a receipt."""
FACTOR_MAX_BP: Final = 1_000_000
NAME_LENGTH_MAX: Final = 100
"""Longer names do not fit on a receipt."""


def problems_of(form: CampaignForm, names: Names, today: date) -> list[Problem]:
    """Everything that is wrong; empty when the campaign can be published."""
    found = [*_called(form), *_when(form, today), *_for_whom(form, names), *_what(form, names), *_earned(form, names)]
    if not found:
        try:
            decode_campaign(encode_campaign(build_campaign(form, "check", 1)))
        except DocumentError as error:
            found.append(Problem("name", _("The tills would not take this campaign: %(error)s", error=str(error))))
    return found


def _called(form: CampaignForm) -> Iterable[Problem]:
    if not form.name:
        yield Problem("name", _("Give the campaign a name; customers read it on the receipt."))
    if len(form.name) > NAME_LENGTH_MAX:
        yield Problem("name", _("A name has at most %(max)s characters.", max=NAME_LENGTH_MAX))


def _when(form: CampaignForm, today: date) -> Iterable[Problem]:
    if form.ends_on < form.starts_on:
        yield Problem("ends_on", _("The last day is before the first one."))
    elif last_day(form) < today:
        yield Problem("ends_on", _("The last day is over already."))
    elif form.weekdays and not _meets_a_weekday(form):
        yield Problem("weekdays", _("None of these weekdays lies between the two dates."))
    if form.from_minute is not None and form.from_minute == form.until_minute:
        yield Problem("until_time", _("The offer ends in the minute in which it begins."))


def _for_whom(form: CampaignForm, names: Names) -> Iterable[Problem]:
    if form.who == "groups" and not form.group_ids:
        yield Problem("group_ids", _("Choose at least one group, or let everybody take part."))
    if form.who == "tiers" and not form.tier_ids:
        yield Problem("tier_ids", _("Choose at least one tier; the programme says which there are."))
    if form.kind == "coupon" and not form.has_audience:
        yield Problem("audience_groups", _("Choose the groups or members who get the coupon."))
    for field, segment_id in (
        ("audience_segment", form.audience_segment),
        ("audience_not_segment", form.audience_not_segment),
    ):
        yield from _unknown(field, names.segments, [segment_id] if segment_id else [])
    if form.audience_own:
        try:
            form.audience_tree.check()
        except InputError as wrong:
            yield Problem("audience_tree", str(wrong))
    for field, known, ids in (
        ("store_ids", names.stores, form.store_ids),
        ("group_ids", names.groups, form.group_ids),
        ("tier_ids", names.tiers, form.tier_ids if form.who == "tiers" else ()),
        ("audience_groups", names.groups, form.audience_groups),
        ("audience_members", names.members, form.audience_members[:LOOKED_UP_MAX]),
    ):
        yield from _unknown(field, known, ids)


def _what(form: CampaignForm, names: Names) -> Iterable[Problem]:
    if form.reward == "percent" and not (form.percent_bp and 0 < form.percent_bp <= 10_000):  # noqa: PLR2004 - 100 %
        yield Problem("percent", _("Say how many percent, between 0 and 100."))
    if form.reward == "amount" and not (form.amount_minor and form.amount_minor > 0):
        yield Problem("amount", _("Say which amount is taken off."))
    if form.reward == "free" and not form.free_products and form.kind != "stamps":
        yield Problem("free_products", _("Choose the product that is free."))
    yield from _several_pieces(form)
    yield from _points(form, names)
    for field, amount in (
        ("minimum_spend", form.minimum_spend_minor),
        ("budget", form.budget_minor),
        ("discount_max", form.discount_max_minor),
    ):
        if amount is not None and amount <= 0:
            yield Problem(field, _("This amount must be above zero; leave it empty for none."))
    for field, known, ids in (
        ("free_products", names.products, form.free_products),
        ("products", names.products, form.products[:LOOKED_UP_MAX]),
        ("exclude_products", names.products, form.exclude_products),
        ("categories", names.categories, form.categories),
        ("exclude_categories", names.categories, form.exclude_categories),
    ):
        yield from _unknown(field, known, ids)


def _earned(form: CampaignForm, names: Names) -> Iterable[Problem]:
    """Coupons that a purchase earns, and stamp cards."""
    if form.kind in {"next_visit", "stamps"} and form.valid_for_days < 1:
        yield Problem("valid_for_days", _("The coupon must be good for at least one day."))
    if form.kind == "next_visit" and form.coupons_per_receipt > 1:
        if not form.minimum_spend_minor:
            yield Problem("minimum_spend", _("Say for which full spend a coupon is given."))
        if form.uses_per_member or form.uses_total:
            text = _("With several coupons on a receipt uses cannot be limited; state a budget instead.")
            yield Problem("uses_total" if form.uses_total else "uses_per_member", text)
    if form.kind == "stamps":
        if not form.stamp_card:
            yield Problem("stamp_card", _("Give the stamp card a name; customers read it on the receipt."))
        if len(form.stamp_card) > CARD_NAME_MAX:
            yield Problem("stamp_card", _("A name has at most %(max)s characters.", max=CARD_NAME_MAX))
        taken = names.stamp_cards.get(form.stamp_card.casefold())
        if taken is not None:
            yield Problem(
                "stamp_card",
                _(
                    "“%(campaign)s” has a stamp card of this name already; stamps of both would count as one."
                    " End that campaign, or choose another name.",
                    campaign=taken,
                ),
            )
        if form.reward not in STAMP_REWARDS:
            yield Problem("reward", _("A full stamp card gives a product, an amount or a percentage."))


def _several_pieces(form: CampaignForm) -> Iterable[Problem]:
    if form.reward == "multi_buy":
        if form.buy_reduced >= form.buy_every:
            yield Problem("buy_reduced", _("Fewer pieces must be reduced than are bought."))
        if not (form.buy_percent_bp and 0 < form.buy_percent_bp <= BASIS_POINTS_WHOLE):
            yield Problem("buy_percent", _("Say how many percent, between 0 and 100; 100 is free."))
    if form.reward == "bundle_price" and not (form.bundle_price_minor and form.bundle_price_minor > 0):
        yield Problem("bundle_price", _("Say what the pieces cost together."))
    if form.reward == "ladder":
        if not form.steps:
            yield Problem("steps", _("Say from which spend how much comes off."))
        if any(step.from_minor <= 0 or not 0 < step.amount_minor <= step.from_minor for step in form.steps):
            yield Problem("steps", _("Each step needs a spend, and an amount that is no more than the spend."))
        elif any(
            above.from_minor <= below.from_minor or above.amount_minor <= below.amount_minor
            for below, above in pairwise(form.steps)
        ):
            yield Problem("steps", _("Each step must ask for more than the one before it, and give more."))


def _points(form: CampaignForm, names: Names) -> Iterable[Problem]:
    if form.reward not in POINTS_REWARDS:
        return
    if form.kind != "offer":
        yield Problem("reward", _("A coupon takes something off the price; points are given by an offer."))
    if form.reward == "points_times":
        if not form.points_factor_bp or not BASIS_POINTS_WHOLE < form.points_factor_bp <= FACTOR_MAX_BP:
            yield Problem("points_factor", _("Say how many times points count: more than 1, at most 100."))
        if not names.earns_points:
            missing = _("Members earn no points yet: set up the points programme first.")
            yield Problem("reward", missing, needs_programme=True)
    elif not form.points_extra:
        yield Problem("points_extra", _("Say how many points."))


def _unknown(field: str, known: Mapping[str, str], ids: Iterable[str]) -> Iterable[Problem]:
    missing = [each for each in ids if each not in known]
    if missing:
        yield Problem(field, _("No longer there: %(ids)s", ids=", ".join(missing[:5])))


def _meets_a_weekday(form: CampaignForm) -> bool:
    days = (form.ends_on - form.starts_on).days
    if days >= 6:  # noqa: PLR2004 - a whole week
        return True
    first = form.starts_on.weekday()
    return any((first + offset) % 7 in form.weekdays for offset in range(days + 1))
