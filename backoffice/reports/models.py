"""What receipts add up to by business day, so that no page reads them one by one: kept by whoever stores a receipt.

And what was found out about a campaign on its result day.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.db import Base, Id


class StoreDay(Base):
    """The receipts of one kind that one operator closed at one till on one business day.

    Amounts in minor units, as they are on the receipts: below zero on voids and returns.
    """

    __tablename__ = "store_day"
    __table_args__ = ({"sqlite_with_rowid": False},)

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    business_day: Mapped[date] = mapped_column(primary_key=True)
    store_id: Mapped[str] = mapped_column(Id, primary_key=True)
    workstation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    operator: Mapped[str] = mapped_column(String(100), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    receipts: Mapped[int]
    with_member: Mapped[int]
    value_minor: Mapped[int]
    discount_minor: Mapped[int]
    due_minor: Mapped[int]


class CampaignDay(Base):
    """What one campaign did at one till, for one operator, on one business day.

    `receipts`: sales less voids on which it gave something; `due_minor`: of those and of returns, after discounts.
    """

    __tablename__ = "campaign_day"
    __table_args__ = (
        Index("ix_campaign_day_day", "organisation_id", "business_day"),
        {"sqlite_with_rowid": False},
    )

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    campaign_id: Mapped[str] = mapped_column(Id, primary_key=True)
    business_day: Mapped[date] = mapped_column(primary_key=True)
    store_id: Mapped[str] = mapped_column(Id, primary_key=True)
    workstation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    operator: Mapped[str] = mapped_column(String(100), primary_key=True)
    receipts: Mapped[int]
    due_minor: Mapped[int]
    discount_minor: Mapped[int]
    touched_minor: Mapped[int]


class CampaignResult(Base):
    """The comparison of treated and held out, made once, on the result day. `body`: `comparison.Comparison` as JSON."""

    __tablename__ = "campaign_result"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id", "campaign_id"], ["campaign.organisation_id", "campaign.campaign_id"]),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(Id, primary_key=True)
    made_at: Mapped[datetime]
    body: Mapped[str] = mapped_column(Text)


class StandingResult(Base):
    """What all campaigns together earned in one quarter, compared once. `body`: `comparison.Comparison` as JSON."""

    __tablename__ = "standing_result"

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    first: Mapped[date] = mapped_column(primary_key=True)
    last: Mapped[date]
    percent: Mapped[int]
    made_at: Mapped[datetime]
    body: Mapped[str] = mapped_column(Text)


class CampaignForecast(Base):
    """What a published version was expected to cost, worked out when it was published. `body`: JSON, see `budget`."""

    __tablename__ = "campaign_forecast"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id", "campaign_id"], ["campaign.organisation_id", "campaign.campaign_id"]),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(Id, primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    made_at: Mapped[datetime]
    body: Mapped[str] = mapped_column(Text)


class BudgetMark(Base):
    """A campaign has given so much of its budget: 80 % or all of it, noted once for each budget it had."""

    __tablename__ = "budget_mark"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id", "campaign_id"], ["campaign.organisation_id", "campaign.campaign_id"]),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(Id, primary_key=True)
    budget_minor: Mapped[int] = mapped_column(primary_key=True)
    percent: Mapped[int] = mapped_column(primary_key=True)
    given_minor: Mapped[int]
    reached_at: Mapped[datetime]
