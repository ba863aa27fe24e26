"""From the filled-in form to the core's campaign; only here and in the two modules beside it a form becomes rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from backoffice.campaigns.build_conditions import conditions_of, later_target_of, target_of
from backoffice.campaigns.build_rewards import later_reward_of, phase_of, reward_of
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
from pos_engine.core.rewards.stamps import Stamps


def series_id(campaign_id: str, number: int = 1) -> str:
    """A coupon series of a campaign; the same in every version, so that coupons given out stay good.

    `number`: of the coupons that one receipt earns each has a series of its own, so that they can be used together.
    """
    return f"{campaign_id}-c" if number == 1 else f"{campaign_id}-c{number}"


def build_campaign(form: CampaignForm, campaign_id: str, version: int, *, earning: bool = True) -> Campaign:
    """The campaign a form describes. The form has no problems (see `campaigns.problems`).

    `earning=False`: it gives no coupons for later any more, and honours those that are out.
    """
    if form.kind in {"next_visit", "stamps"}:
        giving = [_stamps_offer(form, campaign_id)] if form.kind == "stamps" else _earning_offers(form, campaign_id)
        offers: tuple[Offer, ...] = (*(giving if earning else ()), *_later_offers(form, campaign_id))
    else:
        offers = (_offer(form, campaign_id),)
    offline = Offline(form.offline, form.offline_purchases)
    return Campaign(campaign_id, version, form.name, form.starts_on, last_day(form), offers, offline=offline)


def last_day(form: CampaignForm) -> date:
    """The last day on which the campaign can give something: coupons outlive the days on which they are earned."""
    if form.kind == "stamps":
        return form.ends_on + timedelta(days=form.valid_for_days)
    if form.kind != "next_visit":
        return form.ends_on
    return form.ends_on + timedelta(days=form.valid_from_days + form.valid_for_days)


def _offer(form: CampaignForm, campaign_id: str) -> Offer:
    conditions = conditions_of(form)
    if form.kind == "coupon":
        conditions.insert(0, CouponHeld(series_id(campaign_id)))
    if form.kind == "codes":
        conditions.insert(0, CouponPresented(series_id(campaign_id)))
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


def _numbered(campaign_id: str, place: int, number: int) -> str:
    """The id of the offer at a place, and of its repetitions; the first is called as it always was."""
    return f"{campaign_id}-{place}" if number == 1 else f"{campaign_id}-{place}-{number}"


def _earning_offers(form: CampaignForm, campaign_id: str) -> list[Offer]:
    """Earning ends with the campaign's dates, although the campaign itself goes on until the last coupon is void.

    One offer for each full minimum spend: each gives one coupon.
    """
    dates = DateRange(form.starts_on, form.ends_on)
    return [
        Offer(
            offer_id=_numbered(campaign_id, 1, number),
            name=form.name,
            condition=AllOf((dates, *conditions_of(form, number))),
            reward=CouponLater(
                series_id(campaign_id, number),
                form.name,
                form.valid_from_days,
                form.valid_for_days,
                form.coupon_medium,
            ),
            target=target_of(form) if form.minimum_on_targets else Selector(),
            phase="coupon",
            limits=Limits(uses_total=form.uses_total, uses_per_member=form.uses_per_member),
        )
        for number in _numbers(form)
    ]


def _numbers(form: CampaignForm) -> range:
    """The numbers of the coupons that a receipt can earn."""
    return range(1, 1 + form.coupons_at_once)


def _stamps_offer(form: CampaignForm, campaign_id: str) -> Offer:
    return Offer(
        offer_id=_numbered(campaign_id, 1, 1),
        name=form.name,
        condition=AllOf((DateRange(form.starts_on, form.ends_on), *conditions_of(form))),
        reward=Stamps(form.stamp_card, 1, "unit" if form.stamp_each else "receipt"),
        target=target_of(form),
        phase="points",
    )


def _later_offers(form: CampaignForm, campaign_id: str) -> list[Offer]:
    """What each coupon gives."""
    stores: tuple[Condition, ...] = (Store(form.store_ids),) if form.store_ids else ()
    on_card = form.kind == "stamps" or form.coupon_medium == "card"
    return [
        Offer(
            offer_id=_numbered(campaign_id, 2, number),
            name=form.name,
            condition=AllOf((_has_coupon(series_id(campaign_id, number), on_card=on_card), *stores)),
            reward=later_reward_of(form),
            target=later_target_of(form),
            phase="coupon",
            policy="stack" if form.combinable or len(_numbers(form)) > 1 else "best",
            limits=replace(limits_of(form), uses_per_receipt=1, uses_per_member=None, uses_total=None),
        )
        for number in _numbers(form)
    ]


def _has_coupon(series: str, *, on_card: bool) -> Condition:
    return CouponHeld(series) if on_card else CouponPresented(series)


def limits_of(form: CampaignForm) -> Limits:
    """The ceilings of the form."""
    return Limits(
        uses_per_receipt=form.uses_per_receipt,
        uses_per_member=form.uses_per_member,
        uses_total=form.uses_total,
        budget_minor=form.budget_minor,
        discount_max_minor=form.discount_max_minor,
    )
