"""What staff do with single people in a flow, and who stands where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.errors import InputError
from backoffice.flows.acts import Done
from backoffice.flows.entering import plan_of
from backoffice.flows.form import Wait, WaitUntil
from backoffice.flows.history import note
from backoffice.flows.models import FlowPlace
from backoffice.flows.moving import go_to
from backoffice.flows.services import flow_of, leave
from backoffice.flows.states import STANDING, PlaceState, What
from backoffice.i18n import gettext as _

REASON_LENGTH_MAX = 200


@dataclass(frozen=True)
class Counts:
    """How many stand where. `at`: (version, step) → waiting and asking; `states`: state → all runs."""

    at: Mapping[tuple[int, str], tuple[int, int]]
    states: Mapping[str, int]

    def count(self, *states: PlaceState) -> int:
        """How many runs are in these states."""
        return sum(self.states.get(state, 0) for state in states)


def counts_of(session: Session, organisation_id: str, flow_id: str) -> Counts:
    """Who stands where, as counts."""
    rows = session.execute(
        select(FlowPlace.version, FlowPlace.step_id, FlowPlace.state, func.count())
        .where(FlowPlace.organisation_id == organisation_id, FlowPlace.flow_id == flow_id)
        .group_by(FlowPlace.version, FlowPlace.step_id, FlowPlace.state)
    )
    at: dict[tuple[int, str], tuple[int, int]] = {}
    states: dict[str, int] = {}
    for version, step_id, state, count in rows:
        states[state] = states.get(state, 0) + count
        if state in STANDING:
            waiting, asking = at.get((version, step_id), (0, 0))
            more = (count, 0) if state == PlaceState.WAITING else (0, count)
            at[version, step_id] = (waiting + more[0], asking + more[1])
    return Counts(at, states)


def standing_per_flow(session: Session, organisation_id: str) -> Mapping[str, Mapping[str, int]]:
    """Flow → state → runs."""
    rows = session.execute(
        select(FlowPlace.flow_id, FlowPlace.state, func.count())
        .where(FlowPlace.organisation_id == organisation_id)
        .group_by(FlowPlace.flow_id, FlowPlace.state)
    )
    found: dict[str, dict[str, int]] = {}
    for flow_id, state, count in rows:
        found.setdefault(flow_id, {})[state] = count
    return found


def people_at(
    session: Session,
    organisation_id: str,
    flow_id: str,
    states: Sequence[PlaceState],
    step_id: str,
    version: int,
    limit: int,
) -> Sequence[FlowPlace]:
    """Who stands at a step of a version; empty `step_id`: anywhere. Those who ask first, then by when they are due."""
    query = select(FlowPlace).where(
        FlowPlace.organisation_id == organisation_id,
        FlowPlace.flow_id == flow_id,
        FlowPlace.state.in_([state.value for state in states]),
    )
    if step_id:
        query = query.where(FlowPlace.step_id == step_id, FlowPlace.version == version)
    return session.scalars(query.order_by(FlowPlace.state, FlowPlace.due_at, FlowPlace.member_id).limit(limit)).all()


def move_on(session: Session, doing: Doing, place_key: tuple[str, str, int]) -> None:
    """Take the step now, however late; waiting is over. InputError: the member has moved meanwhile."""
    place = _standing(session, doing, place_key)
    plan = plan_of(session, flow_of(session, doing.organisation_id, place.flow_id), place.version)
    placed = plan.places.get(place.step_id)
    note(session, doing, place, What.MOVED_ON)
    now = doing.clock.now()
    if placed is not None and isinstance(placed.step, (Wait, WaitUntil)):
        go_to(session, doing, place, Done(What.MOVED_ON, placed.yes_id), now)
    else:
        place.due_at = now
    _again(place, doing)


def skip(session: Session, doing: Doing, place_key: tuple[str, str, int]) -> None:
    """Leave the step out and go on with the next. InputError: the member has moved meanwhile."""
    place = _standing(session, doing, place_key)
    plan = plan_of(session, flow_of(session, doing.organisation_id, place.flow_id), place.version)
    placed = plan.places.get(place.step_id)
    note(session, doing, place, What.SKIPPED)
    go_to(session, doing, place, Done(What.SKIPPED, placed.yes_id if placed else ""), doing.clock.now())
    _again(place, doing)


def take_out(session: Session, doing: Doing, place_key: tuple[str, str, int], reason: str) -> None:
    """This run is over for the member. InputError: the member has moved meanwhile."""
    leave(session, doing, _standing(session, doing, place_key), reason.strip()[:REASON_LENGTH_MAX])


def settle_asking(session: Session, doing: Doing, flow_id: str, step_id: str, *, do_it: bool) -> int:
    """For everybody who asks at a step: take it now, or leave it out; how many."""
    asking = session.scalars(
        select(FlowPlace).where(
            FlowPlace.organisation_id == doing.organisation_id,
            FlowPlace.flow_id == flow_id,
            FlowPlace.step_id == step_id,
            FlowPlace.state == PlaceState.ASKS.value,
        )
    ).all()
    for place in asking:
        (move_on if do_it else skip)(session, doing, (flow_id, place.member_id, place.run))
    return len(asking)


def _again(place: FlowPlace, doing: Doing) -> None:
    place.moves += 1
    place.state_at, place.reason = doing.clock.now(), ""
    if place.state == PlaceState.ASKS:
        place.state = PlaceState.WAITING.value


def _standing(session: Session, doing: Doing, place_key: tuple[str, str, int]) -> FlowPlace:
    place = session.get(FlowPlace, (doing.organisation_id, *place_key))
    if place is None or place.state not in STANDING:
        raise InputError(_("This member is not in the flow any more."))
    return place
