"""Print runs of coupons that belong to nobody; the coupons themselves are rows like all others."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKeyConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.db import Base, Id


class CouponRun(Base):
    """One print run of a campaign, or one code that everybody may know.

    kind: codes (`count` papers, each once) or public (one code, `count` uses in all). `tag`: what the run's codes begin
    with; of a public code the code itself. `void`: taken back as a whole.
    """

    __tablename__ = "coupon_run"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id", "campaign_id"], ["campaign.organisation_id", "campaign.campaign_id"]),
        Index("ix_coupon_run_campaign", "organisation_id", "campaign_id"),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    tag: Mapped[str] = mapped_column(Id, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(100))
    count: Mapped[int]
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]
    void: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(254))
