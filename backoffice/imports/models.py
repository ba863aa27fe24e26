"""Imports of files: uploaded, checked, then applied or thrown away."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.db import Base, Id


class ImportRun(Base):
    """One file on its way in. state: checking, checked, refused, applying, done, failed, discarded.

    `issues` is a JSON list of the first mistakes, `issues_total` counts all of them. `summary` is a JSON object of
    counts (new, changed, …); `error` says why a run failed.
    """

    __tablename__ = "import_run"

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    import_id: Mapped[str] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    filename: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(16))
    rows_total: Mapped[int] = mapped_column(default=0)
    issues_total: Mapped[int] = mapped_column(default=0)
    issues: Mapped[str] = mapped_column(Text, default="[]")
    summary: Mapped[str] = mapped_column(Text, default="{}")
    error: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(254), default="")
    finished_at: Mapped[datetime | None]
