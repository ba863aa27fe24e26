"""Rights that customers' cards may have written down, of which a till was in doubt."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.db import Base, Id
from backoffice.sync_api.models.rights import RightText


class CardRight(Base):
    """One change of what a card remembers, as its till told it last, and what a person decided of it.

    `state`: pending, unclear, done or undone; the last two are the card's word. `kept`: a receipt rests on it.
    `decision`: used, unused or empty; `taken`: what of it the till has taken over.
    """

    __tablename__ = "card_right"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "workstation_id"], ["workstation.organisation_id", "workstation.workstation_id"]
        ),
        Index("ix_card_right_begun", "organisation_id", "begun_at"),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    workstation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    change_id: Mapped[str] = mapped_column(Id, primary_key=True)
    card_id: Mapped[str] = mapped_column(String(200))
    reference: Mapped[str] = mapped_column(String(200))
    sequence: Mapped[int]
    begun_at: Mapped[datetime]
    told_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16))
    kept: Mapped[bool] = mapped_column(default=False)
    taken: Mapped[str] = mapped_column(String(16), default="")
    decision: Mapped[str] = mapped_column(String(16), default="")
    decided_by: Mapped[str] = mapped_column(String(254), default="")
    decided_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(Text, default="")


class CardRightUnits(Base):
    """Units of one right in a change, negative: given back. `counted`: as used, because a person decided so."""

    __tablename__ = "card_right_units"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "workstation_id", "change_id"],
            ["card_right.organisation_id", "card_right.workstation_id", "card_right.change_id"],
        ),
        Index("ix_card_right_units_right", "organisation_id", "right_id", "counted"),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    workstation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    change_id: Mapped[str] = mapped_column(Id, primary_key=True)
    right_id: Mapped[str] = mapped_column(RightText, primary_key=True)
    units: Mapped[int]
    counted: Mapped[bool] = mapped_column(default=False)
