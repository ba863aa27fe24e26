"""Flows, the versions that people entered, where each person stands, and what happened to them.

Words of state: a flow is draft, running, paused or ended; a place is waiting, asks (a person of the shop must decide),
done, or out (taken out). The document in `form` is `flows.form.FlowForm`, the one in `body` a `flows.plan.Plan`.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.db import Base, Id


class Flow(Base):
    """A flow as it is written now; `version` is the newest that was started, 0 before the first."""

    __tablename__ = "flow"
    __table_args__ = (Index("ix_flow_state", "state"),)

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    flow_id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(16))
    form: Mapped[str] = mapped_column(Text)
    undo: Mapped[str] = mapped_column(Text)
    """JSON list of earlier forms, the newest last."""
    version: Mapped[int]
    counts_from: Mapped[datetime | None]
    """Who joined before does not enter by having joined."""
    looked_on: Mapped[date | None]
    """The newest local day on which it was looked who enters."""
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(254))


class FlowVersion(Base):
    """What a flow does to those who entered it as this version; never changes."""

    __tablename__ = "flow_version"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "flow_id"], ["flow.organisation_id", "flow.flow_id"], ondelete="CASCADE"
        ),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    flow_id: Mapped[str] = mapped_column(Id, primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[str] = mapped_column(Text)
    started_at: Mapped[datetime]
    started_by: Mapped[str] = mapped_column(String(254))


class FlowInside(Base):
    """For whom the trigger holds at present: entering is the step from outside to inside."""

    __tablename__ = "flow_inside"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "flow_id"], ["flow.organisation_id", "flow.flow_id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["organisation_id", "member_id"], ["member.organisation_id", "member.member_id"], ondelete="CASCADE"
        ),
        Index("ix_flow_inside_member", "organisation_id", "member_id"),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    flow_id: Mapped[str] = mapped_column(Id, primary_key=True)
    member_id: Mapped[str] = mapped_column(Id, primary_key=True)


class FlowPlace(Base):
    """Where one member stands in a flow. `run`: 1 for the first time. Goes with the member."""

    __tablename__ = "flow_place"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "flow_id"], ["flow.organisation_id", "flow.flow_id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["organisation_id", "member_id"], ["member.organisation_id", "member.member_id"], ondelete="CASCADE"
        ),
        Index("ix_flow_place_due", "state", "due_at"),
        Index("ix_flow_place_step", "organisation_id", "flow_id", "state", "step_id"),
        Index("ix_flow_place_entered", "organisation_id", "flow_id", "entered_at"),
        Index("ix_flow_place_member", "organisation_id", "member_id"),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    flow_id: Mapped[str] = mapped_column(Id, primary_key=True)
    member_id: Mapped[str] = mapped_column(Id, primary_key=True)
    run: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int]
    step_id: Mapped[str] = mapped_column(String(16))
    """The step that comes next; stays the last one when the place is left."""
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(300))
    due_at: Mapped[datetime]
    """When the step is, or was, to be taken."""
    entered_at: Mapped[datetime]
    state_at: Mapped[datetime]
    moves: Mapped[int]
    """Counts every change, so that only one of two workers makes the next one."""


class FlowPassage(Base):
    """One thing that happened to a member in a flow. `what` and `detail`: see `flows.words`."""

    __tablename__ = "flow_passage"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "flow_id", "member_id", "run"],
            ["flow_place.organisation_id", "flow_place.flow_id", "flow_place.member_id", "flow_place.run"],
            ondelete="CASCADE",
        ),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    flow_id: Mapped[str] = mapped_column(Id, primary_key=True)
    member_id: Mapped[str] = mapped_column(Id, primary_key=True)
    run: Mapped[int] = mapped_column(primary_key=True)
    passage_no: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int]
    step_id: Mapped[str] = mapped_column(String(16))
    what: Mapped[str] = mapped_column(String(24))
    detail: Mapped[str] = mapped_column(String(300))
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(254))
