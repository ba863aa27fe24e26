"""Who gets which report by e-mail, and what was sent."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.db import Base, Id


class ReportOrder(Base):
    """One person gets one report regularly. `kind`, `every`: see `kinds`. `store_id` empty: of all stores."""

    __tablename__ = "report_order"
    __table_args__ = (UniqueConstraint("organisation_id", "user_id", "kind", "every", "store_id"),)

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    order_id: Mapped[str] = mapped_column(Id, primary_key=True)
    user_id: Mapped[str] = mapped_column(Id, ForeignKey("app_user.user_id"))
    kind: Mapped[str] = mapped_column(String(16))
    every: Mapped[str] = mapped_column(String(8))
    store_id: Mapped[str] = mapped_column(Id)
    created_by: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime]


class ReportDelivery(Base):
    """One report to one person, written down before it is handed to the mail server.

    `about`: the first day of the period, the mark of a budget, or a night's sample. `state`: handing (a worker that
    dies now leaves a doubt), sent, waiting (refused for a reason that passes), in_doubt, failed.
    """

    __tablename__ = "report_delivery"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "order_id"],
            ["report_order.organisation_id", "report_order.order_id"],
            ondelete="CASCADE",
        ),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    order_id: Mapped[str] = mapped_column(Id, primary_key=True)
    about: Mapped[str] = mapped_column(String(64), primary_key=True)
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(300))
    at: Mapped[datetime]


class ReportLook(Base):
    """A report that somebody looks at before it comes, counted by the worker. state: waiting, running, done, failed.

    `first_day`: of the period. `below`: with the organisations below. `body`: the paper as JSON, empty before the end.
    """

    __tablename__ = "report_look"
    __table_args__ = (
        UniqueConstraint(
            "organisation_id",
            "kind",
            "every",
            "first_day",
            "store_id",
            "language",
            "below",
            name="uq_report_look_wanted",
        ),
    )

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    look_id: Mapped[str] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    every: Mapped[str] = mapped_column(String(8))
    first_day: Mapped[date]
    store_id: Mapped[str] = mapped_column(Id)
    language: Mapped[str] = mapped_column(String(16))
    below: Mapped[bool]
    state: Mapped[str] = mapped_column(String(16))
    steps_done: Mapped[int] = mapped_column(default=0)
    steps_total: Mapped[int] = mapped_column(default=0)
    body: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(254))
    finished_at: Mapped[datetime | None] = mapped_column(default=None)
