"""Tills, how they are enrolled, how far they have uploaded, which sets were published, and the nightly comparisons."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.db import Base, Id

_STORE = (["organisation_id", "store_id"], ["store.organisation_id", "store.store_id"])
_TILL = (
    ["organisation_id", "workstation_id"],
    ["workstation.organisation_id", "workstation.workstation_id"],
)


class Workstation(Base):
    """A till. state: waiting (no key was confirmed yet), active or revoked.

    `epoch` is the highest one it was given or was seen to use.

    The lower half is what its last heartbeat said: `devices`, `inactive_campaigns` and `alarms` are JSON objects of
    text; `clock_offset_ms` is the back-office's time minus the till's (positive: the till is slow).
    """

    __tablename__ = "workstation"
    __table_args__ = (
        ForeignKeyConstraint(*_STORE),
        Index("ix_workstation_store", "organisation_id", "store_id", "name"),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    workstation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    store_id: Mapped[str] = mapped_column(Id)
    name: Mapped[str] = mapped_column(String(100))
    epoch: Mapped[int]
    state: Mapped[str] = mapped_column(String(16), default="active")
    enrolled_at: Mapped[datetime]
    last_seen_at: Mapped[datetime | None]
    received_set_version: Mapped[int] = mapped_column(default=0)
    active_set_version: Mapped[int] = mapped_column(default=0)
    outbox_count: Mapped[int] = mapped_column(default=0)
    clock_offset_ms: Mapped[int] = mapped_column(default=0)
    devices: Mapped[str] = mapped_column(Text, default="{}")
    inactive_campaigns: Mapped[str] = mapped_column(Text, default="{}")
    alarms: Mapped[str] = mapped_column(Text, default="{}")


class TillKey(Base):
    """A public key that a till showed at enrolment, as base64. state: waiting, active, refused or retired.

    `key_id` is the key's SHA-256 in hex, and what a request names it by. `decided_by`: who confirmed or refused it.
    """

    __tablename__ = "till_key"
    __table_args__ = (
        ForeignKeyConstraint(*_TILL),
        Index("ix_till_key_key_id", "key_id", unique=True),
        Index("ix_till_key_till", "organisation_id", "workstation_id"),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    key_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    workstation_id: Mapped[str] = mapped_column(Id)
    public_key: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))
    asked_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str] = mapped_column(String(254))


class EnrolmentCode(Base):
    """A single-use code, kept as its hash only. `workstation_id` is the till that it makes, or renews."""

    __tablename__ = "enrolment_code"
    __table_args__ = (ForeignKeyConstraint(*_STORE), Index("ix_enrolment_code_code", "code_sha256", unique=True))

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    code_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    store_id: Mapped[str] = mapped_column(Id)
    workstation_id: Mapped[str] = mapped_column(Id)
    workstation_name: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class UploadMark(Base):
    """How far one epoch of one till has arrived: everything up to `acknowledged_seq` without gaps, `max_seq` at all."""

    __tablename__ = "upload_mark"
    __table_args__ = (ForeignKeyConstraint(*_TILL),)

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    workstation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    epoch: Mapped[int] = mapped_column(primary_key=True)
    acknowledged_seq: Mapped[int]
    max_seq: Mapped[int]


class CampaignSetRow(Base):
    """A published set of one store: the bytes that are signed, never changed and never deleted."""

    __tablename__ = "campaign_set"
    __table_args__ = (ForeignKeyConstraint(*_STORE),)

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    store_id: Mapped[str] = mapped_column(Id, primary_key=True)
    set_version: Mapped[int] = mapped_column(primary_key=True)
    published_at: Mapped[datetime]
    sha256: Mapped[str] = mapped_column(String(64))
    campaigns: Mapped[int]
    raw: Mapped[bytes] = mapped_column(LargeBinary)


class Reconciliation(Base):
    """One nightly comparison of a till's day with ours; asked again, the row is replaced by the newer answer.

    `differences` is a JSON list of plain English sentences, empty when both sides agree.
    """

    __tablename__ = "reconciliation"
    __table_args__ = (
        ForeignKeyConstraint(*_TILL),
        Index("ix_reconciliation_day", "organisation_id", "business_day"),
    )

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    workstation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    business_day: Mapped[date] = mapped_column(primary_key=True)
    reconciled_at: Mapped[datetime]
    till_receipts: Mapped[int]
    till_redemptions: Mapped[int]
    till_due_minor: Mapped[int]
    till_discount_minor: Mapped[int]
    our_receipts: Mapped[int]
    our_redemptions: Mapped[int]
    our_due_minor: Mapped[int]
    our_discount_minor: Mapped[int]
    agrees: Mapped[bool]
    differences: Mapped[str] = mapped_column(Text)
