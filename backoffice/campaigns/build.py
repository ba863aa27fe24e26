"""From the filled-in form to the core's campaign; only here and in the two modules beside it a form becomes rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from backoffice.campaigns.build_conditions import conditions_of, target_of
from backoffice.campaigns.build_rewards import phase_of, reward_of
from backoffice.campaigns.form import CampaignForm
from pos_engine.core.campaign import Campaign, Condition, Offer
from pos_engine.core.conditions.all_of import AllOf
from pos_engine.core.conditions.coupon_held import CouponHeld
from pos_engine.core.conditions.coupon_presented import CouponPresented
from pos_engine.core.conditions.date_range import DateRange
from pos_engine.core.conditions.store import Store
from pos_engine.core.offer_parts import Limits, Selector
from pos_engine.core.offline import Offline
from pos_engine.core.rewards.coupon_later import CouponLater


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


def _offer(form: CampaignForm, campaign_id: str) -> Offer:
    conditions = conditions_of(form)
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
        condition=AllOf((dates, *conditions_of(form))),
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


def limits_of(form: CampaignForm) -> Limits:
    """The ceilings of the form."""
    return Limits(
        uses_per_receipt=form.uses_per_receipt,
        uses_per_member=form.uses_per_member,
        uses_total=form.uses_total,
        budget_minor=form.budget_minor,
        discount_max_minor=form.discount_max_minor,
    )
