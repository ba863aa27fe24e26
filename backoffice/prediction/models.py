"""What vehicles need next, as of one night: made anew each time."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.db import Base, Id


class NeedModel(Base):
    """How it was worked out, and its back-test. `until`: the last day it knows. `body`: `services.Kept` as JSON."""

    __tablename__ = "need_model"

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    until: Mapped[date]
    made_at: Mapped[datetime]
    body: Mapped[str] = mapped_column(Text)


class VehicleNeed(Base):
    """One family of one vehicle, where something can be said. Goes with the vehicle.

    `basis`: done, new or papers: where the interval runs from, on `since_on` at `since_km`. `due_on`: by the plan.
    `early_on`, `late_on`: four of five fall between them, None: not known. `here_bp`: chance that it is done here
    within 90 days, in basis points. `km_today`: the projected odometer on the model's day.
    """

    __tablename__ = "vehicle_need"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "vehicle_id"], ["vehicle.organisation_id", "vehicle.vehicle_id"], ondelete="CASCADE"
        ),
        Index("ix_vehicle_need_due", "organisation_id", "family", "due_on"),
        {"sqlite_with_rowid": False},
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    vehicle_id: Mapped[str] = mapped_column(Id, primary_key=True)
    family: Mapped[str] = mapped_column(String(16), primary_key=True)
    basis: Mapped[str] = mapped_column(String(8))
    since_on: Mapped[date]
    since_km: Mapped[int | None]
    km_today: Mapped[int | None]
    due_on: Mapped[date]
    early_on: Mapped[date | None]
    late_on: Mapped[date | None]
    here_bp: Mapped[int]
