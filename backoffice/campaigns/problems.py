"""What keeps a campaign from being published, field by field, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

from backoffice.campaigns.build import build_campaign, last_day
from backoffice.campaigns.form import CampaignForm
from backoffice.campaigns.names import LOOKED_UP_MAX, Names
from backoffice.campaigns.parse import Problem
from backoffice.i18n import gettext as _
from pos_engine.wire.campaigns import decode_campaign, encode_campaign
from pos_engine.wire.errors import DocumentError

NAME_LENGTH_MAX: Final = 100
"""Longer names do not fit on a receipt."""


def problems_of(form: CampaignForm, names: Names, today: date) -> list[Problem]:
    """Everything that is wrong; empty when the campaign can be published."""
    found = [*_called(form), *_when(form, today), *_for_whom(form, names), *_what(form, names)]
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
    if form.kind == "next_visit" and form.valid_for_days < 1:
        yield Problem("valid_for_days", _("The coupon must be good for at least one day."))


def _for_whom(form: CampaignForm, names: Names) -> Iterable[Problem]:
    if form.who == "groups" and not form.group_ids:
        yield Problem("group_ids", _("Choose at least one group, or let everybody take part."))
    if form.kind == "coupon" and not (form.audience_groups or form.audience_members):
        yield Problem("audience_groups", _("Choose the groups or members who get the coupon."))
    for field, known, ids in (
        ("store_ids", names.stores, form.store_ids),
        ("group_ids", names.groups, form.group_ids),
        ("audience_groups", names.groups, form.audience_groups),
        ("audience_members", names.members, form.audience_members[:LOOKED_UP_MAX]),
    ):
        yield from _unknown(field, known, ids)


def _what(form: CampaignForm, names: Names) -> Iterable[Problem]:
    if form.reward == "percent" and not (form.percent_bp and 0 < form.percent_bp <= 10_000):  # noqa: PLR2004 - 100 %
        yield Problem("percent", _("Say how many percent, between 0 and 100."))
    if form.reward == "amount" and not (form.amount_minor and form.amount_minor > 0):
        yield Problem("amount", _("Say which amount is taken off."))
    if form.reward == "free" and not form.free_products:
        yield Problem("free_products", _("Choose the product that is free."))
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
