"""Who did what, and when: written in the transaction that does it, never changed, each sealed to the one before."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.db import Base, Id


class AuditEntry(Base):
    """One act: `action` is a stable code, `subject` the kind and id of what it was done to.

    `seq` counts the organisation's entries from 1 without a gap; `seal` is the SHA-256 over the seal before and this
    entry (`backoffice.audit.chain`), so that no entry can be changed, taken out or put in unseen.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_subject", "organisation_id", "subject_kind", "subject_id"),
        UniqueConstraint("organisation_id", "seq"),
    )

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    entry_id: Mapped[str] = mapped_column(Id, primary_key=True)
    seq: Mapped[int]
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(254), default="")
    action: Mapped[str] = mapped_column(String(64))
    subject_kind: Mapped[str] = mapped_column(String(32), default="")
    subject_id: Mapped[str] = mapped_column(Id, default="")
    details: Mapped[str] = mapped_column(Text, default="")
    seal: Mapped[bytes] = mapped_column(LargeBinary(32))


class AuditHead(Base):
    """The newest entry's number and seal; tills remember it, so that a record cut short is noticed too."""

    __tablename__ = "audit_head"

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    seq: Mapped[int]
    seal: Mapped[bytes] = mapped_column(LargeBinary(32))
