"""What is done with people in a flow, and what happened to one of them."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, abort, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from backoffice.errors import InputError
from backoffice.flows import people
from backoffice.flows.entering import plan_of
from backoffice.flows.history import passages_of
from backoffice.flows.models import FlowPassage, FlowPlace
from backoffice.flows.page_parts import Called, called, flow_or_404
from backoffice.i18n import gettext as _
from backoffice.i18n import ngettext
from backoffice.identity.rights import Right
from backoffice.members import personal
from backoffice.members.models import Member
from backoffice.web.context import actor, doing, needs, read, write
from backoffice.web.templating import say

flow_people = Blueprint("flow_people", __name__, template_folder="templates")


@flow_people.get("/flows/<flow_id>/members/<member_id>")
@needs(Right.READ)
def person(flow_id: str, member_id: str) -> str:
    """What happened to a member in a flow, and the buttons for the run that is not over."""
    organisation_id = actor().organisation_id
    with read() as reader:
        flow = flow_or_404(reader, flow_id)
        if reader.get(Member, (organisation_id, member_id)) is None:
            abort(404)
        names = called(reader)
        passages = passages_of(reader, organisation_id, flow_id, member_id)
        last = passages[-1].run if passages else 1
        return render_template(
            "flows/person.html",
            flow=flow,
            member_id=member_id,
            person=personal.load(reader, organisation_id, [member_id]).get(member_id),
            place=reader.get(FlowPlace, (organisation_id, flow_id, member_id, last)),
            called=names,
            lines=[(each, _step_words(reader, names, each)) for each in passages],
        )


def _step_words(reader: Session, names: Called, passage: FlowPassage) -> str:
    """The step at which something happened, as its version says it."""
    flow = flow_or_404(reader, passage.flow_id)
    placed = plan_of(reader, flow, passage.version).places.get(passage.step_id)
    return names.step(placed.step) if placed is not None and passage.what not in {"entered", "finished"} else ""


@flow_people.post("/flows/<flow_id>/members/<member_id>/<act>")
@needs(Right.MESSAGES)
def person_act(flow_id: str, member_id: str, act: str) -> Response:
    """Move one on, leave a step out for them, or take them out."""
    made, run = doing(), request.form.get("run", "1")
    acts: dict[str, Callable[[Session, tuple[str, str, int]], None]] = {
        "move": lambda tx, key: people.move_on(tx, made, key),
        "skip": lambda tx, key: people.skip(tx, made, key),
        "out": lambda tx, key: people.take_out(tx, made, key, request.form.get("reason", "")),
    }
    with read() as reader:
        flow_or_404(reader, flow_id)
        known = reader.get(Member, (made.organisation_id, member_id))
    if known is None or act not in acts:
        abort(404)
    number = int(run) if run.isdecimal() and len(run) < 6 else 0  # noqa: PLR2004 - digits of a number
    try:
        write(lambda tx: acts[act](tx, (flow_id, member_id, number)))
    except InputError as refused:
        say(str(refused), kind="danger")
    else:
        say(_("Done. The flow goes on within a few seconds.") if act != "out" else _("Taken out."))
    return redirect(url_for("flow_people.person", flow_id=flow_id, member_id=member_id))


@flow_people.post("/flows/<flow_id>/asking")
@needs(Right.MESSAGES)
def settle_asking(flow_id: str) -> Response:
    """For everybody who asks at a step: take it now, or leave it out."""
    made, step_id = doing(), request.form.get("step", "")
    do_it = request.form.get("act") == "move"
    with read() as reader:
        flow_or_404(reader, flow_id)
    count = write(lambda tx: people.settle_asking(tx, made, flow_id, step_id, do_it=do_it))
    say(ngettext("One person goes on.", "%(num)s people go on.", count))
    return redirect(url_for("flows.flow_page", flow_id=flow_id))
