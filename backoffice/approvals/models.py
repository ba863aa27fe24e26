"""The last word of a second person about something that goes out."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.db import Base, Id


class Approval(Base):
    """The last question about one subject, and its answer. state: submitted, approved, refused.

    `sha256`: hex over what is approved (`approvals.subjects.Subject.sha256`); when the subject no longer has it, the
    word no longer counts. `question_id` is new with each submission, so that no notice is about an older one.
    """

    __tablename__ = "approval"
    __table_args__ = (Index("ix_approval_state", "organisation_id", "state"),)

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    subject_kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    subject_id: Mapped[str] = mapped_column(Id, primary_key=True)
    question_id: Mapped[str] = mapped_column(Id)
    sha256: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))
    submitted_by: Mapped[str] = mapped_column(String(254))
    submitted_at: Mapped[datetime]
    decided_by: Mapped[str] = mapped_column(String(254), default="")
    decided_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(Text, default="")
