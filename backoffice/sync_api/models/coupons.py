"""Coupons as single instances, who redeemed them, and how often offers were used."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.db import Base, Id


class Coupon(Base):
    """One coupon. medium: card (held by a member's card) or paper.

    state: open, redeemed, taken_back (by staff), void (with its sale, or its member), or overdrawn.

    `issued_by` is the receipt that printed it, empty when the back-office gave it. `redeemed_by` is a JSON list of
    receipt ids; more of them than `uses_total` means that tills off line honoured it too often.
    """

    __tablename__ = "coupon"
    __table_args__ = (
        Index("ix_coupon_campaign", "organisation_id", "campaign_id", "state"),
        Index("ix_coupon_member", "organisation_id", "member_id"),
    )

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    coupon_id: Mapped[str] = mapped_column(Id, primary_key=True)
    series_id: Mapped[str] = mapped_column(Id)
    campaign_id: Mapped[str] = mapped_column(Id)
    member_id: Mapped[str] = mapped_column(Id, default="")
    medium: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(16), default="open")
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]
    uses_total: Mapped[int] = mapped_column(default=1)
    issued_at: Mapped[datetime]
    issued_by: Mapped[str] = mapped_column(String(128), default="")
    redeemed_by: Mapped[str] = mapped_column(Text, default="[]")


class CouponRedemption(Base):
    """One receipt that honoured one coupon. It may be known before the coupon is: tills do not upload in order."""

    __tablename__ = "coupon_redemption"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "workstation_id", "epoch", "seq"],
            ["receipt.organisation_id", "receipt.workstation_id", "receipt.epoch", "receipt.seq"],
        ),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    coupon_id: Mapped[str] = mapped_column(Id, primary_key=True)
    workstation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    epoch: Mapped[int] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[str] = mapped_column(Id)
    offer_id: Mapped[str] = mapped_column(Id)
    redeemed_at: Mapped[datetime]
    discount_minor: Mapped[int]


class OfferUsageDay(Base):
    """The same of one business day, for offers that are limited per day, week or month; days long past are deleted."""

    __tablename__ = "offer_usage_day"

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    offer_id: Mapped[str] = mapped_column(Id, primary_key=True)
    member_id: Mapped[str] = mapped_column(Id, primary_key=True)
    workstation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    business_day: Mapped[date] = mapped_column(primary_key=True)
    uses: Mapped[int]


class OfferUsage(Base):
    """How often one till's receipts used one offer, in all (`member_id` empty) and per member.

    What a member brought along who was merged into another stands under a part that is no till (`members.moving_uses`).
    """

    __tablename__ = "offer_usage"
    __table_args__ = (Index("ix_offer_usage_member", "organisation_id", "member_id"),)

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    offer_id: Mapped[str] = mapped_column(Id, primary_key=True)
    member_id: Mapped[str] = mapped_column(Id, primary_key=True)
    workstation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    uses: Mapped[int]
    discount_minor: Mapped[int]
