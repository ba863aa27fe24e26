"""Pages of flows: the list, what to start from, and the page of one: who stands where, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from flask import Blueprint, abort, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from backoffice.approvals.page_parts import asked_of, standings_of
from backoffice.approvals.subjects import Kind
from backoffice.errors import InputError
from backoffice.flows import form as forms
from backoffice.flows import services, words
from backoffice.flows.approval import flow_subject
from backoffice.flows.entering import plan_of
from backoffice.flows.forecast import WHO_MAX, Forecast, forecast, who_enters
from backoffice.flows.history import flows_of_member
from backoffice.flows.models import Flow
from backoffice.flows.page_parts import called, flow_or_404
from backoffice.flows.people import counts_of, people_at, standing_per_flow
from backoffice.flows.plan import Plan
from backoffice.flows.presets import PRESETS, create_from
from backoffice.flows.problems import problems_of
from backoffice.flows.states import STANDING, FlowState, PlaceState
from backoffice.i18n import gettext as _
from backoffice.identity.rights import Right
from backoffice.members import personal
from backoffice.messaging.joining import held_up, outcome_of
from backoffice.web.context import actor, doing, needs, read, write
from backoffice.web.headers import with_etag
from backoffice.web.locales import LANGUAGE_NAMES
from backoffice.web.templating import say

flows = Blueprint("flows", __name__, template_folder="templates")

PEOPLE_SHOWN: Final = 50


def _as_allowed(begin: Callable[..., object]) -> Callable[..., object]:
    """An act that makes a version, with what whoever acts may give."""
    return lambda tx, made, flow_id: begin(tx, made, flow_id, may_give=actor().may(Right.CAMPAIGNS))


ACTS: Final[dict[str, tuple[Callable[..., object], Any]]] = {
    "start": (_as_allowed(services.start), lambda: _("The flow runs.")),
    "pause": (services.pause, lambda: _("The flow is paused: nobody moves, nothing goes out.")),
    "resume": (services.resume, lambda: _("The flow goes on.")),
    "use": (_as_allowed(services.use_changed_form), lambda: _("Whoever comes in from now on goes the new way.")),
    "end": (services.end, lambda: _("The flow has ended.")),
}


@flows.app_context_processor
def _labels() -> dict[str, object]:
    """The member's page lists the flows of the member."""
    return {"flow_words": words, "flows_of_member": _flows_of_member}


def _flows_of_member(member_id: str) -> list[tuple[Flow, Any]]:
    with read() as reader:
        return list(flows_of_member(reader, actor().organisation_id, member_id))


@flows.get("/flows")
@needs(Right.READ)
def flow_list() -> str:
    """Every flow with what lets people in, and how many stand in it."""
    organisation_id = actor().organisation_id
    with read() as reader:
        names = called(reader)
        counts = standing_per_flow(reader, organisation_id)
        known = services.flows_of(reader, organisation_id)
        standings = standings_of(
            reader, Kind.FLOW, known, lambda flow: flow.flow_id, lambda flow: flow_subject(reader, flow)
        )
        rows = [(flow, names.trigger(forms.decode(flow.form).trigger), counts.get(flow.flow_id, {})) for flow in known]
    return render_template("flows/list.html", rows=rows, standings=standings)


@flows.get("/flows/new")
@needs(Right.MESSAGES)
def flow_new() -> str:
    """What to start from."""
    return render_template("flows/presets.html", presets=PRESETS)


@flows.post("/flows/new")
@needs(Right.MESSAGES)
def flow_create() -> Response:
    """A draft from a preset."""
    code, made, organisation = request.form.get("preset", ""), doing(), actor().organisation
    if code not in PRESETS:
        abort(404)
    language = organisation.language if organisation.language in LANGUAGE_NAMES else "en"
    flow_id = write(lambda tx: create_from(tx, made, code, language, organisation.name).flow_id)
    return redirect(url_for("flow_editor.edit", flow_id=flow_id))


@flows.get("/flows/<flow_id>")
@needs(Right.READ)
def flow_page(flow_id: str) -> str:
    """Who stands where."""
    return _page(flow_id, "")


def _page(flow_id: str, error: str) -> str:
    with read() as reader:
        flow = flow_or_404(reader, flow_id)
        return render_template("flows/page.html", error=error, **_values(reader, flow))


def _values(reader: Session, flow: Flow) -> dict[str, Any]:
    form = forms.decode(flow.form)
    version = _asked_version(flow)
    plan = plan_of(reader, flow, version) if version else Plan(form=form)
    counts = counts_of(reader, flow.organisation_id, flow.flow_id)
    problems = problems_of(reader, flow.organisation_id, form)
    changed = services.is_changed(reader, flow)
    return {
        "asked": asked_of(reader, flow_subject(reader, flow)),
        "waits": flow.state == "draft" or (changed and flow.state != "ended"),
        "flow": flow,
        "form": plan.form,
        "steps_by_id": {step.step_id: step for step in forms.walk(plan.form.steps)},
        "called": called(reader, plan.form),
        "counts": counts,
        "version": version,
        "versions": sorted({number for number, _step in counts.at} | ({flow.version} if flow.version else set())),
        "changed": changed,
        "problems": problems,
        "needs_campaigns": forms.gives(form) and not actor().may(Right.CAMPAIGNS),
        "forecast": _forecast(reader, flow) if flow.state == "draft" else None,
        "standing": counts.count(*STANDING),
        "PlaceState": PlaceState,
        "messages_by_state": outcome_of(reader, flow.organisation_id, flow.flow_id),
        "held_up": held_up(reader, flow.organisation_id, flow.flow_id),
        **_people_values(reader, flow, version),
    }


def _asked_version(flow: Flow) -> int:
    text = request.values.get("version", "")
    number = int(text) if text.isdecimal() and len(text) < 6 else flow.version  # noqa: PLR2004 - digits of a number
    return number if 1 <= number <= flow.version else flow.version


def _people_values(reader: Session, flow: Flow, version: int) -> dict[str, Any]:
    """Who stands at the step that was chosen, or asks somewhere."""
    step_id = request.values.get("step", "")
    asked = request.values.get("state", "")
    states = (PlaceState(asked),) if asked in set(PlaceState) else STANDING
    rows = people_at(reader, flow.organisation_id, flow.flow_id, states, step_id, version, PEOPLE_SHOWN)
    persons = personal.load(reader, flow.organisation_id, [row.member_id for row in rows])
    return {
        "step_id": step_id,
        "state": asked,
        "people": [(row, persons.get(row.member_id)) for row in rows],
        "shown_max": PEOPLE_SHOWN,
    }


def _forecast(reader: Session, flow: Flow) -> Forecast | None:
    try:
        return forecast(reader, doing(), forms.decode(flow.form))
    except InputError:  # something is missing, which stands among the problems
        return None


@flows.get("/flows/<flow_id>/next")
@needs(Right.READ)
def flow_next(flow_id: str) -> str:
    """Who would come in if it were looked now, by name."""
    made = doing()
    error, ids = "", []
    with read() as reader:
        flow = flow_or_404(reader, flow_id)
        if flow.state == FlowState.ENDED:
            abort(404)
        try:
            ids = who_enters(reader, made, flow)
        except InputError as refused:
            error = str(refused)
        persons = personal.load(reader, flow.organisation_id, ids)
        form = plan_of(reader, flow, flow.version).form if flow.version else forms.decode(flow.form)
        return render_template(
            "flows/next.html",
            flow=flow,
            form=form,
            error=error,
            called=called(reader),
            people=[(member_id, persons.get(member_id)) for member_id in ids],
            shown_max=WHO_MAX,
        )


@flows.get("/flows/<flow_id>/progress")
@needs(Right.READ)
def flow_progress(flow_id: str) -> Response:
    """The steps with their counts alone, for polling."""
    with read() as reader:
        return with_etag(render_template("flows/steps.html", **_values(reader, flow_or_404(reader, flow_id))))


@flows.post("/flows/<flow_id>/act/<act>")
@needs(Right.MESSAGES)
def flow_act(flow_id: str, act: str) -> Response | tuple[str, int]:
    """Start, pause, resume, use the changed form, or end."""
    made = doing()
    with read() as reader:
        flow_or_404(reader, flow_id)
    if act not in ACTS:
        abort(404)
    work, done = ACTS[act]
    try:
        write(lambda tx: work(tx, made, flow_id))
    except InputError as refused:
        return _page(flow_id, str(refused)), 422
    say(done())
    return redirect(url_for("flows.flow_page", flow_id=flow_id))


@flows.post("/flows/<flow_id>/copy")
@needs(Right.MESSAGES)
def flow_copy(flow_id: str) -> Response:
    """A draft that says the same."""
    made = doing()
    with read() as reader:
        flow_or_404(reader, flow_id)
    copied = write(lambda tx: services.copy_flow(tx, made, flow_id).flow_id)
    return redirect(url_for("flow_editor.edit", flow_id=copied))


@flows.post("/flows/<flow_id>/delete")
@needs(Right.MESSAGES)
def flow_delete(flow_id: str) -> Response | tuple[str, int]:
    """Throw a draft away."""
    made = doing()
    with read() as reader:
        flow_or_404(reader, flow_id)
    try:
        write(lambda tx: services.delete_draft(tx, made, flow_id))
    except InputError as refused:
        return _page(flow_id, str(refused)), 422
    say(_("The draft was thrown away."))
    return redirect(url_for("flows.flow_list"))
