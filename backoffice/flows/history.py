"""What happened to a member in a flow, written in the transaction that does it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.flows.models import Flow, FlowPassage, FlowPlace
from backoffice.flows.states import What

DETAIL_LENGTH_MAX = 300


def note(session: Session, doing: Doing, place: FlowPlace, what: What, detail: str = "") -> None:
    """One thing more that happened at the step where the place stands."""
    last = session.scalar(
        select(func.max(FlowPassage.passage_no)).where(
            FlowPassage.organisation_id == place.organisation_id,
            FlowPassage.flow_id == place.flow_id,
            FlowPassage.member_id == place.member_id,
            FlowPassage.run == place.run,
        )
    )
    session.add(
        FlowPassage(
            organisation_id=place.organisation_id,
            flow_id=place.flow_id,
            member_id=place.member_id,
            run=place.run,
            passage_no=(last or 0) + 1,
            version=place.version,
            step_id=place.step_id,
            what=what.value,
            detail=detail[:DETAIL_LENGTH_MAX],
            at=doing.clock.now(),
            actor=doing.actor,
        )
    )
    session.flush()


def passages_of(session: Session, organisation_id: str, flow_id: str, member_id: str) -> Sequence[FlowPassage]:
    """All that happened to a member in a flow, in order."""
    return session.scalars(
        select(FlowPassage)
        .where(
            FlowPassage.organisation_id == organisation_id,
            FlowPassage.flow_id == flow_id,
            FlowPassage.member_id == member_id,
        )
        .order_by(FlowPassage.run, FlowPassage.passage_no)
    ).all()


def flows_of_member(session: Session, organisation_id: str, member_id: str) -> Sequence[tuple[Flow, FlowPlace]]:
    """The flows that a member is or was in, the newest first; of several runs the last."""
    rows = session.execute(
        select(Flow, FlowPlace)
        .join(FlowPlace, (FlowPlace.organisation_id == Flow.organisation_id) & (FlowPlace.flow_id == Flow.flow_id))
        .where(FlowPlace.organisation_id == organisation_id, FlowPlace.member_id == member_id)
        .order_by(FlowPlace.run)
    )
    newest = {row[0].flow_id: (row[0], row[1]) for row in rows}
    return sorted(newest.values(), key=lambda pair: pair[1].state_at, reverse=True)
