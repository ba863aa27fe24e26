"""From the filled-in form to the core's campaign: the only place where a form becomes rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from backoffice.campaigns.form import CampaignForm
from pos_engine.core.campaign import Campaign, Condition, Offer, Phase, Reward
from pos_engine.core.conditions.all_of import AllOf
from pos_engine.core.conditions.coupon_held import CouponHeld
from pos_engine.core.conditions.coupon_presented import CouponPresented
from pos_engine.core.conditions.date_range import DateRange
from pos_engine.core.conditions.group import Group
from pos_engine.core.conditions.member_known import MemberKnown
from pos_engine.core.conditions.minimum_spend import MinimumSpend
from pos_engine.core.conditions.store import Store
from pos_engine.core.conditions.time_windows import TimeWindow, TimeWindows
from pos_engine.core.conditions.weekdays import Weekdays
from pos_engine.core.money import BASIS_POINTS_WHOLE
from pos_engine.core.offer_parts import Limits, Selector
from pos_engine.core.offline import Offline
from pos_engine.core.rewards.amount import Amount
from pos_engine.core.rewards.coupon_later import CouponLater
from pos_engine.core.rewards.free_product import FreeProduct
from pos_engine.core.rewards.percent import Percent

MIDNIGHT_MINUTE = 24 * 60


def series_id(campaign_id: str) -> str:
    """The coupon series of a campaign; the same in every version, so that coupons given out stay good."""
    return f"{campaign_id}-c"


def build_campaign(form: CampaignForm, campaign_id: str, version: int, *, earning: bool = True) -> Campaign:
    """The campaign a form describes. The form has no problems (see `campaigns.problems`).

    `earning=False`: it gives no coupons for later any more, and honours those that are out.
    """
    if form.kind == "next_visit":
        later = _later_offer(form, campaign_id)
        offers: tuple[Offer, ...] = (_earning_offer(form, campaign_id), later) if earning else (later,)
    else:
        offers = (_offer(form, campaign_id),)
    offline = Offline(form.offline, form.offline_purchases)
    return Campaign(campaign_id, version, form.name, form.starts_on, last_day(form), offers, offline=offline)


def last_day(form: CampaignForm) -> date:
    """The last day on which the campaign can give something: paper coupons outlive the days they are printed on."""
    if form.kind != "next_visit":
        return form.ends_on
    return form.ends_on + timedelta(days=form.valid_from_days + form.valid_for_days)


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


def _offer(form: CampaignForm, campaign_id: str) -> Offer:
    conditions = _conditions(form)
    if form.kind == "coupon":
        conditions.insert(0, CouponHeld(series_id(campaign_id)))
    return Offer(
        offer_id=f"{campaign_id}-1",
        name=form.name,
        condition=AllOf(tuple(conditions)),
        reward=reward_of(form),
        target=target_of(form),
        phase=phase_of(form),
        policy="stack" if form.combinable else "best",
        limits=limits_of(form),
    )


def _earning_offer(form: CampaignForm, campaign_id: str) -> Offer:
    """Earning ends with the campaign's dates, although the campaign itself goes on until the last coupon is void."""
    dates = DateRange(form.starts_on, form.ends_on)
    spend = target_of(form) if form.minimum_on_targets else Selector()
    return Offer(
        offer_id=f"{campaign_id}-1",
        name=form.name,
        condition=AllOf((dates, *_conditions(form))),
        reward=CouponLater(series_id(campaign_id), form.name, form.valid_from_days, form.valid_for_days, "paper"),
        target=spend,
        phase="coupon",
        limits=Limits(uses_total=form.uses_total, uses_per_member=form.uses_per_member),
    )


def _later_offer(form: CampaignForm, campaign_id: str) -> Offer:
    stores: tuple[Condition, ...] = (Store(form.store_ids),) if form.store_ids else ()
    return Offer(
        offer_id=f"{campaign_id}-2",
        name=form.name,
        condition=AllOf((CouponPresented(series_id(campaign_id)), *stores)),
        reward=reward_of(form),
        target=target_of(form),
        phase="coupon",
        policy="stack" if form.combinable else "best",
        limits=replace(limits_of(form), uses_per_receipt=1, uses_per_member=None, uses_total=None),
    )


def _conditions(form: CampaignForm) -> list[Condition]:
    found: list[Condition] = []
    if form.weekdays:
        found.append(Weekdays(form.weekdays))
    if form.from_minute is not None or form.until_minute is not None:
        window = TimeWindow(form.from_minute or 0, MIDNIGHT_MINUTE if form.until_minute is None else form.until_minute)
        found.append(TimeWindows((window,)))
    if form.store_ids:
        found.append(Store(form.store_ids))
    if form.who == "groups":
        found.append(Group(form.group_ids))
    elif form.who == "members":
        found.append(MemberKnown())
    if form.minimum_spend_minor is not None:
        counted = (
            target_of(form) if form.minimum_on_targets else Selector(line_kinds=("goods", "price_fixed", "service"))
        )
        found.append(MinimumSpend(form.minimum_spend_minor, counted))
    return found


def reward_of(form: CampaignForm) -> Reward:
    """What is given. The form says it completely."""
    if form.reward == "free":
        return FreeProduct(form.free_products, form.free_quantity)
    if form.reward == "amount":
        return Amount(form.amount_minor or 0, "unit" if form.amount_each else "offer")
    return Percent(min(form.percent_bp or 0, BASIS_POINTS_WHOLE))


def phase_of(form: CampaignForm) -> Phase:
    """Coupons come last; an amount off the whole basket comes after what reduces single goods."""
    if form.kind == "coupon":
        return "coupon"
    whole_basket = not (form.categories or form.products) and not form.amount_each
    return "basket" if form.reward == "amount" and whole_basket else "line"


def limits_of(form: CampaignForm) -> Limits:
    """The ceilings of the form."""
    return Limits(
        uses_per_receipt=form.uses_per_receipt,
        uses_per_member=form.uses_per_member,
        uses_total=form.uses_total,
        budget_minor=form.budget_minor,
        discount_max_minor=form.discount_max_minor,
    )
