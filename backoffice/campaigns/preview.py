"""What a campaign would do to a sample basket: the real core, the real words, while the form is being filled in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from backoffice.campaigns.build import build_campaign, series_id
from backoffice.campaigns.form import POINTS_REWARDS, CampaignForm
from backoffice.campaigns.sample import Sample, SampleLine
from backoffice.campaigns.services import live_versions
from backoffice.catalogue import services as catalogue
from backoffice.catalogue.tree import path_of
from backoffice.i18n import gettext as _
from backoffice.loyalty import programme
from pos_engine import words
from pos_engine.core.basket import Basket, BasketLine, LineKind, PresentedCoupon
from pos_engine.core.campaign import Campaign
from pos_engine.core.evaluate import evaluate
from pos_engine.core.member import HeldCoupon, Member
from pos_engine.core.moment import Moment, moment_at
from pos_engine.core.money import Tariff
from pos_engine.core.outcome import Outcome
from pos_engine.core.reasons import APPLIED, COUPON_EARNED, POINTS_EARNED, STAMPS_EARNED
from pos_engine.core.ruleset import compile_ruleset
from pos_engine.core.usage import Usage
from pos_engine.wire.campaigns import decode_campaign
from pos_engine.wire.errors import DocumentError

DRAFT_ID: Final = "draft"
GIVEN: Final = frozenset({APPLIED, COUPON_EARNED, POINTS_EARNED, STAMPS_EARNED})


@dataclass(frozen=True)
class OfferAnswer:
    """One offer's answer in words; `own`: it belongs to the campaign that is being edited."""

    name: str
    text: str
    applied: bool
    own: bool


@dataclass(frozen=True)
class Trial:
    """One evaluated purchase: the sums, per line and in all, and every offer's answer."""

    outcome: Outcome
    lines: tuple[tuple[SampleLine, int, int], ...]
    answers: tuple[OfferAnswer, ...]

    @property
    def earned(self) -> list[tuple[str, int]]:
        """What goes onto the card: points, and the stamps of each stamp card."""
        points = sum(grant.points for grant in self.outcome.points)
        found = [(_("Points"), points)] if points else []
        stamps = [(_("Stamps “%(card)s”", card=grant.stamp_card_id), grant.stamps) for grant in self.outcome.stamps]
        return [*found, *stamps]


@dataclass(frozen=True)
class Preview:
    """The purchase, and for next-visit coupons the later one in which the coupon is handed over."""

    now: Trial
    later: Trial | None
    later_on: date | None


def preview(session: Session, organisation_id: str, form: CampaignForm, sample: Sample, context: Context) -> Preview:
    """Run the sample through the core. The form has no problems."""
    campaign = build_campaign(form, DRAFT_ID, 1)
    others = running_beside(session, organisation_id, context.campaign_id) if sample.with_others else []
    basket = _basket(session, organisation_id, sample, form.store_ids[0] if form.store_ids else context.store_id)
    if form.kind == "codes":
        basket = replace(basket, presented_coupons=(PresentedCoupon("sample", series_id(DRAFT_ID)),))
    moment = _moment(sample.on, sample.minute, context.zone)
    if form.reward in POINTS_REWARDS:
        others = [*_earning(session, organisation_id), *others]
    member = _member(form, series_id(DRAFT_ID), sample.on) if sample.with_card else None
    trial = _try([campaign, *others], basket, member, moment, sample, context)
    if form.kind not in {"next_visit", "stamps"}:
        return Preview(trial, None, None)
    later_on = sample.on + timedelta(days=form.valid_from_days)
    later_moment = _moment(later_on, sample.minute, context.zone)
    series = [grant.series_id for grant in trial.outcome.coupon_grants] or [series_id(DRAFT_ID)]
    if form.kind == "stamps" or form.coupon_medium == "card":
        holder = Member("sample", held_coupons=tuple(HeldCoupon(each, each) for each in series))
        later = _try([campaign, *others], basket, holder, later_moment, sample, context)
    else:
        presented = tuple(PresentedCoupon(each, each) for each in series)
        handed_over = Basket(basket.lines, basket.store_id, presented_coupons=presented)
        later = _try([campaign, *others], handed_over, member, later_moment, sample, context)
    return Preview(trial, later, later_on)


@dataclass(frozen=True)
class Context:
    """Where a preview happens: which campaign is edited, the store's zone, money and language."""

    campaign_id: str
    store_id: str
    zone: str
    tariff: Tariff
    language: str


def running_beside(session: Session, organisation_id: str, campaign_id: str) -> list[Campaign]:
    """The other live campaigns, as the tills have them."""
    found = []
    for version in live_versions(session, organisation_id):
        if version.campaign_id != campaign_id:
            try:
                found.append(decode_campaign(version.body))
            except DocumentError:  # a till would leave it out too, and say so
                continue
    return found


def _earning(session: Session, organisation_id: str) -> list[Campaign]:
    """What members earn for whatever they pay."""
    _programme, entries = programme.for_set(session, organisation_id)
    return [decode_campaign(bytes(entry.body)) for entry in entries]


def _basket(session: Session, organisation_id: str, sample: Sample, store_id: str) -> Basket:
    parents = catalogue.parents_of(session, organisation_id)
    lines = tuple(
        BasketLine(
            line_id=str(number),
            product_id=line.product.product_id,
            unit_price_minor=line.price_minor,
            quantity=line.quantity,
            name=line.product.name,
            vat_bp=line.product.vat_bp,
            categories=path_of(parents, line.product.category_id),
            line_kind=_line_kind(line.product.line_kind),
        )
        for number, line in enumerate(sample.lines, start=1)
        if line.quantity > 0
    )
    return Basket(lines=lines, store_id=store_id)


def _line_kind(text: str) -> LineKind:
    kinds: dict[str, LineKind] = {"service": "service", "deposit": "deposit", "price_fixed": "price_fixed"}
    return kinds.get(text, "goods")


def _member(form: CampaignForm, series: str, on: date) -> Member:
    """Somebody the campaign is meant for, on this day."""
    groups = (*form.group_ids, *form.audience_groups)
    held = (HeldCoupon("sample", series),) if form.kind == "coupon" else ()
    return Member(
        "sample",
        groups=groups,
        tier=form.tier_ids[0] if form.tier_ids else "",
        held_coupons=held,
        birth_month=on.month,
        birth_day=on.day,
        visits=(form.visit_number or 1) - 1,
        last_visit_on=on - timedelta(days=form.away_days or 0),
    )


def _moment(on: date, minute: int, zone: str) -> Moment:
    local = datetime.combine(on, time(minute // 60, minute % 60), ZoneInfo(zone))
    return moment_at(local.astimezone(UTC), ZoneInfo(zone))


def _try(
    campaigns: Sequence[Campaign],
    basket: Basket,
    member: Member | None,
    moment: Moment,
    sample: Sample,
    context: Context,
) -> Trial:
    outcome = evaluate(compile_ruleset(campaigns, context.tariff), basket, member, Usage(), moment)
    names = {offer.offer_id: offer.name for campaign in campaigns for offer in campaign.offers}
    applied = {offer.offer_id for offer in outcome.applied}
    answers = [
        OfferAnswer(
            name=names.get(reason.offer_id, reason.offer_id),
            text=words.reason_text(reason, context.language, context.tariff),
            applied=reason.offer_id in applied or reason.code in GIVEN,
            own=reason.campaign_id == DRAFT_ID,
        )
        for reason in outcome.reasons
    ]
    totals = {total.line_id: total for total in outcome.lines}
    lines = tuple(
        (line, totals[str(number)].value_minor, totals[str(number)].discount_minor)
        for number, line in enumerate(sample.lines, start=1)
        if str(number) in totals
    )
    return Trial(outcome, lines, tuple(sorted(answers, key=lambda answer: (not answer.own, not answer.applied))))
