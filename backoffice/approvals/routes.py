"""Submitting something to a second person, that person's word, and the list of what waits for one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from backoffice.approvals import services
from backoffice.approvals.kinds import KNOWN, subject_of, waiting_questions
from backoffice.approvals.labels import kind_names
from backoffice.approvals.subjects import Kind, Subject
from backoffice.campaigns.form import load_form
from backoffice.campaigns.models import Campaign
from backoffice.campaigns.names import names_for
from backoffice.campaigns.page_parts import local_today
from backoffice.campaigns.problems import problems_of as campaign_problems
from backoffice.errors import InputError
from backoffice.flows import form as flow_forms
from backoffice.flows.models import Flow
from backoffice.flows.problems import problems_of as flow_problems
from backoffice.i18n import gettext as _
from backoffice.identity.rights import Right
from backoffice.messaging.kinds import MailingState
from backoffice.messaging.models import Mailing
from backoffice.messaging.page_parts import draft_values
from backoffice.web.context import actor, doing, needs, read, write
from backoffice.web.templating import say

approvals = Blueprint("approvals", __name__, template_folder="templates")

Problems = Callable[[Session], Sequence[str]]


@approvals.get("/approvals")
@needs(Right.READ)
def waiting() -> str:
    """What waits for a second person, and whether it is one's own."""
    person = actor().email
    with read() as reader:
        rows = [
            (row, subject, _page_of(subject), not services.may_decide(reader, subject, person))
            for row, subject in waiting_questions(reader, actor().organisation_id)
        ]
    return render_template("approvals/list.html", rows=rows, kind_names=kind_names())


@approvals.app_context_processor
def _menu_count() -> dict[str, object]:
    """The menu tells approvers how much waits."""
    return {"approvals_waiting": _count_waiting}


def _count_waiting() -> int:
    with read() as reader:
        return len(waiting_questions(reader, actor().organisation_id))


def _page_of(subject: Subject) -> str:
    known = KNOWN[subject.kind]
    values: dict[str, Any] = {known.variable: subject.subject_id}
    return url_for(known.endpoint, **values)


@approvals.post("/approvals/campaign/<campaign_id>/submit")
@needs(Right.CAMPAIGNS)
def submit_campaign(campaign_id: str) -> Response:
    """Ask a second person about a campaign; what could not be published is not worth their time."""

    def problems(reader: Session) -> Sequence[str]:
        form = load_form(reader.get_one(Campaign, (actor().organisation_id, campaign_id)).form)
        names = names_for(reader, actor().organisation_id, form, campaign_id)
        return [problem.text for problem in campaign_problems(form, names, local_today())]

    return _submit(Kind.CAMPAIGN, campaign_id, problems)


@approvals.post("/approvals/mailing/<mailing_id>/submit")
@needs(Right.MESSAGES)
def submit_mailing(mailing_id: str) -> Response:
    """Ask a second person about a draft of a message."""

    def problems(reader: Session) -> Sequence[str]:
        mailing = reader.get_one(Mailing, (actor().organisation_id, mailing_id))
        if mailing.state != MailingState.DRAFT:
            return [_("This message was launched; it changes no more.")]
        return [problem.text for problem in draft_values(reader, mailing)["problems"] if problem.stops]

    return _submit(Kind.MAILING, mailing_id, problems)


@approvals.post("/approvals/flow/<flow_id>/submit")
@needs(Right.MESSAGES)
def submit_flow(flow_id: str) -> Response:
    """Ask a second person about a flow, or about its changed form."""

    def problems(reader: Session) -> Sequence[str]:
        flow = reader.get_one(Flow, (actor().organisation_id, flow_id))
        return [each.text for each in flow_problems(reader, flow.organisation_id, flow_forms.decode(flow.form))]

    return _submit(Kind.FLOW, flow_id, problems)


def _submit(kind: Kind, subject_id: str, problems: Problems) -> Response:
    act = doing()
    with read() as reader:
        _subject_or_404(reader, kind, subject_id)
        found = problems(reader)
    if found:
        raise InputError(" ".join(found))
    subject = write(lambda tx: _with(tx, kind, subject_id, lambda now: services.submit(tx, act, now)))
    say(_("“%(name)s” waits for a second person.", name=subject.name))
    return redirect(_page_of(subject))


@approvals.post("/approvals/<kind>/<subject_id>/approve")
@needs(Right.APPROVE)
def approve(kind: str, subject_id: str) -> Response:
    """Say yes to what the page showed."""
    act, seen = doing(), request.form.get("seen", "")
    with read() as reader:
        _subject_or_404(reader, kind, subject_id)
    subject = write(lambda tx: _with(tx, kind, subject_id, lambda now: services.approve(tx, act, now, seen)))
    say(_("“%(name)s” is approved.", name=subject.name))
    return redirect(_page_of(subject))


@approvals.post("/approvals/<kind>/<subject_id>/refuse")
@needs(Right.APPROVE)
def refuse(kind: str, subject_id: str) -> Response:
    """Say no, and why."""
    act, seen, note = doing(), request.form.get("seen", ""), request.form.get("note", "")
    with read() as reader:
        _subject_or_404(reader, kind, subject_id)
    subject = write(lambda tx: _with(tx, kind, subject_id, lambda now: services.refuse(tx, act, now, seen, note)))
    say(_("“%(name)s” is refused; your note stands on its page.", name=subject.name))
    return redirect(_page_of(subject))


def _subject_or_404(reader: Session, kind: str, subject_id: str) -> Subject:
    subject = subject_of(reader, actor().organisation_id, kind, subject_id)
    if subject is None:
        abort(404)
    return subject


def _with(tx: Session, kind: str, subject_id: str, work: Callable[[Subject], None]) -> Subject:
    subject = subject_of(tx, actor().organisation_id, kind, subject_id)
    if subject is None:
        raise InputError(_("This is no longer there."))
    work(subject)
    return subject
