"""Who is probably still a customer, as of one night: made anew each time, from visits alone."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.db import Base, Id


class VisitModel(Base):
    """The fit and its check. `until`: the last day that it knows. `body`: `services.Kept` as JSON."""

    __tablename__ = "visit_model"

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    until: Mapped[date]
    made_at: Mapped[datetime]
    body: Mapped[str] = mapped_column(Text)


class MemberOutlook(Base):
    """What is to be expected of one member. Goes with the member.

    `alive_bp`: chance to be a customer still, in basis points; `visits_e2`: expected visits, in hundredths.
    """

    __tablename__ = "member_outlook"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "member_id"], ["member.organisation_id", "member.member_id"], ondelete="CASCADE"
        ),
        Index("ix_member_outlook_alive", "organisation_id", "alive_bp"),
        {"sqlite_with_rowid": False},
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    member_id: Mapped[str] = mapped_column(Id, primary_key=True)
    alive_bp: Mapped[int]
    visits_e2: Mapped[int]
