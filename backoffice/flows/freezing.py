"""From a form to the plan of a version: texts of templates and conditions of segments as they are now."""

from __future__ import annotations

from sqlalchemy.orm import Session

from backoffice.audiences.conditions import Visits
from backoffice.audiences.segments import get_segment
from backoffice.audiences.tree import AudienceTree, Group, decode
from backoffice.errors import InputError
from backoffice.flows.form import Check, EntersSegment, FlowForm, Send, walk
from backoffice.flows.plan import TRIGGER, Plan
from backoffice.i18n import gettext as _
from backoffice.messaging.models import MessageTemplate


def freeze(session: Session, organisation_id: str, form: FlowForm) -> Plan:
    """The plan of a form. InputError: a template or a segment of it is no longer there."""
    contents: dict[str, str] = {}
    trees: dict[str, AudienceTree] = {}
    if isinstance(form.trigger, EntersSegment):
        trees[TRIGGER] = _segment(session, organisation_id, form.trigger.segment_id)
    for step in walk(form.steps):
        if isinstance(step, Send):
            template = session.get(MessageTemplate, (organisation_id, step.template_id))
            if template is None:
                raise InputError(_("A template of this flow is no longer there."))
            contents[step.step_id] = template.content
        elif isinstance(step, Check) and step.ask == "segment":
            trees[step.step_id] = _segment(session, organisation_id, step.segment_id)
        elif isinstance(step, Check) and step.ask == "conditions":
            trees[step.step_id] = step.tree
        elif isinstance(step, Check):
            trees[step.step_id] = AudienceTree(root=Group(parts=(Visits(at_least=1, days=step.days),)))
    return Plan(form=form, contents=contents, trees=trees)


def _segment(session: Session, organisation_id: str, segment_id: str) -> AudienceTree:
    segment = get_segment(session, organisation_id, segment_id)
    if segment is None:
        raise InputError(_("A segment of this flow is no longer there."))
    return decode(segment.tree)
