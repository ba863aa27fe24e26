"""Rights that are lent to tills: who borrows, what was lent and returned, and what receipts used."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.db import Base, Id

RightText = String(200)
LifeText = String(128)

_TILL = (
    ["organisation_id", "workstation_id"],
    ["workstation.organisation_id", "workstation.workstation_id"],
)


class RightAccount(Base):
    """One right. `out`: units granted less units returned, of all tills; what receipts used of them stays in it."""

    __tablename__ = "right_account"

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    right_id: Mapped[str] = mapped_column(RightText, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(Id)
    out: Mapped[int] = mapped_column(default=0)


class RightBorrower(Base):
    """One life of a till. `turn`: the highest of its requests that was answered. One life of each till is `present`."""

    __tablename__ = "right_borrower"
    __table_args__ = (ForeignKeyConstraint(*_TILL),)

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    workstation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    life: Mapped[str] = mapped_column(LifeText, primary_key=True)
    turn: Mapped[int]
    present: Mapped[bool]
    heard_at: Mapped[datetime]


class RightLoan(Base):
    """What one life of a till has of one right, in units since its start. `spent`: what receipts used of it."""

    __tablename__ = "right_loan"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "right_id"], ["right_account.organisation_id", "right_account.right_id"]
        ),
        ForeignKeyConstraint(
            ["organisation_id", "workstation_id", "life"],
            ["right_borrower.organisation_id", "right_borrower.workstation_id", "right_borrower.life"],
        ),
        Index("ix_right_loan_life", "organisation_id", "workstation_id", "life", "recalled"),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    right_id: Mapped[str] = mapped_column(RightText, primary_key=True)
    workstation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    life: Mapped[str] = mapped_column(LifeText, primary_key=True)
    granted: Mapped[int] = mapped_column(default=0)
    returned: Mapped[int] = mapped_column(default=0)
    spent: Mapped[int] = mapped_column(default=0)
    recalled: Mapped[bool] = mapped_column(default=False)


class RightUseRow(Base):
    """What one receipt used of one right. `root`: the life it was lent to; empty: it rested on nothing."""

    __tablename__ = "right_use"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "workstation_id", "epoch", "seq"],
            ["receipt.organisation_id", "receipt.workstation_id", "receipt.epoch", "receipt.seq"],
        ),
        Index("ix_right_use_right", "organisation_id", "right_id"),
        Index("ix_right_use_campaign", "organisation_id", "campaign_id", "root"),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    workstation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    epoch: Mapped[int] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    right_id: Mapped[str] = mapped_column(RightText, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(Id, primary_key=True)
    units: Mapped[int]
    root: Mapped[str] = mapped_column(LifeText)
