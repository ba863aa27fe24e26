"""Imports of files: uploaded, checked, then applied or thrown away."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.db import Base, Id


class ImportRun(Base):
    """One file on its way in.

    state: mapping, checking, checked, refused, applying, done, undoing, undone, failed, discarded. `mapping` is a JSON
    list: the field that each column of the file means. `issues` is a JSON list of the first mistakes, `issues_total`
    counts all of them. `summary` is a JSON object of counts (new, changed, …); `error` says why a run failed, as
    `web.said` keeps texts.
    `rows_done`: rows that were taken over, or members that were set back, so far; written with them.
    """

    __tablename__ = "import_run"

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    import_id: Mapped[str] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    filename: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(16))
    mapping: Mapped[str] = mapped_column(Text, default="[]", server_default="[]")
    rows_total: Mapped[int] = mapped_column(default=0)
    rows_done: Mapped[int] = mapped_column(default=0, server_default="0")
    issues_total: Mapped[int] = mapped_column(default=0)
    issues: Mapped[str] = mapped_column(Text, default="[]")
    summary: Mapped[str] = mapped_column(Text, default="{}")
    error: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(254), default="")
    finished_at: Mapped[datetime | None]


class ImportMapping(Base):
    """Which columns were meant the last time a file came with this heading. `header_mark`: SHA-256 of the heading."""

    __tablename__ = "import_mapping"

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    header_mark: Mapped[str] = mapped_column(String(64), primary_key=True)
    mapping: Mapped[str] = mapped_column(Text)
    saved_at: Mapped[datetime]


class ImportChange(Base):
    """What one import did to one member, until it is undone or too old for that; goes with the member.

    `sealed`: a `backoffice.imports.changes.Done` as JSON, under the member's key, because it names the person.
    """

    __tablename__ = "import_change"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "import_id"], ["import_run.organisation_id", "import_run.import_id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["organisation_id", "member_id"], ["member.organisation_id", "member.member_id"], ondelete="CASCADE"
        ),
        Index("ix_import_change_member", "organisation_id", "member_id"),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    import_id: Mapped[str] = mapped_column(Id, primary_key=True)
    member_id: Mapped[str] = mapped_column(Id, primary_key=True)
    row: Mapped[int]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
