"""Campaigns as staff edit them, and the immutable versions that were published."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.db import Base, Id


class Campaign(Base):
    """What staff see and edit. state: draft, live, paused, stopped.

    `form` is the filled-in campaign form as JSON. `live_version` is what tills have (None: nothing); while the form is
    edited after publishing, tills keep that version until it is published again.
    """

    __tablename__ = "campaign"
    __table_args__ = (Index("ix_campaign_state", "organisation_id", "state"),)

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    campaign_id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    preset: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(16), default="draft")
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    form: Mapped[str] = mapped_column(Text)
    live_version: Mapped[int | None]
    last_version: Mapped[int] = mapped_column(default=0)
    edited: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class CampaignVersion(Base):
    """A published version: the bytes that tills get, never changed and never deleted. `sha256` is hex of `body`."""

    __tablename__ = "campaign_version"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id", "campaign_id"], ["campaign.organisation_id", "campaign.campaign_id"]),
        Index("ix_campaign_version_sha256", "organisation_id", "sha256"),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(Id, primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    sha256: Mapped[str] = mapped_column(String(64))
    form: Mapped[str] = mapped_column(Text)
    published_at: Mapped[datetime]
    published_by: Mapped[str] = mapped_column(String(254), default="")
