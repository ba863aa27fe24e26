"""The people a message goes to: shown before it is sent, taken off and put back; afterwards, where each one stands."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, abort, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from backoffice.consent.kinds import Channel
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity.rights import Right
from backoffice.members import personal
from backoffice.members.models import Member
from backoffice.members.personal import Person
from backoffice.messaging import services
from backoffice.messaging.kinds import MailingState
from backoffice.messaging.models import Dispatch, Mailing, MailingRemoval
from backoffice.messaging.page_parts import count_values, counted, mailing_or_404
from backoffice.messaging.recipients import Judged, recipients, sendable_address
from backoffice.messaging.sent import messages_of
from backoffice.web.context import actor, doing, needs, office, read, write
from backoffice.web.templating import say

message_recipients = Blueprint("message_recipients", __name__, template_folder="templates")

PAGE_ROWS: Final = 50


@message_recipients.get("/messages/<mailing_id>/recipients")
@needs(Right.READ)
def recipient_list(mailing_id: str) -> str:
    """Who gets it, a page at a time."""
    mailing = mailing_or_404(mailing_id)
    text = request.args.get("page", "")
    page = int(text) if text.isdecimal() and len(text) < 7 else 0  # noqa: PLR2004 - far beyond the last page
    with read() as reader:
        rows, total = _frozen(reader, mailing, page) if mailing.frozen_at else _meant(reader, mailing, page)
        return render_template(
            "messaging/recipients.html",
            mailing=mailing,
            rows=rows,
            total=total,
            page=page,
            more=total > (page + 1) * PAGE_ROWS,
            removed=_removed(reader, mailing),
        )


@message_recipients.get("/messages/<mailing_id>/count")
@needs(Right.MESSAGES)
def recipient_count(mailing_id: str) -> str:
    """Whom a draft reaches at this moment: asked when somebody is about to type that number."""
    mailing = mailing_or_404(mailing_id)
    with read() as reader:
        made, why_not = counted(reader, mailing)
        if mailing.state != MailingState.DRAFT:
            why_not = _("This message was launched; it changes no more.")
        values = count_values(reader, mailing, made)
    return render_template("messaging/count.html", error=why_not, now=office().clock.now(), **values)


Row = tuple[Member, str, str, str, str]
"""Member, name, address, state, reason."""


def _meant(reader: Session, mailing: Mailing, page: int) -> tuple[list[Row], int]:
    """Everybody who would get it now."""
    made, first = Judged(), page * PAGE_ROWS
    everybody = recipients(reader, mailing, office().clock.now(), made)
    shown = [each for number, each in enumerate(everybody) if first <= number < first + PAGE_ROWS]
    members = _members(reader, [each.member_id for each in shown])
    persons = personal.load(reader, mailing.organisation_id, members)
    rows: list[Row] = []
    for each in shown:
        person = persons.get(each.member_id, Person())
        address = sendable_address(person, each.channel, mailing.zone)
        rows.append((members[each.member_id], person.full_name, address, "", ""))
    return rows, made.messages


def _frozen(reader: Session, mailing: Mailing, page: int) -> tuple[list[Row], int]:
    """Everybody on the frozen list, with where each one stands."""
    mine = (Dispatch.organisation_id == mailing.organisation_id, Dispatch.mailing_id == mailing.mailing_id)
    wanted = select(Dispatch).where(*mine)
    state = request.args.get("state", "")
    if state:
        wanted = wanted.where(Dispatch.state == state)
    rows = reader.scalars(
        wanted.order_by(Dispatch.member_id, Dispatch.channel).offset(page * PAGE_ROWS).limit(PAGE_ROWS + 1)
    ).all()
    members = _members(reader, [row.member_id for row in rows])
    persons = personal.load(reader, mailing.organisation_id, members)
    shown: list[Row] = []
    for row in rows[:PAGE_ROWS]:
        person = persons.get(row.member_id, Person())
        address = sendable_address(person, Channel(row.channel), mailing.zone)
        shown.append((members[row.member_id], person.full_name, address, row.state, row.reason))
    return shown, page * PAGE_ROWS + len(rows)


def _members(reader: Session, ids: list[str]) -> dict[str, Member]:
    rows = reader.scalars(
        select(Member).where(Member.organisation_id == actor().organisation_id, Member.member_id.in_(ids))
    )
    return {row.member_id: row for row in rows}


def _removed(reader: Session, mailing: Mailing) -> list[tuple[MailingRemoval, str]]:
    rows = reader.scalars(
        select(MailingRemoval)
        .where(
            MailingRemoval.organisation_id == mailing.organisation_id, MailingRemoval.mailing_id == mailing.mailing_id
        )
        .order_by(MailingRemoval.at.desc())
        .limit(PAGE_ROWS)
    ).all()
    persons = personal.load(reader, mailing.organisation_id, [row.member_id for row in rows])
    return [(row, persons.get(row.member_id, Person()).full_name) for row in rows]


@message_recipients.get("/members/<member_id>/messages")
@needs(Right.READ)
def member_messages(member_id: str) -> str:
    """What one member was written, and what came of it."""
    organisation_id = actor().organisation_id
    with read() as reader:
        member = reader.get(Member, (organisation_id, member_id))
        if member is None:
            abort(404)
        return render_template(
            "messaging/member.html",
            member=member,
            person=personal.load(reader, organisation_id, [member_id]).get(member_id, Person()),
            written=messages_of(reader, organisation_id, member_id, PAGE_ROWS),
        )


@message_recipients.post("/messages/<mailing_id>/take-off")
@needs(Right.MESSAGES)
def recipient_take_off(mailing_id: str) -> Response:
    """Leave one member out."""
    mailing_or_404(mailing_id)
    made, form = doing(), request.form
    member_id = form.get("member_id", "")
    try:
        write(lambda tx: services.take_off(tx, made, mailing_id, member_id, form.get("reason", "")))
        say(_("Taken off the list."))
    except InputError as refused:
        say(str(refused), kind="danger")
    return redirect(url_for("message_recipients.recipient_list", mailing_id=mailing_id, page=form.get("page", "")))


@message_recipients.post("/messages/<mailing_id>/put-back")
@needs(Right.MESSAGES)
def recipient_put_back(mailing_id: str) -> Response:
    """Undo it, as long as the list is not frozen."""
    mailing_or_404(mailing_id)
    made, member_id = doing(), request.form.get("member_id", "")
    try:
        write(lambda tx: services.put_back(tx, made, mailing_id, member_id))
    except InputError as refused:
        say(str(refused), kind="danger")
    return redirect(url_for("message_recipients.recipient_list", mailing_id=mailing_id))
