"""Pages of a member's consents: what holds, writing down a decision, and every decision there was."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from backoffice.clock import local_date
from backoffice.consent import labels
from backoffice.consent.kinds import STAFF_SOURCES, Basis, Channel, Decision, Purpose, Source
from backoffice.consent.ledger import Line, Said, all_lines, history_of, record
from backoffice.consent.links import PREFERENCES_LIFE, Link, LinkKind, signed, until
from backoffice.consent.mails import ready_to_mail
from backoffice.consent.optin import ask
from backoffice.consent.standing import standings_of
from backoffice.consent.wording import form_wording, mail_wording
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity.rights import Right
from backoffice.members import personal, services
from backoffice.members.models import Member
from backoffice.members.personal import Person
from backoffice.vault import vault_of
from backoffice.web.context import actor, doing, needs, office, read, write
from backoffice.web.csv_out import Cell, csv_response
from backoffice.web.templating import say

consent = Blueprint("consent", __name__, template_folder="templates")

CSV_ROWS_AT_ONCE: Final = 2_000


@consent.app_context_processor
def _labels() -> dict[str, object]:
    """The member's page shows consents too."""
    return {"consent_labels": labels}


@consent.route("/members/<member_id>/consents", methods=["GET"])
@needs(Right.READ)
def member_consents(member_id: str) -> str:
    """What holds now, a form for a decision, and the history."""
    return _page(_member_or_404(member_id), "")


@consent.post("/members/<member_id>/consents")
@needs(Right.MEMBERS)
def consents_record(member_id: str) -> Response | tuple[str, int]:
    """Write down what the member decided, for every channel and purpose that is ticked."""
    member = _member_or_404(member_id)
    try:
        said, act = _said(member, request.form), doing()
        write(lambda tx: record(tx, act, said))
    except InputError as refused:
        return _page(member, str(refused)), 422
    say(_("Written down."))
    return redirect(url_for("consent.member_consents", member_id=member_id))


def _member_or_404(member_id: str) -> Member:
    with read() as reader:
        member = services.get_member(reader, actor().organisation_id, member_id)
    if member is None:
        abort(404)
    return member


def _page(member: Member, error: str) -> str:
    organisation_id, now = actor().organisation_id, office().clock.now()
    with read() as reader:
        person = personal.load(reader, organisation_id, [member.member_id]).get(member.member_id, Person())
        return render_template(
            "consent/member.html",
            member=member,
            person=person,
            consents=standings_of(reader, organisation_id, member.member_id, now),
            history=history_of(reader, organisation_id, member.member_id),
            sources=[(source.value, labels.SOURCES[source.value]) for source in STAFF_SOURCES],
            bases=[(basis.value, labels.BASES[basis.value]) for basis in Basis],
            today=local_date(office().clock, actor().zone),
            wording=form_wording(member.language, actor().organisation.name),
            own_page=_own_page(reader, member.member_id),
            may_ask=ready_to_mail(office().settings) and bool(person.email),
            error=error,
            form=request.form,
        )


def _own_page(reader: Session, member_id: str) -> str:
    """The address of the member's own page, as staff hand it out: it proves no e-mail address."""
    ends = until(office().clock.now() + PREFERENCES_LIFE)
    token = signed(vault_of(reader), Link(LinkKind.PREFERENCES, actor().organisation_id, member_id, ends))
    base = office().settings.public_url or request.host_url
    return f"{base.rstrip('/')}/preferences/{token}"


@consent.post("/members/<member_id>/consents/ask")
@needs(Right.MEMBERS)
def consents_ask(member_id: str) -> Response | tuple[str, int]:
    """Ask the member's e-mail address to confirm what was said in the shop."""
    member = _member_or_404(member_id)
    act = doing()
    if not ready_to_mail(office().settings):
        return _page(member, _("No mail server is set, so that no address can be asked.")), 422
    try:
        purposes = [purpose for purpose in Purpose if purpose.value in request.form.getlist("purpose")]
        wording = mail_wording(member.language, actor().organisation.name, purposes)
        write(lambda tx: ask(tx, act, member_id, purposes, wording))
    except InputError as refused:
        return _page(member, str(refused)), 422
    say(_("The address is asked by e-mail. It counts once the member has confirmed."))
    return redirect(url_for("consent.member_consents", member_id=member_id))


def _said(member: Member, form: MultiDict[str, str]) -> list[Said]:
    """The form as decisions; InputError says what is missing."""
    try:
        channels = [Channel(each) for each in form.getlist("channel")]
        purposes = [Purpose(each) for each in form.getlist("purpose")]
        decision, source = Decision(form.get("decision", "")), Source(form.get("source", ""))
        basis = Basis(form.get("basis", Basis.CONSENT.value))
    except ValueError as unknown:
        raise InputError(_("Say what was decided, and how.")) from unknown
    if not channels or not purposes:
        raise InputError(_("Tick at least one channel and one purpose."))
    if source not in STAFF_SOURCES:
        raise InputError(_("Say how the member told it: on paper, in words, or at the till."))
    given_at = _moment(form.get("day", ""))
    wording = form.get("wording", "").replace("\r\n", "\n").strip()
    note = form.get("note", "").strip()
    return [
        Said(member.member_id, channel, purpose, decision, source, given_at, basis, wording, member.language, note)
        for purpose in purposes
        for channel in channels
    ]


def _moment(text: str) -> datetime:
    """When the member decided: now for today, else the beginning of that day in the shop."""
    now = office().clock.now()
    today = local_date(office().clock, actor().zone)
    try:
        day = date.fromisoformat(text) if text else today
    except ValueError as error:
        raise InputError(_("The day is not a date.")) from error
    if day == today:
        return now
    return datetime.combine(day, time.min, ZoneInfo(actor().zone)).astimezone(UTC)


@consent.get("/consents.csv")
@needs(Right.EXPORT)
def consents_csv() -> Response:
    """Every decision of every member who is there, with the words that were shown."""
    organisation_id = actor().organisation_id

    def rows() -> Iterator[tuple[Cell, ...]]:
        after = ""
        while True:
            with read() as reader:
                page = all_lines(reader, organisation_id, after, CSV_ROWS_AT_ONCE)
            for number, line in page:
                yield _cells(number, line)
            if len(page) < CSV_ROWS_AT_ONCE:
                return
            after = page[-1][1].entry.entry_id

    header = (
        "number", "channel", "purpose", "decision", "legal_basis", "source", "given_at", "written_down_at",
        "written_down_by", "words_shown", "note",
    )  # fmt: skip
    return csv_response("consents.csv", header, rows())


def _cells(number: str, line: Line) -> tuple[Cell, ...]:
    entry = line.entry
    return (
        number,
        entry.channel,
        entry.purpose,
        entry.decision,
        entry.basis,
        entry.source,
        entry.given_at.isoformat(),
        entry.recorded_at.isoformat(),
        entry.actor,
        line.wording,
        line.note,
    )
