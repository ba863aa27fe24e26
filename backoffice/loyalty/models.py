"""The programme and the double-entry ledger of points, stamps and stored value."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.db import Base, Id

UNIT_LENGTH = 80
ENTRY_ID_LENGTH = 160


class ProgrammeVersion(Base):
    """One version of the programme; it never changes. `body` is the core's Programme as tills get it.

    Members earn `earn_points` for every `earn_per_minor` they pay (0: none); `earn_mode`: down or half_up.
    """

    __tablename__ = "programme_version"

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    earn_points: Mapped[int]
    earn_per_minor: Mapped[int]
    earn_mode: Mapped[str] = mapped_column(String(16))
    saved_at: Mapped[datetime]
    saved_by: Mapped[str] = mapped_column(String(254))


class LedgerEntry(Base):
    """One act: a receipt (its own number), an expiry, a correction. What it books are its postings.

    `undoes`: the entry that this one takes back. Read in the order of `booked_at`, `happened_at`, `seq`.
    """

    __tablename__ = "ledger_entry"
    __table_args__ = (Index("ix_ledger_entry_member", "organisation_id", "member_id", "booked_at"),)

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    entry_id: Mapped[str] = mapped_column(String(ENTRY_ID_LENGTH), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    member_id: Mapped[str] = mapped_column(Id)
    business_day: Mapped[date]
    happened_at: Mapped[datetime]
    booked_at: Mapped[datetime]
    seq: Mapped[int] = mapped_column(default=0)
    undoes: Mapped[str] = mapped_column(String(ENTRY_ID_LENGTH), default="")
    actor: Mapped[str] = mapped_column(String(254), default="")
    reason: Mapped[str] = mapped_column(String(200), default="")


class LedgerPosting(Base):
    """One side of a booking: so much more on an account. The postings of an entry sum to zero in each unit.

    `owner` is a member, or an account of the shop (`shop:issued` …). `unit`: points, value (minor units of money),
    stamps:<card>. `kind`: accrual, points_redemption, stamps_redemption, value_redemption, top_up, reversal, expiry,
    adjustment, overdraft.
    """

    __tablename__ = "ledger_posting"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "entry_id"], ["ledger_entry.organisation_id", "ledger_entry.entry_id"]
        ),
        Index("ix_ledger_posting_account", "organisation_id", "owner", "unit"),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    entry_id: Mapped[str] = mapped_column(String(ENTRY_ID_LENGTH), primary_key=True)
    posting_no: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(Id)
    unit: Mapped[str] = mapped_column(String(UNIT_LENGTH))
    kind: Mapped[str] = mapped_column(String(24))
    amount: Mapped[int]
    expires_on: Mapped[date | None]
    usable_from: Mapped[date | None]


class LedgerAccount(Base):
    """The balance of one account: always the sum of its postings.

    `next_expiry_on`: no points of it expire before that day; looked at again when it has come.
    """

    __tablename__ = "ledger_account"
    __table_args__ = (Index("ix_ledger_account_expiry", "organisation_id", "next_expiry_on"),)

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    owner: Mapped[str] = mapped_column(Id, primary_key=True)
    unit: Mapped[str] = mapped_column(String(UNIT_LENGTH), primary_key=True)
    balance: Mapped[int]
    next_expiry_on: Mapped[date | None]


class TillPart(Base):
    """What the receipts of one till's epoch did to a member's account; visits are counted here only."""

    __tablename__ = "ledger_till_part"

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    owner: Mapped[str] = mapped_column(Id, primary_key=True)
    unit: Mapped[str] = mapped_column(String(UNIT_LENGTH), primary_key=True)
    workstation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    epoch: Mapped[int] = mapped_column(primary_key=True)
    amount: Mapped[int]
    last_on: Mapped[date]


class MemberStanding(Base):
    """A member's tier and the period it is kept for, both days inclusive."""

    __tablename__ = "member_standing"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "member_id"], ["member.organisation_id", "member.member_id"], ondelete="CASCADE"
        ),
        Index("ix_member_standing_end", "organisation_id", "period_end"),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    member_id: Mapped[str] = mapped_column(Id, primary_key=True)
    tier_id: Mapped[str] = mapped_column(String(32))
    period_start: Mapped[date]
    period_end: Mapped[date]
