"""Replays of all past receipts, with what they found."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.db import Base, Id


class CampaignReplay(Base):
    """One replay. state: waiting, running, done, stopped, failed. `campaign_id` empty: all that tills have.

    `first_day`, `last_day`: of the receipts, where somebody chose them.
    `form` is the campaign's form as it was when somebody asked. `body`: what was found as JSON, empty before the end.
    """

    __tablename__ = "campaign_replay"
    __table_args__ = (Index("ix_campaign_replay_campaign", "organisation_id", "campaign_id", "created_at"),)

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    replay_id: Mapped[str] = mapped_column(Id, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(Id)
    name: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(16))
    form: Mapped[str] = mapped_column(Text)
    first_day: Mapped[date | None] = mapped_column(default=None)
    last_day: Mapped[date | None] = mapped_column(default=None)
    receipts_total: Mapped[int] = mapped_column(default=0)
    receipts_done: Mapped[int] = mapped_column(default=0)
    stop_asked: Mapped[bool] = mapped_column(default=False)
    error: Mapped[str] = mapped_column(Text, default="")
    body: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(254))
    finished_at: Mapped[datetime | None]
