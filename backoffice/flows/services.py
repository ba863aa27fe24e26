"""What staff do with a flow as a whole, from its first draft to its end. Every act is one function in one transaction.

Laws: what was started as a version never changes; pausing stops entering, moving and sending at once; ending takes out
whoever is still in it, and their messages that have not gone out.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.approvals.services import forget, must_be_approved
from backoffice.approvals.subjects import Kind
from backoffice.audiences.scope import scope_of
from backoffice.audit.services import Doing
from backoffice.errors import InputError
from backoffice.flows import form as forms
from backoffice.flows import plan as plans
from backoffice.flows import words
from backoffice.flows.approval import flow_subject
from backoffice.flows.entering import Look, note_present, plan_of
from backoffice.flows.form import FlowForm
from backoffice.flows.freezing import freeze
from backoffice.flows.history import note
from backoffice.flows.models import Flow, FlowPlace, FlowVersion
from backoffice.flows.problems import problems_of
from backoffice.flows.states import FLOW_ENDED, FLOW_MOVES, STANDING, FlowState, PlaceState, What
from backoffice.i18n import gettext as _
from backoffice.messaging.joining import cancel_all, pause_all, resume_all

NAME_LENGTH_MAX: Final = 200
UNDO_MAX: Final = 30


def flows_of(session: Session, organisation_id: str) -> Sequence[Flow]:
    """Every flow: those that run first, those that ended last; by name."""
    order = {state: number for number, state in enumerate(("running", "paused", "draft", "ended"))}
    rows = session.scalars(select(Flow).where(Flow.organisation_id == organisation_id)).all()
    return sorted(rows, key=lambda flow: (order[flow.state], flow.name))


def flow_of(session: Session, organisation_id: str, flow_id: str) -> Flow:
    """One flow. InputError: it is no longer there."""
    flow = session.get(Flow, (organisation_id, flow_id))
    if flow is None:
        raise InputError(_("This flow is no longer there."))
    return flow


def create_flow(session: Session, doing: Doing, name: str, form: FlowForm) -> Flow:
    """A new draft. InputError: it has no name."""
    flow = Flow(
        organisation_id=doing.organisation_id,
        flow_id=doing.ids.new_id(),
        name=_named(name),
        state=FlowState.DRAFT.value,
        form=forms.encode(form),
        undo="[]",
        version=0,
        counts_from=None,
        looked_on=None,
        changed_at=doing.clock.now(),
        changed_by=doing.actor,
    )
    session.add(flow)
    session.flush()
    doing.note(session, "flow_created", "flow", flow.flow_id)
    return flow


def save_form(session: Session, doing: Doing, flow_id: str, name: str, form: FlowForm) -> Flow:
    """Keep a changed form; people in the flow go on as they entered. InputError: it has ended, or lost its name."""
    flow = flow_of(session, doing.organisation_id, flow_id)
    if flow.state == FlowState.ENDED:
        raise InputError(_("A flow that has ended changes no more. Copy it."))
    flow.name = _named(name)
    stored = forms.encode(form)
    if stored != flow.form:
        steps = [*msgspec.json.decode(flow.undo, type=list[str]), flow.form][-UNDO_MAX:]
        flow.undo, flow.form = msgspec.json.encode(steps).decode(), stored
        doing.note(session, "flow_changed", "flow", flow_id)
    flow.changed_at, flow.changed_by = doing.clock.now(), doing.actor
    return flow


def step_back(session: Session, doing: Doing, flow_id: str) -> None:
    """Take the last change of the form back; nothing when there is none."""
    flow = flow_of(session, doing.organisation_id, flow_id)
    steps = msgspec.json.decode(flow.undo, type=list[str])
    if steps and flow.state != FlowState.ENDED:
        flow.form, flow.undo = steps[-1], msgspec.json.encode(steps[:-1]).decode()
        flow.changed_at, flow.changed_by = doing.clock.now(), doing.actor
        doing.note(session, "flow_changed", "flow", flow_id)


def start(session: Session, doing: Doing, flow_id: str, *, may_give: bool) -> Flow:
    """Let people in, by the form as it is now. `may_give`: whoever starts it may run campaigns.

    InputError: something is missing, it was started before, or it gives coupons and whoever starts it may not.
    """
    flow = _moved(session, doing, flow_id, "start")
    flow.counts_from = doing.clock.now()
    _new_version(session, doing, flow, may_give=may_give)
    return flow


def use_changed_form(session: Session, doing: Doing, flow_id: str, *, may_give: bool) -> Flow:
    """Whoever enters from now on does so by the form as it is now. `may_give`: as in `start`.

    InputError: it does not run, is not changed, or gives coupons and whoever wants it may not.
    """
    flow = flow_of(session, doing.organisation_id, flow_id)
    if flow.state not in {FlowState.RUNNING, FlowState.PAUSED} or not is_changed(session, flow):
        raise InputError(_("This cannot be done with the flow as it stands now. Look at the page again."))
    _new_version(session, doing, flow, may_give=may_give)
    doing.note(session, "flow_version_started", "flow", flow_id, str(flow.version))
    return flow


def is_changed(session: Session, flow: Flow) -> bool:
    """Whether the form says something else than the version by which people enter."""
    return flow.version > 0 and plan_of(session, flow, flow.version).form != forms.decode(flow.form)


def _new_version(session: Session, doing: Doing, flow: Flow, *, may_give: bool) -> None:
    form = forms.decode(flow.form)
    problems = problems_of(session, flow.organisation_id, form)
    if problems:
        raise InputError(problems[0].text)
    if forms.gives(form) and not may_give:
        raise InputError(words.needs_campaigns())
    must_be_approved(session, flow_subject(session, flow))
    before = plan_of(session, flow, flow.version) if flow.version else None
    plan = freeze(session, flow.organisation_id, form)
    flow.version += 1
    session.add(
        FlowVersion(
            organisation_id=flow.organisation_id,
            flow_id=flow.flow_id,
            version=flow.version,
            body=plans.encode(plan),
            started_at=doing.clock.now(),
            started_by=doing.actor,
        )
    )
    session.flush()
    if before is None or (before.form.trigger, before.trees.get(plans.TRIGGER)) != (
        form.trigger,
        plan.trees.get(plans.TRIGGER),
    ):
        scope = scope_of(session, flow.organisation_id, doing.clock.now())
        note_present(session, Look(flow, plan, scope.today, scope.now))


def pause(session: Session, doing: Doing, flow_id: str) -> Flow:
    """Nobody enters, nobody moves, nothing goes out. InputError: it does not run."""
    flow = _moved(session, doing, flow_id, "pause")
    pause_all(session, flow.organisation_id, flow.flow_id)
    return flow


def resume(session: Session, doing: Doing, flow_id: str) -> Flow:
    """Go on; what is too late by now asks, or (a message that waited) is not sent. InputError: it is not paused."""
    flow = _moved(session, doing, flow_id, "resume")
    window = timedelta(hours=plan_of(session, flow, flow.version).form.window_hours)
    resume_all(session, flow.organisation_id, flow.flow_id, window, doing.clock.now())
    return flow


def end(session: Session, doing: Doing, flow_id: str) -> Flow:
    """Over for good: everybody is taken out. InputError: it was never started, or is over."""
    flow = _moved(session, doing, flow_id, "end")
    cancel_all(session, flow.organisation_id, flow.flow_id, doing.clock.now())
    standing = session.scalars(
        select(FlowPlace).where(
            FlowPlace.organisation_id == flow.organisation_id,
            FlowPlace.flow_id == flow.flow_id,
            FlowPlace.state.in_([state.value for state in STANDING]),
        )
    )
    for place in standing:
        leave(session, doing, place, FLOW_ENDED)
    return flow


def leave(session: Session, doing: Doing, place: FlowPlace, reason: str) -> None:
    """Take a standing member out of the flow."""
    note(session, doing, place, What.TAKEN_OUT, reason)
    place.state, place.reason = PlaceState.OUT.value, reason
    place.state_at, place.moves = doing.clock.now(), place.moves + 1


def copy_flow(session: Session, doing: Doing, flow_id: str) -> Flow:
    """A draft that says the same. InputError: it is no longer there."""
    flow = flow_of(session, doing.organisation_id, flow_id)
    return create_flow(session, doing, _("%(name)s (copy)", name=flow.name)[:NAME_LENGTH_MAX], forms.decode(flow.form))


def delete_draft(session: Session, doing: Doing, flow_id: str) -> None:
    """Throw a draft away. InputError: it was started."""
    flow = flow_of(session, doing.organisation_id, flow_id)
    if flow.state != FlowState.DRAFT:
        raise InputError(_("A flow that was started is kept; end it."))
    session.delete(flow)
    forget(session, doing.organisation_id, Kind.FLOW, flow_id)
    doing.note(session, "flow_deleted", "flow", flow_id)


def _moved(session: Session, doing: Doing, flow_id: str, act: str) -> Flow:
    flow = flow_of(session, doing.organisation_id, flow_id)
    before, after = FLOW_MOVES[act]
    if flow.state not in before:
        raise InputError(_("This cannot be done with the flow as it stands now. Look at the page again."))
    flow.state = after.value
    doing.note(session, f"flow_{act}", "flow", flow_id)
    return flow


def _named(name: str) -> str:
    cleaned = " ".join(name.split())
    if not 0 < len(cleaned) <= NAME_LENGTH_MAX:
        raise InputError(_("A flow needs a name of at most %(most)s characters.", most=NAME_LENGTH_MAX), "name")
    return cleaned
