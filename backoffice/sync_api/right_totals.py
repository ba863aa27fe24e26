"""How many units a right is worth and how many receipts used: from the coupon, or from the live campaign's limits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from backoffice.bulk import table_of
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
    which = {"organisation": organisation_id, "coupon": coupon_id}
    row = session.connection().execute(_COUPON, which).one_or_none()
    if row is None:
        return None
    used = session.connection().execute(_REDEEMED, which).scalar_one()
    return Worth(row.uses_total, used, row.campaign_id)


def _points(session: Session, organisation_id: str, right_id: str, member_id: str) -> Worth:
    """A member's points: what receipts used is gone from the balance already, so it counts on both sides."""
    which = {"organisation": organisation_id, "member": member_id, "right": right_id}
    balance = session.connection().execute(_BALANCE, which).scalar_one_or_none()
    spent = session.connection().execute(_SPENT, which).scalar_one()
    return Worth((balance or 0) + int(spent), int(spent), POINTS_CAMPAIGN)


def _offer(session: Session, organisation_id: str, campaign_id: str, name: RightName, limits: Limits) -> Worth | None:
    totals = {"uses": limits.uses_total, "budget": limits.budget_minor, "member": limits.uses_per_member}
    total = totals.get(name.kind)
    if total is None:
        return None
    which = {"organisation": organisation_id, "offer": name.subject_id, "member": name.member_id}
    used = session.connection().execute(_USED, which).one()
    return Worth(total, int(used.discount_minor if name.kind == "budget" else used.uses), campaign_id)


def _limits(session: Session, organisation_id: str, campaign_id: str, offer_id: str) -> Limits | None:
    which = {"organisation": organisation_id, "campaign": campaign_id}
    row = session.connection().execute(_LIVE, which).one_or_none()
    return None if row is None else _limits_in(row.sha256, bytes(row.body)).get(offer_id)


_COUPONS, _REDEMPTIONS, _USES = table_of(Coupon), table_of(CouponRedemption), table_of(OfferUsage)
_CAMPAIGNS, _VERSIONS = table_of(Campaign), table_of(CampaignVersion)
_LEDGER, _LOANS = table_of(LedgerAccount), table_of(RightLoan)
_COUPON = select(_COUPONS.c.uses_total, _COUPONS.c.campaign_id).where(
    _COUPONS.c.organisation_id == bindparam("organisation"), _COUPONS.c.coupon_id == bindparam("coupon")
)
_REDEEMED = select(func.count()).where(
    _REDEMPTIONS.c.organisation_id == bindparam("organisation"), _REDEMPTIONS.c.coupon_id == bindparam("coupon")
)
_BALANCE = select(_LEDGER.c.balance).where(
    _LEDGER.c.organisation_id == bindparam("organisation"),
    _LEDGER.c.owner == bindparam("member"),
    _LEDGER.c.unit == POINTS,
)
_SPENT = select(func.coalesce(func.sum(_LOANS.c.spent), 0)).where(
    _LOANS.c.organisation_id == bindparam("organisation"), _LOANS.c.right_id == bindparam("right")
)
_USED = select(
    func.coalesce(func.sum(_USES.c.uses), 0).label("uses"),
    func.coalesce(func.sum(_USES.c.discount_minor), 0).label("discount_minor"),
).where(
    _USES.c.organisation_id == bindparam("organisation"),
    _USES.c.offer_id == bindparam("offer"),
    _USES.c.member_id == bindparam("member"),
)
_LIVE = (
    select(_VERSIONS.c.sha256, _VERSIONS.c.body)
    .join(
        _CAMPAIGNS,
        (_CAMPAIGNS.c.organisation_id == _VERSIONS.c.organisation_id)
        & (_CAMPAIGNS.c.campaign_id == _VERSIONS.c.campaign_id)
        & (_CAMPAIGNS.c.live_version == _VERSIONS.c.version),
    )
    .where(_VERSIONS.c.organisation_id == bindparam("organisation"), _VERSIONS.c.campaign_id == bindparam("campaign"))
)


@lru_cache(maxsize=512)
def _limits_in(_sha256: str, body: bytes) -> dict[str, Limits]:
    return {offer.offer_id: offer.limits for offer in decode_campaign(body).offers}
