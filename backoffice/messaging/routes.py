"""Pages of messages: the list, a draft's steps, the launch, what becomes of it, and a message to a single member."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from backoffice.approvals.page_parts import asked_of, standings_of
from backoffice.approvals.subjects import Kind
from backoffice.audiences.models import Segment
from backoffice.audiences.tree import decode as decode_tree
from backoffice.consent.kinds import Purpose
from backoffice.consent.labels import PURPOSES
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity.rights import Right
from backoffice.members.models import Member
from backoffice.messaging import content as contents
from backoffice.messaging import labels, preparing, rules, services
from backoffice.messaging.approval import mailing_subject
from backoffice.messaging.audience import Audience
from backoffice.messaging.content import Content, EmailText, Footer, Heading, Paragraph
from backoffice.messaging.kinds import ChannelRule, MailingState
from backoffice.messaging.models import Mailing, MessageTemplate
from backoffice.messaging.page_parts import draft_values, mailing_or_404, money_of_e4, progress_values
from backoffice.messaging.services import Draft
from backoffice.messaging.store import templates_of
from backoffice.messaging.timing_form import timing_of
from backoffice.web.context import actor, doing, needs, read, write
from backoffice.web.headers import with_etag
from backoffice.web.locales import LANGUAGE_NAMES
from backoffice.web.templating import say

messages = Blueprint("messages", __name__, template_folder="templates")

ROWS_SHOWN: Final = 100
PURPOSES_OFFERED: Final = (Purpose.MARKETING, Purpose.SERVICE)
ACTS: Final[dict[str, Callable[..., object]]] = {
    "pause": services.pause,
    "resume": services.resume,
    "cancel": services.cancel,
    "retry": services.retry_failed,
    "delete": services.delete_draft,
}


@messages.app_context_processor
def _labels() -> dict[str, object]:
    """The member's page has a button to write a message."""
    return {"message_labels": labels, "cost_text": money_of_e4, "zoned": _zoned}


def _zoned(moment: datetime, zone: str) -> datetime:
    """A moment on the wall clock of a zone, for fields of forms."""
    return moment.astimezone(ZoneInfo(zone))


@messages.get("/messages")
@needs(Right.READ)
def message_list() -> str:
    """The newest messages, and a form for a new one."""
    return _list_page("")


def _list_page(error: str) -> str:
    with read() as reader:
        organisation_id = actor().organisation_id
        rows = services.mailings_of(reader, organisation_id, ROWS_SHOWN)
        drafts = [row for row in rows if row.state == MailingState.DRAFT]
        return render_template(
            "messaging/list.html",
            mailings=rows,
            standings=standings_of(
                reader, Kind.MAILING, drafts, lambda row: row.mailing_id, lambda row: mailing_subject(reader, row)
            ),
            templates=templates_of(reader, organisation_id),
            purposes=[(each.value, PURPOSES[each.value]) for each in PURPOSES_OFFERED],
            error=error,
            form=request.form,
        )


@messages.post("/messages")
@needs(Right.MESSAGES)
def message_create() -> Response | tuple[str, int]:
    """Begin a message, from a template or from nothing."""
    form, made = request.form, doing()
    try:
        purpose, rule = _purpose(form.get("purpose", "")), _rule(form.get("rule", ""))
        draft = Draft(form.get("name", ""), purpose, rule, content=_content(form.get("template_id", "")))
        mailing_id = write(lambda tx: services.create_mailing(tx, made, draft).mailing_id)
    except InputError as refused:
        return _list_page(str(refused)), 422
    return redirect(url_for("message_editor.mailing_content", mailing_id=mailing_id))


def _content(template_id: str) -> Content:
    with read() as reader:
        template = reader.get(MessageTemplate, (actor().organisation_id, template_id)) if template_id else None
    return contents.decode(template.content) if template is not None else begun()


def begun() -> Content:
    """What somebody begins with who begins from nothing, in the organisation's language."""
    organisation = actor().organisation
    language = organisation.language if organisation.language in LANGUAGE_NAMES else "en"
    blocks = (Heading(), Paragraph(), Footer(organisation.name))
    return Content(language, {language: EmailText("", "", blocks)})


def _purpose(text: str) -> Purpose:
    if text not in {each.value for each in PURPOSES_OFFERED}:
        raise InputError(_("Choose what the message is for."))
    return Purpose(text)


def _rule(text: str) -> ChannelRule:
    try:
        return ChannelRule(text)
    except ValueError as unknown:
        raise InputError(_("Choose how the message is sent.")) from unknown


@messages.get("/messages/rules")
@needs(Right.READ)
def rules_page() -> str:
    """Quiet hours, how often, and what a message costs."""
    with read() as reader:
        values = rules.form_of(rules.rules_of(reader, actor().organisation_id))
    return render_template("messaging/rules.html", values=values, error="")


@messages.post("/messages/rules")
@needs(Right.MESSAGES)
def rules_save() -> Response | tuple[str, int]:
    """Other rules from now on."""
    made, form = doing(), request.form
    try:
        wanted = rules.rules_from_form(form, made.organisation_id)
        write(lambda tx: rules.save_rules(tx, made, wanted))
    except InputError as refused:
        return render_template("messaging/rules.html", values=form, error=str(refused)), 422
    say(_("Saved."))
    return redirect(url_for("messages.message_list"))


@messages.get("/messages/<mailing_id>")
@needs(Right.READ)
def message_page(mailing_id: str) -> str:
    """A draft with its steps, or what becomes of a message that was launched."""
    return _page(mailing_or_404(mailing_id), "")


def _page(mailing: Mailing, error: str) -> str:
    with read() as reader:
        mailing = reader.get_one(Mailing, (mailing.organisation_id, mailing.mailing_id))
        asked = asked_of(reader, mailing_subject(reader, mailing))
        shared = {"mailing": mailing, "error": error, "form": request.form, "zone": mailing.zone, "asked": asked}
        if mailing.state == MailingState.DRAFT:
            purposes = [(each.value, PURPOSES[each.value]) for each in PURPOSES_OFFERED]
            return render_template("messaging/draft.html", **shared, **draft_values(reader, mailing), purposes=purposes)
        return render_template("messaging/sent.html", **(shared | progress_values(reader, mailing)))


def _changed(mailing_id: str, work: Callable[[Session], object], done: str = "") -> Response | tuple[str, int]:
    """Do something to a mailing and show its page; what was refused stands on it."""
    mailing = mailing_or_404(mailing_id)
    try:
        write(work)
    except InputError as refused:
        return _page(mailing, str(refused)), 422
    if done:
        say(done)
    return redirect(url_for("messages.message_page", mailing_id=mailing_id))


@messages.post("/messages/<mailing_id>/settings")
@needs(Right.MESSAGES)
def message_settings(mailing_id: str) -> Response | tuple[str, int]:
    """Another name, purpose or channel."""
    form, made = request.form, doing()

    def work(tx: Session) -> None:
        services.change_mailing(tx, made, mailing_id, form.get("name", ""), _rule(form.get("rule", "")))
        services.choose_purpose(tx, made, mailing_id, _purpose(form.get("purpose", "")))
        services.choose_campaign(tx, made, mailing_id, form.get("campaign", ""))

    return _changed(mailing_id, work)


@messages.post("/messages/<mailing_id>/audience")
@needs(Right.MESSAGES)
def message_audience(mailing_id: str) -> Response | tuple[str, int]:
    """Whom it is for: everybody, groups, or a saved segment."""
    made, form = doing(), request.form

    def work(tx: Session) -> None:
        services.choose_audience(tx, made, mailing_id, _chosen(tx, form.get("whom", ""), form.getlist("group")))

    return _changed(mailing_id, work)


def _chosen(tx: Session, whom: str, groups: list[str]) -> Audience:
    if whom == "everybody":
        return Audience(everybody=True)
    if whom == "groups":
        return Audience(group_ids=tuple(groups))
    kind, _colon, segment_id = whom.partition(":")
    segment = tx.get(Segment, (actor().organisation_id, segment_id)) if kind == "segment" else None
    if segment is None:
        raise InputError(_("Choose whom the message is for."))
    return Audience(tree=decode_tree(segment.tree), segment=segment.name)


@messages.post("/messages/<mailing_id>/timing")
@needs(Right.MESSAGES)
def message_timing(mailing_id: str) -> Response | tuple[str, int]:
    """When it goes out, and how fast."""
    made, form = doing(), request.form
    zone = mailing_or_404(mailing_id).zone
    return _changed(
        mailing_id, lambda tx: services.choose_timing(tx, made, mailing_id, timing_of(form, zone)), _("Noted.")
    )


@messages.post("/messages/<mailing_id>/launch")
@needs(Right.MESSAGES)
def message_launch(mailing_id: str) -> Response | tuple[str, int]:
    """Freeze the recipients and send; refused while the checklist has faults, or another number was typed."""
    made, typed = doing(), request.form.get("count", "").strip()
    mailing = mailing_or_404(mailing_id)
    number = int(typed) if typed.isdecimal() and len(typed) < 10 else -1  # noqa: PLR2004 - more digits than members
    if mailing.state == MailingState.DRAFT:
        with read() as reader:
            values = draft_values(reader, mailing)
        stopping = [problem for problem in values["problems"] if problem.stops]
        if stopping:
            return _page(mailing, str(stopping[0].text)), 422
        counted = values["judged"]
        if counted.matched > preparing.AT_ONCE_MAX and counted.messages:
            done = _("Its list of recipients is being written; it goes out when that is complete.")
            return _changed(mailing_id, lambda tx: preparing.begin(tx, made, mailing, number, counted), done)
    return _changed(mailing_id, lambda tx: services.launch(tx, made, mailing_id, number), _("It is on its way."))


@messages.post("/messages/<mailing_id>/act/<act>")
@needs(Right.MESSAGES)
def message_act(mailing_id: str, act: str) -> Response | tuple[str, int]:
    """Pause, resume, cancel, retry what failed, or throw a draft away."""
    mailing = mailing_or_404(mailing_id)
    if act not in ACTS:
        abort(404)
    made = doing()
    if act != "delete":
        return _changed(mailing_id, lambda tx: ACTS[act](tx, made, mailing_id))
    try:
        write(lambda tx: services.delete_draft(tx, made, mailing_id))
    except InputError as refused:
        return _page(mailing, str(refused)), 422
    say(_("The draft was thrown away."))
    return redirect(url_for("messages.message_list"))


@messages.post("/messages/<mailing_id>/doubt")
@needs(Right.MESSAGES)
def message_doubt(mailing_id: str) -> Response | tuple[str, int]:
    """A person says of one message in doubt that it arrived, or sends it again."""
    made, dispatch_id = doing(), request.form.get("dispatch_id", "")
    arrived = request.form.get("act") == "arrived"
    return _changed(mailing_id, lambda tx: services.settle_doubt(tx, made, mailing_id, dispatch_id, arrived=arrived))


@messages.get("/messages/<mailing_id>/progress")
@needs(Right.READ)
def message_progress(mailing_id: str) -> Response:
    """The figures alone, for polling."""
    mailing = mailing_or_404(mailing_id)
    with read() as reader:
        return with_etag(render_template("messaging/progress.html", **progress_values(reader, mailing)))


@messages.post("/members/<member_id>/message")
@needs(Right.MESSAGES)
def message_to_member(member_id: str) -> Response:
    """Begin a message to a single member."""
    made = doing()
    with read() as reader:
        member = reader.get(Member, (made.organisation_id, member_id))
    if member is None:
        abort(404)
    name = _("To member %(number)s", number=member.number)
    draft = Draft(name, Purpose.MARKETING, ChannelRule.EMAIL_ELSE_SMS, Audience((member_id,)), begun())
    mailing_id = write(lambda tx: services.create_mailing(tx, made, draft).mailing_id)
    return redirect(url_for("message_editor.mailing_content", mailing_id=mailing_id))
