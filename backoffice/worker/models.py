"""Work as rows: what is to be done, by when, and how the last run went."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.db import Base, Id


class Job(Base):
    """One piece of work for one organisation. state: waiting, running, done, failed.

    `due_key` makes a planned run unique ("2026-11-21"), so that two tickers never plan the same night twice.
    """

    __tablename__ = "job"
    __table_args__ = (
        UniqueConstraint("organisation_id", "kind", "due_key"),
        Index("ix_job_waiting", "state", "run_at"),
    )

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    job_id: Mapped[str] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    due_key: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16), default="waiting")
    run_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    # What was said, as `web.said` keeps it.
    result: Mapped[str] = mapped_column(Text, default="")
