"""What a member's own page shows: accounts, the tier, coupons and offers in the words of the till, and receipts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from backoffice.campaigns.form import CampaignForm, load_form, without_audience
from backoffice.campaigns.models import Campaign, CampaignVersion
from backoffice.campaigns.names import names_for
from backoffice.campaigns.sentences import describe, what
from backoffice.loyalty.standing import TierView
from backoffice.loyalty.views import AccountView, accounts_of
from backoffice.members.models import Card, Member
from backoffice.members.services import cards_of, groups_of_member
from backoffice.reports.receipts import receipts_of_member
from backoffice.sync_api.models import Coupon, Receipt
from pos_engine import words

RECEIPTS_SHOWN: Final = 10
COUPONS_SHOWN: Final = 30
OFFERS_SHOWN: Final = 20


@dataclass(frozen=True)
class HeldCoupon:
    """A coupon that can be used, now or from a day on. `promise`: what it gives, as the campaign says it."""

    title: str
    promise: str
    starts: str
    """The till's sentence for a coupon that is not good yet; empty when it is."""
    valid_until: date | None


@dataclass(frozen=True)
class Offer:
    """A campaign that counts for this member now, in the sentences that staff see of it."""

    name: str
    sentences: Sequence[str]


@dataclass(frozen=True)
class Overview:
    """All of it."""

    accounts: Sequence[AccountView]
    tier: TierView | None
    coupons: Sequence[HeldCoupon]
    offers: Sequence[Offer]
    cards: Sequence[Card]
    receipts: Sequence[Receipt]


def overview(session: Session, member: Member, today: date, currency: str, language: str) -> Overview:
    """What holds today. `language`: of the page."""
    organisation_id = member.organisation_id
    accounts = accounts_of(session, organisation_id, member.member_id, today)
    return Overview(
        accounts.accounts,
        accounts.tier,
        _coupons(session, member, today, currency, language),
        _offers(session, member, today, currency),
        cards_of(session, organisation_id, member.member_id),
        receipts_of_member(session, organisation_id, member.member_id, RECEIPTS_SHOWN),
    )


def _coupons(session: Session, member: Member, today: date, currency: str, language: str) -> list[HeldCoupon]:
    rows = session.scalars(
        select(Coupon)
        .where(
            Coupon.organisation_id == member.organisation_id,
            Coupon.member_id == member.member_id,
            Coupon.state == "open",
            or_(Coupon.valid_until.is_(None), Coupon.valid_until >= today),
        )
        .order_by(Coupon.valid_until, Coupon.coupon_id)
        .limit(COUPONS_SHOWN)
    ).all()
    versions = _newest_versions(session, member.organisation_id, {row.campaign_id for row in rows})
    found = []
    for row in rows:
        version = versions.get(row.campaign_id)
        if version is None:
            continue
        form = without_audience(load_form(version.form))
        promise = what(form, names_for(session, member.organisation_id, form), currency)
        later = row.valid_from is not None and row.valid_from > today
        day = words.date_text(row.valid_from, language) if later and row.valid_from else ""
        starts = words.text("coupon.not_yet", language, day=day) if later else ""
        found.append(HeldCoupon(version.name, promise, starts, row.valid_until))
    return found


def _newest_versions(session: Session, organisation_id: str, campaign_ids: set[str]) -> dict[str, CampaignVersion]:
    rows = session.scalars(
        select(CampaignVersion)
        .where(CampaignVersion.organisation_id == organisation_id, CampaignVersion.campaign_id.in_(campaign_ids))
        .order_by(CampaignVersion.version)
    )
    return {row.campaign_id: row for row in rows}


def _offers(session: Session, member: Member, today: date, currency: str) -> list[Offer]:
    versions = session.scalars(
        select(CampaignVersion)
        .join(
            Campaign,
            and_(
                Campaign.organisation_id == CampaignVersion.organisation_id,
                Campaign.campaign_id == CampaignVersion.campaign_id,
                Campaign.live_version == CampaignVersion.version,
            ),
        )
        .where(
            CampaignVersion.organisation_id == member.organisation_id,
            Campaign.state == "live",
            CampaignVersion.starts_on <= today,
            CampaignVersion.ends_on >= today,
        )
        .order_by(CampaignVersion.ends_on, CampaignVersion.name)
    )
    groups = frozenset(groups_of_member(session, member.organisation_id, member.member_id))
    found: list[Offer] = []
    for version in versions:
        form = load_form(version.form)
        if form.kind == "coupon" or not _is_for(form, member, groups) or len(found) >= OFFERS_SHOWN:
            continue
        names = names_for(session, member.organisation_id, form)
        found.append(Offer(version.name, describe(form, names, currency)))
    return found


def _is_for(form: CampaignForm, member: Member, groups: frozenset[str]) -> bool:
    if form.who == "groups":
        return not groups.isdisjoint(form.group_ids)
    return form.who != "tiers" or member.tier in form.tier_ids
