"""The editor of a flow: one page, every button keeps what is typed and can be taken back."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from backoffice.audiences.inputs import KINDS, options_of
from backoffice.errors import InputError
from backoffice.flows import form as forms
from backoffice.flows import services, words
from backoffice.flows.form import FlowForm
from backoffice.flows.page_parts import called, flow_or_404
from backoffice.flows.parse import ROOT, TREE, after_act, after_tree_act, read_form
from backoffice.flows.problems import problems_of
from backoffice.i18n import gettext as _
from backoffice.identity.rights import Right
from backoffice.messaging.labels import RULES
from backoffice.web.context import actor, doing, needs, read, write
from backoffice.web.templating import say

flow_editor = Blueprint("flow_editor", __name__, template_folder="templates")

WEEKDAYS = 7
HOURS = 24


@flow_editor.get("/flows/<flow_id>/edit")
@needs(Right.MESSAGES)
def edit(flow_id: str) -> str:
    """The flow as it is written now."""
    return _page(flow_id)


def _page(
    flow_id: str,
    error: str = "",
    typed: FlowForm | None = None,
    name: str | None = None,
    unread: dict[str, str] | None = None,
) -> str:
    """`unread`: what is typed in conditions and cannot be read, by its path."""
    with read() as reader:
        flow = flow_or_404(reader, flow_id)
        form = typed or forms.decode(flow.form)
        names = called(reader, form)
        problems = problems_of(reader, actor().organisation_id, form)
        return render_template(
            "flows/edit.html",
            flow=flow,
            name=flow.name if name is None else name,
            form=form,
            error=error,
            root=ROOT,
            called=names,
            tree=TREE,
            names=names.names,
            kinds=KINDS,
            options=options_of(names.names),
            problems={each.step_id: each.text for each in reversed(problems)} | (unread or {}),
            kind_of=forms.kind_of,
            triggers=[(code, made()) for code, made in forms.TRIGGERS.items()],
            step_kinds=words.STEP_KINDS,
            rules=RULES,
            weekdays=[(-1, _("any day")), *((day, words.weekday(day)) for day in range(WEEKDAYS))],
            hours=range(HOURS),
            focus=request.args.get("focus", ""),
            may_undo=flow.undo != "[]",
        )


@flow_editor.post("/flows/<flow_id>/edit")
@needs(Right.MESSAGES)
def save(flow_id: str) -> Response | tuple[str, int]:
    """Keep what is typed, then do what the button says."""
    made, fields, act = doing(), request.form, request.form.get("act", "save")
    with read() as reader:
        flow = flow_or_404(reader, flow_id)
    if act == "undo":
        write(lambda tx: services.step_back(tx, made, flow_id))
        return redirect(url_for("flow_editor.edit", flow_id=flow_id))
    found = read_form(fields, forms.decode(flow.form), actor().organisation.currency)
    name = fields.get("name", flow.name)
    error = ""
    try:
        if fields.get("do"):
            found = after_tree_act(found, fields["do"])
        elif ":" in act:
            found = after_act(found, act)
        error = next(iter(found.problems.values()), "")
        if not error:
            write(lambda tx: services.save_form(tx, made, flow_id, name, found.form))
    except InputError as refused:
        error = str(refused)
    if error:
        return _page(flow_id, error, found.form, name, found.problems), 422
    if act == "save" and not fields.get("do"):
        say(_("“%(name)s” was saved.", name=name))
        return redirect(url_for("flows.flow_page", flow_id=flow_id))
    anchor = f"step-{found.focus}" if found.focus.isdecimal() else "steps"
    return redirect(url_for("flow_editor.edit", flow_id=flow_id, focus=found.focus, _anchor=anchor))
