"""Letters: how a shop's paper is laid out, which mailings went to the printer when, and the coupons in them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.db import Base, Id


class LetterRules(Base):
    """How an organisation's letters look. `window`: see `letters.paper`. `sender_line`: small, above the address."""

    __tablename__ = "letter_rules"

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    window: Mapped[str] = mapped_column(String(16))
    sender_line: Mapped[str] = mapped_column(String(120))


class LetterSetting(Base):
    """What one mailing's letters have beside its text. `run_tag`: of which print run each letter carries a coupon."""

    __tablename__ = "letter_setting"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "mailing_id"], ["mailing.organisation_id", "mailing.mailing_id"], ondelete="CASCADE"
        ),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    mailing_id: Mapped[str] = mapped_column(Id, primary_key=True)
    run_tag: Mapped[str] = mapped_column(Id, default="")


class LetterBatch(Base):
    """Letters that were made as one file. state: made (downloaded, so they count as sent), printed, or undone."""

    __tablename__ = "letter_batch"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "mailing_id"], ["mailing.organisation_id", "mailing.mailing_id"], ondelete="CASCADE"
        ),
        Index("ix_letter_batch_mailing", "organisation_id", "mailing_id"),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    batch_id: Mapped[str] = mapped_column(Id, primary_key=True)
    mailing_id: Mapped[str] = mapped_column(Id)
    state: Mapped[str] = mapped_column(String(16))
    letters: Mapped[int]
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(254))


class LetterCoupon(Base):
    """The coupon that stands in one member's letter; a letter made again has the same one."""

    __tablename__ = "letter_coupon"
    __table_args__ = (
        ForeignKeyConstraint(
            ["dispatch_id", "organisation_id"], ["dispatch.dispatch_id", "dispatch.organisation_id"], ondelete="CASCADE"
        ),
        UniqueConstraint("organisation_id", "coupon_id"),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    dispatch_id: Mapped[str] = mapped_column(Id, primary_key=True)
    coupon_id: Mapped[str] = mapped_column(Id)
