"""A campaign in plain words, as the page, the list and the review show it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from babel.numbers import format_decimal

from backoffice.campaigns.form import POINTS_REWARDS, CampaignForm
from backoffice.campaigns.names import Names
from backoffice.i18n import gettext as _
from backoffice.i18n import ngettext
from backoffice.web.format import day, language, money, number
from pos_engine import words
from pos_engine.core.money import BASIS_POINTS_WHOLE

NAMED_MAX = 4
"""Goods named one by one in a sentence; more are counted."""


def describe(form: CampaignForm, names: Names, currency: str) -> list[str]:
    """The campaign as sentences: what, on which goods, who, when, where, and what limits it."""
    if form.kind in {"next_visit", "stamps"}:
        earned = _stamps(form, names, currency) if form.kind == "stamps" else _coupons(form, names, currency)
        return [*earned, *limits(form, currency)]
    sentences = [what(form, names, currency), *_who_and_when(form, names, currency)]
    if form.kind == "codes":
        sentences.append(_("With a code that is handed over: printed, or typed in."))
    if form.kind == "coupon":
        sentences += _audience(form, names)
    return [*sentences, *limits(form, currency)]


def _stamps(form: CampaignForm, names: Names, currency: str) -> list[str]:
    goods = _goods(form, names)
    each = _("A stamp for each of: %(goods)s.", goods=goods) if form.stamp_each else _("A stamp for each purchase.")
    full = _(
        "%(goal)s stamps fill the card “%(card)s”; a coupon comes onto it, good for %(days)s days.",
        goal=form.stamp_goal,
        card=form.stamp_card or "…",
        days=form.valid_for_days,
    )
    one_of_these = form.reward == "free" and not form.free_products
    then = _("one of these for free.") if one_of_these else what(form, names, currency)
    return [" ".join([each, *_who_and_when(form, names, currency)]), full, _("Then: %(what)s", what=then)]


def _coupons(form: CampaignForm, names: Names, currency: str) -> list[str]:
    """How a coupon is earned, how long it is good, and what it gives."""
    on_card = form.coupon_medium == "card"
    earn = [_("Put onto the customer card:") if on_card else _("Printed on the receipt:")]
    earn += _who_and_when(form, names, currency)
    if form.coupons_per_receipt > 1:
        count = number(form.coupons_per_receipt)
        earn.append(
            _("One for each full such amount, at most %(count)s on a receipt; they can be used together.", count=count)
        )
    valid = _(
        "The coupon is good for %(days)s days, from day %(first)s after the purchase on.",
        days=form.valid_for_days,
        first=form.valid_from_days,
    )
    return [" ".join(earn), valid, _("Then: %(what)s", what=what(form, names, currency))]


def what(form: CampaignForm, names: Names, currency: str) -> str:
    """The reward and the goods in one sentence."""
    goods = _goods(form, names) if form.kind != "stamps" else _("the whole basket")
    if form.reward == "free":
        free = listed(names.several(names.products, form.free_products), _("or"))
        return _("%(count)s free: %(goods)s.", count=form.free_quantity, goods=free or "…")
    if form.reward in {"percent", "amount"}:
        return _off(form, goods, currency)
    if form.reward == "ladder":
        return _ladder(form, goods, currency)
    return _points(form, goods) if form.reward in POINTS_REWARDS else _several_pieces(form, goods, currency)


def _off(form: CampaignForm, goods: str, currency: str) -> str:
    if form.reward == "percent":
        value = words.percent_text(form.percent_bp or 0, language())
    else:
        value = money(form.amount_minor or 0, currency)
    if form.reward == "amount" and form.amount_each:
        return _("%(value)s off each of: %(goods)s.", value=value, goods=goods)
    return _("%(value)s off %(goods)s.", value=value, goods=goods)


def _points(form: CampaignForm, goods: str) -> str:
    if form.reward == "points_extra":
        return _("%(count)s points more on each receipt.", count=number(form.points_extra or 0))
    factor = format_decimal(Decimal(form.points_factor_bp or 0) / BASIS_POINTS_WHOLE, locale=language())
    return _("Points count %(factor)s times on %(goods)s.", factor=factor, goods=goods)


def _several_pieces(form: CampaignForm, goods: str, currency: str) -> str:
    if form.reward == "bundle_price":
        price = money(form.bundle_price_minor or 0, currency)
        return _("Any %(count)s of %(goods)s for %(price)s.", count=form.bundle_count, goods=goods, price=price)
    percent = form.buy_percent_bp or 0
    off = (
        _("free")
        if percent == BASIS_POINTS_WHOLE
        else _("%(percent)s off", percent=words.percent_text(percent, language()))
    )
    values = {"every": form.buy_every, "goods": goods, "count": form.buy_reduced, "off": off}
    if form.buy_choice == "cheapest":
        return _(
            "For every %(every)s pieces of %(goods)s: %(count)s %(off)s, the cheapest of the whole purchase.",
            **values,
        )
    if form.buy_reduced > 1:
        return _("Of every %(every)s pieces of %(goods)s the %(count)s cheapest are %(off)s.", **values)
    return _("Of every %(every)s pieces of %(goods)s the cheapest is %(off)s.", **values)


def _ladder(form: CampaignForm, goods: str, currency: str) -> str:
    steps = [
        _(
            "%(value)s off from %(spend)s",
            value=money(step.amount_minor, currency),
            spend=money(step.from_minor, currency),
        )
        for step in form.steps
    ]
    text = _("On %(goods)s: %(steps)s.", goods=goods, steps=", ".join(steps) or "…")
    if not form.steps_repeat or not form.steps:
        return text
    last = form.steps[-1]
    value, spend = money(last.amount_minor, currency), money(last.from_minor, currency)
    if len(form.steps) == 1:
        return _("%(value)s off for each full %(spend)s spent on %(goods)s.", value=value, spend=spend, goods=goods)
    further = _("And %(value)s more for each further full %(spend)s.", value=value, spend=spend)
    return f"{text} {further}"


def _goods(form: CampaignForm, names: Names) -> str:
    chosen = [*names.several(names.categories, form.categories)]
    if len(form.products) > NAMED_MAX:
        chosen.append(_("%(count)s chosen products", count=number(len(form.products))))
    else:
        chosen.extend(names.several(names.products, form.products))
    goods = listed(chosen, _("and")) if chosen else _("the whole basket")
    without = [
        *names.several(names.categories, form.exclude_categories),
        *names.several(names.products, form.exclude_products),
    ]
    if without:
        goods = _("%(goods)s, but not %(without)s", goods=goods, without=listed(without, _("and")))
    if form.with_services:
        goods = _("%(goods)s, labour included", goods=goods)
    return goods


def listed(entries: Sequence[str], joiner: str) -> str:
    """Names as a list in words; long ones end with a count."""
    entries = list(entries)
    if len(entries) > NAMED_MAX:
        return _("%(some)s and %(count)s more", some=", ".join(entries[:NAMED_MAX]), count=len(entries) - NAMED_MAX)
    if len(entries) < 2:  # noqa: PLR2004 - one needs no joiner
        return "".join(entries)
    return f"{', '.join(entries[:-1])} {joiner} {entries[-1]}"


def _who_and_when(form: CampaignForm, names: Names, currency: str) -> list[str]:
    if form.starts_on == form.ends_on:
        sentences = [_("On %(day)s only.", day=day(form.starts_on))]
    else:
        sentences = [_("From %(first)s to %(last)s.", first=day(form.starts_on), last=day(form.ends_on))]
    if form.weekdays:
        sentences.append(_("On: %(days)s.", days=words.weekday_names(form.weekdays, language())))
    if form.from_minute is not None or form.until_minute is not None:
        start, end = form.from_minute or 0, 24 * 60 if form.until_minute is None else form.until_minute
        sentences.append(_("Between %(start)s and %(end)s.", start=clock_text(start), end=clock_text(end)))
    if form.store_ids:
        stores = listed(names.several(names.stores, form.store_ids), _("and"))
        sentences.append(_("Only in %(stores)s.", stores=stores))
    if form.who == "groups":
        groups = listed(names.several(names.groups, form.group_ids), _("or"))
        sentences.append(_("For members of %(groups)s.", groups=groups))
    elif form.who == "tiers":
        tiers = listed(names.several(names.tiers, form.tier_ids), _("or"))
        sentences.append(_("For members who are %(tiers)s.", tiers=tiers))
    elif form.who == "members" and form.kind != "coupon":
        sentences.append(_("For everybody with a customer card."))
    sentences.extend(_moments_of_a_member(form))
    if form.minimum_spend_minor:
        amount = money(form.minimum_spend_minor, currency)
        if form.minimum_on_targets:
            sentences.append(_("From %(amount)s of these goods.", amount=amount))
        else:
            sentences.append(_("From a purchase of %(amount)s.", amount=amount))
    return sentences


def _moments_of_a_member(form: CampaignForm) -> list[str]:
    """When in a member's life: around the birthday, on a certain visit, after some absence."""
    found = []
    if form.birthday:
        before, after = form.birthday_before, form.birthday_after
        if before or after:
            found.append(
                _(
                    "From %(before)s days before the member's birthday to %(after)s days after it.",
                    before=before,
                    after=after,
                )
            )
        else:
            found.append(_("On the member's birthday."))
    if form.visit_number == 1 and not form.visit_repeats:
        found.append(_("On the member's first visit."))
    elif form.visit_number and form.visit_repeats:
        found.append(_("On every %(number)s. visit of a member.", number=form.visit_number))
    elif form.visit_number:
        found.append(_("On a member's %(number)s. visit.", number=form.visit_number))
    if form.away_days:
        found.append(_("For members who were not here for %(days)s days.", days=number(form.away_days)))
    return found


def _audience(form: CampaignForm, names: Names) -> list[str]:
    parts = names.several(names.groups, form.audience_groups)
    if form.audience_members:
        count = len(form.audience_members)
        parts.append(ngettext("%(num)s chosen member", "%(num)s chosen members", count))
    if form.audience_segment:
        name = names.segments.get(form.audience_segment, form.audience_segment)
        parts.append(_("the segment “%(name)s”", name=name))
    if form.audience_own:
        parts.append(_("whoever meets the campaign's own conditions"))
    if not parts:
        return []  # what is missing is said under the sample
    said = _("Held by the cards of: %(who)s.", who=listed(parts, _("and")))
    if form.audience_not_segment:
        name = names.segments.get(form.audience_not_segment, form.audience_not_segment)
        said += " " + _("Not by those of the segment “%(name)s”.", name=name)
    if form.audience_not_members:
        count = len(form.audience_not_members)
        said += " " + ngettext("%(num)s member was taken off.", "%(num)s members were taken off.", count)
    if not form.hold_out_percent:
        return [said]
    return [said + " " + _("%(percent)s of a hundred are held out, by lot.", percent=form.hold_out_percent)]


def limits(form: CampaignForm, currency: str) -> list[str]:
    """The ceilings, one sentence each."""
    found = []
    if form.uses_per_receipt:
        found.append(_("Uses per receipt: at most %(count)s.", count=number(form.uses_per_receipt)))
    if form.uses_per_member and form.kind != "coupon":
        found.append(_("Uses per member: at most %(count)s.", count=number(form.uses_per_member)))
    if form.uses_total:
        found.append(_("Uses in all: at most %(count)s.", count=number(form.uses_total)))
    if form.discount_max_minor:
        found.append(_("At most %(amount)s per receipt.", amount=money(form.discount_max_minor, currency)))
    if form.budget_minor:
        found.append(_ends(form, form.budget_minor, currency))
    if form.skip_already_reduced:
        found.append(_("Not on goods that are reduced already."))
    if form.combinable:
        found.append(_("Combines with other offers."))
    return found


def _ends(form: CampaignForm, budget_minor: int, currency: str) -> str:
    """What the budget means: each of several coupons that a receipt can earn has it for itself."""
    amount = money(budget_minor, currency)
    if form.coupons_at_once == 1:
        return _("Ends when %(amount)s were given.", amount=amount)
    return _(
        "Each of the %(count)s coupons that a receipt can earn has the budget of %(amount)s for itself:"
        " at most %(most)s in all.",
        count=number(form.coupons_at_once),
        amount=amount,
        most=money(budget_minor * form.coupons_at_once, currency),
    )


def clock_text(minute: int) -> str:
    """A minute of the day as 24-hour clock time."""
    return f"{minute // 60:02}:{minute % 60:02}"
