"""Moves of value on cards that a till was in doubt about."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.db import Base, Id


class CardMove(Base):
    """One move, as its till told it last, and what a person decided of it.

    `state`: pending, unclear, done or undone; `settled_by`: whose word done and undone are, card or office. `decision`:
    done, undone or empty; the till takes it over and says so. Amounts in minor units of `currency`.
    """

    __tablename__ = "card_move"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "workstation_id"], ["workstation.organisation_id", "workstation.workstation_id"]
        ),
        Index("ix_card_move_begun", "organisation_id", "begun_at"),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    workstation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    move_id: Mapped[str] = mapped_column(Id, primary_key=True)
    card_id: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(16))
    reference: Mapped[str] = mapped_column(String(200))
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    balance_before_minor: Mapped[int]
    sequence: Mapped[int]
    operator: Mapped[str] = mapped_column(String(200))
    begun_at: Mapped[datetime]
    told_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16))
    settled_by: Mapped[str] = mapped_column(String(16), default="")
    decision: Mapped[str] = mapped_column(String(16), default="")
    decided_by: Mapped[str] = mapped_column(String(254), default="")
    decided_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(Text, default="")
