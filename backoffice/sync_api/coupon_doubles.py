"""Coupons that were honoured more often than they were worth, because tills were off line, and what it cost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.sync_api.models import Coupon, CouponRedemption


@dataclass(frozen=True)
class DoubleRedemption:
    """A coupon that was honoured more often than it was worth, with all its receipts in order of time."""

    coupon_id: str
    campaign_id: str
    uses_total: int
    receipt_ids: tuple[str, ...]
    excess_discount_minor: int


def double_redemptions(session: Session, organisation_id: str) -> Sequence[DoubleRedemption]:
    """Coupons honoured more often than they were worth. The excess is the discount beyond the first allowed uses."""
    rows = session.execute(
        select(
            CouponRedemption.coupon_id,
            CouponRedemption.workstation_id,
            CouponRedemption.epoch,
            CouponRedemption.seq,
            CouponRedemption.discount_minor,
            Coupon.campaign_id,
            Coupon.uses_total,
        )
        .join(
            Coupon,
            (Coupon.organisation_id == CouponRedemption.organisation_id)
            & (Coupon.coupon_id == CouponRedemption.coupon_id),
        )
        .where(Coupon.organisation_id == organisation_id, Coupon.state == "overdrawn")
        .order_by(CouponRedemption.coupon_id, CouponRedemption.redeemed_at, CouponRedemption.seq)
    )
    grouped: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        grouped[row.coupon_id].append(row)
    return [
        DoubleRedemption(
            coupon_id=coupon_id,
            campaign_id=uses[0].campaign_id,
            uses_total=uses[0].uses_total,
            receipt_ids=tuple(f"{use.workstation_id}:{use.epoch}:{use.seq}" for use in uses),
            excess_discount_minor=sum(use.discount_minor for use in uses[uses[0].uses_total :]),
        )
        for coupon_id, uses in grouped.items()
    ]
