"""Who works at the tills, what the shop asks of its counters, what cashiers did, receipts credited later."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.db import Base, Id


class Cashier(Base):
    """One cashier. `salt`, `pin_hash`: hex, scrypt; the PIN itself is nowhere. `state`: active or blocked."""

    __tablename__ = "cashier"

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    operator: Mapped[str] = mapped_column(String(20), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    salt: Mapped[str] = mapped_column(String(64))
    pin_hash: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))
    changed_at: Mapped[datetime]


class CounterPolicyRow(Base):
    """What tills ask of cashiers (`pins`), whether members are found by phone number, and how often a card counts.

    `card_sales_max`: sales of a member at one till and day; 0: all.
    """

    __tablename__ = "counter_policy"

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    pins: Mapped[bool]
    find_by_phone: Mapped[bool]
    card_sales_max: Mapped[int]


class OperatorActionRow(Base):
    """One act of a cashier, as its till told it. See `pos_engine/wire/cashiers.py`."""

    __tablename__ = "operator_action"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "workstation_id"], ["workstation.organisation_id", "workstation.workstation_id"]
        ),
        Index("ix_operator_action_done", "organisation_id", "done_at"),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    workstation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    action_id: Mapped[str] = mapped_column(Id, primary_key=True)
    action: Mapped[str] = mapped_column(String(32))
    operator: Mapped[str] = mapped_column(String(200))
    subject: Mapped[str] = mapped_column(String(200))
    amount_minor: Mapped[int]
    member_id: Mapped[str] = mapped_column(Id)
    by_pin: Mapped[bool]
    done_at: Mapped[datetime]
    told_at: Mapped[datetime]


class LateCredit(Base):
    """A receipt that somebody asked to be credited to a member afterwards: the first who asks has it, once.

    `state`: waiting (the receipt has not arrived), credited, refused (`reason` says why). `points`: what it earned.
    """

    __tablename__ = "late_credit"
    __table_args__ = (Index("ix_late_credit_member", "organisation_id", "member_id"),)

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    receipt_id: Mapped[str] = mapped_column(String(160), primary_key=True)
    member_id: Mapped[str] = mapped_column(Id)
    asked_by: Mapped[str] = mapped_column(String(254))
    asked_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(32))
    points: Mapped[int]
    points_back: Mapped[int]
