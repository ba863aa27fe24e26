"""Saved segments, people taken off by hand, and what members bought, by day: kept by whoever stores a receipt."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.db import Base, Id


class MemberDay(Base):
    """What one member did in one store on one business day. A void takes its sale back from the sale's own day.

    `visits`: sales less voids. `spent_minor`: due, less what came back that day. Without a foreign key to the member:
    tills may know members that are gone.
    """

    __tablename__ = "member_day"
    __table_args__ = (
        Index("ix_member_day_day", "organisation_id", "business_day", "member_id"),
        {"sqlite_with_rowid": False},
    )

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    member_id: Mapped[str] = mapped_column(Id, primary_key=True)
    business_day: Mapped[date] = mapped_column(primary_key=True)
    store_id: Mapped[str] = mapped_column(Id, primary_key=True)
    visits: Mapped[int]
    spent_minor: Mapped[int]


class MemberProductDay(Base):
    """How many units of a product a member bought on one business day, less those that came back that day."""

    __tablename__ = "member_product_day"
    __table_args__ = ({"sqlite_with_rowid": False},)

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    product_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    member_id: Mapped[str] = mapped_column(Id, primary_key=True)
    business_day: Mapped[date] = mapped_column(primary_key=True)
    units: Mapped[int]


class Segment(Base):
    """A saved condition tree with a name. `tree` is an `audiences.tree.AudienceTree` as JSON."""

    __tablename__ = "segment"
    __table_args__ = (UniqueConstraint("organisation_id", "name"),)

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    segment_id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    tree: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class SegmentRemoval(Base):
    """A member who was taken off a segment by hand, with the reason; undone by deleting the row."""

    __tablename__ = "segment_removal"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "segment_id"], ["segment.organisation_id", "segment.segment_id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["organisation_id", "member_id"], ["member.organisation_id", "member.member_id"], ondelete="CASCADE"
        ),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    segment_id: Mapped[str] = mapped_column(Id, primary_key=True)
    member_id: Mapped[str] = mapped_column(Id, primary_key=True)
    reason: Mapped[str] = mapped_column(String(200))
    actor: Mapped[str] = mapped_column(String(254))
    at: Mapped[datetime]


class CampaignAudience(Base):
    """Who a campaign's version was given to: the filter as it was used, in words too, and where people were lost.

    Never changed. `steps`: JSON of [code, count]; `seed` and `hold_out_percent` drew who was held out.
    """

    __tablename__ = "campaign_audience"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id", "campaign_id"], ["campaign.organisation_id", "campaign.campaign_id"]),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(Id, primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    segment_id: Mapped[str] = mapped_column(Id)
    """Empty: the conditions were the campaign's own."""
    segment_name: Mapped[str] = mapped_column(String(100))
    tree: Mapped[str] = mapped_column(Text)
    in_words: Mapped[str] = mapped_column(Text)
    steps: Mapped[str] = mapped_column(Text)
    hold_out_percent: Mapped[int]
    seed: Mapped[str] = mapped_column(String(64))
    resolved_at: Mapped[datetime]


class CampaignMember(Base):
    """One member's part in a campaign, decided once. `arm`: treated, or held_out, who gets nothing of it anywhere.

    Without a foreign key to the member: what a campaign earned is counted by these rows, whoever is erased later.
    """

    __tablename__ = "campaign_member"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id", "campaign_id"], ["campaign.organisation_id", "campaign.campaign_id"]),
        {"sqlite_with_rowid": False},
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(Id, primary_key=True)
    member_id: Mapped[str] = mapped_column(Id, primary_key=True)
    arm: Mapped[str] = mapped_column(String(8))
    version: Mapped[int]
    at: Mapped[datetime]


class StandingHoldOut(Base):
    """How many of a hundred members get nothing of any campaign, and the seed that draws them.

    `since`: from when on it is as it is now; a result needs a whole quarter of it.
    """

    __tablename__ = "standing_hold_out"

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    percent: Mapped[int]
    seed: Mapped[str] = mapped_column(String(64))
    since: Mapped[datetime]
