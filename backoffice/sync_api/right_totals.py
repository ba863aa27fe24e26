"""How many units a right is worth and how many receipts used: from the coupon, or from the live campaign's limits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backoffice.campaigns.models import Campaign, CampaignVersion
from backoffice.loyalty.models import LedgerAccount
from backoffice.sync_api.models import Coupon, CouponRedemption, OfferUsage, RightLoan
from pos_engine.core.bookings import POINTS
from pos_engine.core.offer_parts import Limits
from pos_engine.rights.ids import RightName, read_right
from pos_engine.wire.campaigns import decode_campaign

POINTS_CAMPAIGN = "programme"
"""What stands for the campaign of points."""


@dataclass(frozen=True)
class Worth:
    """A right: its units in all, those that receipts used, and the campaign it belongs to."""

    total: int
    used: int
    campaign_id: str


def worth_of(session: Session, organisation_id: str, right_id: str, campaign_id: str) -> Worth | None:
    """What a right is worth now; None for one that does not exist, or that nothing limits (any more).

    `campaign_id`: where the till found the limit; believed only where the campaign has that offer.
    """
    name = read_right(right_id)
    if name is None:
        return None
    if name.kind == "coupon":
        return _coupon(session, organisation_id, name.subject_id)
    if name.kind == "points":
        return _points(session, organisation_id, right_id, name.subject_id)
    limits = _limits(session, organisation_id, campaign_id, name.subject_id)
    return None if limits is None else _offer(session, organisation_id, campaign_id, name, limits)


def _coupon(session: Session, organisation_id: str, coupon_id: str) -> Worth | None:
    row = session.execute(
        select(Coupon.uses_total, Coupon.campaign_id).where(
            Coupon.organisation_id == organisation_id, Coupon.coupon_id == coupon_id
        )
    ).one_or_none()
    if row is None:
        return None
    used = session.execute(
        select(func.count()).where(
            CouponRedemption.organisation_id == organisation_id, CouponRedemption.coupon_id == coupon_id
        )
    ).scalar_one()
    return Worth(row.uses_total, used, row.campaign_id)


def _points(session: Session, organisation_id: str, right_id: str, member_id: str) -> Worth:
    """A member's points: what receipts used is gone from the balance already, so it counts on both sides."""
    balance = session.execute(
        select(LedgerAccount.balance).where(
            LedgerAccount.organisation_id == organisation_id,
            LedgerAccount.owner == member_id,
            LedgerAccount.unit == POINTS,
        )
    ).scalar_one_or_none()
    spent = session.execute(
        select(func.coalesce(func.sum(RightLoan.spent), 0)).where(
            RightLoan.organisation_id == organisation_id, RightLoan.right_id == right_id
        )
    ).scalar_one()
    return Worth((balance or 0) + int(spent), int(spent), POINTS_CAMPAIGN)


def _offer(session: Session, organisation_id: str, campaign_id: str, name: RightName, limits: Limits) -> Worth | None:
    totals = {"uses": limits.uses_total, "budget": limits.budget_minor, "member": limits.uses_per_member}
    total = totals.get(name.kind)
    if total is None:
        return None
    counted = OfferUsage.discount_minor if name.kind == "budget" else OfferUsage.uses
    used = session.execute(
        select(func.coalesce(func.sum(counted), 0)).where(
            OfferUsage.organisation_id == organisation_id,
            OfferUsage.offer_id == name.subject_id,
            OfferUsage.member_id == name.member_id,
        )
    ).scalar_one()
    return Worth(total, int(used), campaign_id)


def _limits(session: Session, organisation_id: str, campaign_id: str, offer_id: str) -> Limits | None:
    row = session.execute(
        select(CampaignVersion.sha256, CampaignVersion.body)
        .join(
            Campaign,
            (Campaign.organisation_id == CampaignVersion.organisation_id)
            & (Campaign.campaign_id == CampaignVersion.campaign_id)
            & (Campaign.live_version == CampaignVersion.version),
        )
        .where(CampaignVersion.organisation_id == organisation_id, CampaignVersion.campaign_id == campaign_id)
    ).one_or_none()
    return None if row is None else _limits_in(row.sha256, bytes(row.body)).get(offer_id)


@lru_cache(maxsize=512)
def _limits_in(_sha256: str, body: bytes) -> dict[str, Limits]:
    return {offer.offer_id: offer.limits for offer in decode_campaign(body).offers}
