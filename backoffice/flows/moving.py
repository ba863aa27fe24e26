"""Taking the steps that are due: one person, one transaction, as many steps as can be taken at once.

Laws: a step's effect, the place after it and the note of it are written together or not at all; of two workers one
makes the next move; a step that a member would notice is not taken late by itself, nor twice; whoever cannot move keeps
nobody else from moving.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.db import run_in_tx
from backoffice.errors import InputError
from backoffice.flows.acts import Acting, Done, take
from backoffice.flows.answers import Answers
from backoffice.flows.entering import plan_of
from backoffice.flows.form import OUTWARD
from backoffice.flows.history import note
from backoffice.flows.models import Flow, FlowPlace
from backoffice.flows.places import settled_at
from backoffice.flows.states import LATE, FlowState, PlaceState, What
from backoffice.office import Office
from backoffice.organisations.services import open_organisations

PEOPLE_PER_TURN_MAX: Final = 500
"""In one turn; then the worker looks around again. Some 5 ms each."""
REASON_LENGTH_MAX: Final = 300
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Due:
    """Somebody whose step is due, as they stood when it was looked."""

    organisation_id: str
    flow_id: str
    member_id: str
    run: int
    moves: int

    @property
    def key(self) -> tuple[str, str, str, int]:
        """The place's key."""
        return self.organisation_id, self.flow_id, self.member_id, self.run


def due_now(reader: Session, now: datetime, limit: int = PEOPLE_PER_TURN_MAX) -> list[Due]:
    """Who is to move, the longest waiting first."""
    rows = reader.execute(
        select(FlowPlace.organisation_id, FlowPlace.flow_id, FlowPlace.member_id, FlowPlace.run, FlowPlace.moves)
        .join(Flow, (Flow.organisation_id == FlowPlace.organisation_id) & (Flow.flow_id == FlowPlace.flow_id))
        .where(
            FlowPlace.state == PlaceState.WAITING.value,
            FlowPlace.due_at <= now,
            Flow.state == FlowState.RUNNING.value,
            Flow.organisation_id.in_(open_organisations()),
        )
        .order_by(FlowPlace.due_at)
        .limit(limit)
    )
    return [Due(*row) for row in rows]


def move_due(office: Office, actor: str) -> int:
    """Move everybody who is due, a bounded number; how many moved."""
    with office.database.read() as reader:
        due = due_now(reader, office.clock.now())
    by_organisation: dict[str, list[Due]] = defaultdict(list)
    for each in due:
        by_organisation[each.organisation_id].append(each)
    moved = 0
    for organisation_id, people in by_organisation.items():
        doing = Doing(organisation_id, actor, office.clock, office.ids)
        answers = Answers([each.member_id for each in people])
        moved += sum(move_one(office, doing, answers, each) for each in people)
    return moved


def move_one(office: Office, doing: Doing, answers: Answers, due: Due) -> bool:
    """Move one person; False when somebody else did. What goes wrong is written at the place, for a person to see."""
    try:
        return run_in_tx(office.database.write, lambda tx: _move(tx, doing, answers, due))
    except OperationalError:
        raise  # the database is in trouble, not this person: the worker's next turn tries again
    except InputError as refused:
        why = str(refused)
    except Exception as fault:  # noqa: BLE001 - one person's oddity is not the next one's
        _log.exception("flow %s, member %s", due.flow_id, due.member_id)
        why = f"{type(fault).__name__}: {fault}"
    return run_in_tx(office.database.write, lambda tx: _asks(tx, doing, due, why))


def _claimed(tx: Session, doing: Doing, due: Due) -> FlowPlace | None:
    """The place, which only this transaction moves; None: it has moved, or its flow does not run."""
    won = tx.execute(
        update(FlowPlace)
        .where(
            FlowPlace.organisation_id == due.organisation_id,
            FlowPlace.flow_id == due.flow_id,
            FlowPlace.member_id == due.member_id,
            FlowPlace.run == due.run,
            FlowPlace.moves == due.moves,
            FlowPlace.state == PlaceState.WAITING.value,
        )
        .values(moves=FlowPlace.moves + 1, state_at=doing.clock.now())
        .returning(FlowPlace.run)
        .execution_options(synchronize_session=False)
    ).first()
    if won is None or tx.get_one(Flow, (due.organisation_id, due.flow_id)).state != FlowState.RUNNING:
        return None
    return tx.get_one(FlowPlace, due.key)


def _move(tx: Session, doing: Doing, answers: Answers, due: Due) -> bool:
    place = _claimed(tx, doing, due)
    if place is None:
        tx.rollback()
        return False
    flow = tx.get_one(Flow, (due.organisation_id, due.flow_id))
    plan = plan_of(tx, flow, place.version)
    acting, now = Acting(doing, flow, plan, answers), doing.clock.now()
    while place.due_at <= now:  # ends: a plan has no way back
        placed = plan.places.get(place.step_id)
        if placed is None:
            place.state = PlaceState.DONE.value
            return True
        outward = isinstance(placed.step, OUTWARD)
        if outward and now > place.due_at + timedelta(hours=plan.form.window_hours):
            place.state, place.reason = PlaceState.ASKS.value, LATE
            note(tx, doing, place, What.ASKS, LATE)
            return True
        done = take(tx, acting, place, placed)
        note(tx, doing, place, done.what, done.detail)
        go_to(tx, doing, place, done, now if outward else place.due_at)
        if place.state == PlaceState.DONE:
            return True
    return True


def go_to(tx: Session, doing: Doing, place: FlowPlace, done: Done, came_at: datetime) -> None:
    """Stand at the next step, or leave at the end. `came_at`: from when waiting counts."""
    if not done.next_id:
        if done.what is not What.FINISHED:
            note(tx, doing, place, What.FINISHED)
        place.state, place.state_at = PlaceState.DONE.value, doing.clock.now()
        return
    flow = tx.get_one(Flow, (place.organisation_id, place.flow_id))
    place.due_at = settled_at(
        tx, place.organisation_id, plan_of(tx, flow, place.version), done.next_id, place.member_id, came_at
    )
    place.step_id, place.reason = done.next_id, ""


def _asks(tx: Session, doing: Doing, due: Due, why: str) -> bool:
    place = _claimed(tx, doing, due)
    if place is None:
        tx.rollback()
        return False
    place.state, place.reason = PlaceState.ASKS.value, why[:REASON_LENGTH_MAX]
    note(tx, doing, place, What.ASKS, why)
    return True
