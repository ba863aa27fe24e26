"""A flow as a second person approves it: its form with the texts and conditions that a start would freeze."""

from __future__ import annotations

from sqlalchemy.orm import Session

from backoffice.approvals.subjects import Kind, Part, Subject
from backoffice.errors import InputError
from backoffice.flows import form as forms
from backoffice.flows import plan as plans
from backoffice.flows.form import Check, EntersSegment, FlowForm, Send, walk
from backoffice.flows.freezing import freeze
from backoffice.flows.models import Flow


def flow_subject(session: Session, flow: Flow) -> Subject:
    """What is approved. A change of a template or a segment changes it as well; without one of them it cannot start."""
    form = forms.decode(flow.form)
    try:
        content = plans.encode(freeze(session, flow.organisation_id, form))
    except InputError:
        content = flow.form
    return Subject(Kind.FLOW, flow.organisation_id, flow.flow_id, flow.name, content, _parts(form))


def _parts(form: FlowForm) -> tuple[Part, ...]:
    found: list[Part] = []
    if isinstance(form.trigger, EntersSegment):
        found.append(Part("segment", form.trigger.segment_id))
    for step in walk(form.steps):
        if isinstance(step, Send):
            found.append(Part("template", step.template_id))
        elif isinstance(step, Check) and step.ask == "segment":
            found.append(Part("segment", step.segment_id))
    return tuple(dict.fromkeys(found))
