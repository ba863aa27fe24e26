"""What staff do with a member's own page: print its link, send it, end every link there is."""

from __future__ import annotations

from typing import Final

import segno
from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from backoffice.consent.addresses import mark_of
from backoffice.consent.kinds import Channel
from backoffice.consent.mails import ready_to_mail
from backoffice.i18n import gettext as _
from backoffice.identity.rights import Right
from backoffice.members import personal, services
from backoffice.members.models import Member
from backoffice.members.personal import Person
from backoffice.selfservice.asking import TooManyAskedError, ask_by_mark
from backoffice.selfservice.links import MESSAGE_LIFE, end_links, own_page_link
from backoffice.vault import vault_of
from backoffice.web.context import actor, doing, needs, office, read, write
from backoffice.web.templating import say

own_page_staff = Blueprint("own_page_staff", __name__, template_folder="templates")

_QR_SCALE: Final = 6


@own_page_staff.get("/members/<member_id>/own-page")
@needs(Right.MEMBERS)
def own_page(member_id: str) -> str:
    """The link as an address and as a code to be scanned."""
    member, person = _member_or_404(member_id)
    base = office().settings.public_url or request.host_url
    with read() as reader:
        link = own_page_link(vault_of(reader), base, member.organisation_id, member_id, office().clock.now())
    return render_template(
        "selfservice/staff.html",
        member=member,
        person=person,
        link=link,
        asking=f"{base.rstrip('/')}{url_for('own_pages.ask', organisation_id=member.organisation_id)}",
        picture=segno.make(link, micro=False).svg_data_uri(scale=_QR_SCALE, border=2),
        days=MESSAGE_LIFE.days,
        may_send=ready_to_mail(office().settings) and bool(person.email),
    )


@own_page_staff.post("/members/<member_id>/own-page/send")
@needs(Right.MEMBERS)
def own_page_send(member_id: str) -> Response:
    """Send a link to the member's e-mail address."""
    _member, person = _member_or_404(member_id)
    organisation_id, now = actor().organisation_id, office().clock.now()
    with read() as reader:
        mark = mark_of(vault_of(reader), organisation_id, Channel.EMAIL, person.email)
    if mark is None or not ready_to_mail(office().settings):
        say(_("No e-mail can be sent: the address or the mail server is missing."), kind="danger")
    else:
        act = doing()
        try:
            write(lambda tx: ask_by_mark(tx, act.ids, organisation_id, mark, now))
        except TooManyAskedError:
            say(_("Too many links were asked for. Try again in a few minutes."), kind="danger")
        else:
            say(_("The link is on its way; it opens the page for 24 hours."))
    return redirect(url_for("own_page_staff.own_page", member_id=member_id))


@own_page_staff.post("/members/<member_id>/own-page/end")
@needs(Right.MEMBERS)
def own_page_end(member_id: str) -> Response:
    """End every link that was made until now."""
    _member_or_404(member_id)
    act = doing()
    write(lambda tx: end_links(tx, act, member_id))
    say(_("Every earlier link to this member's page has ended."))
    return redirect(url_for("own_page_staff.own_page", member_id=member_id))


def _member_or_404(member_id: str) -> tuple[Member, Person]:
    with read() as reader:
        member = services.get_member(reader, actor().organisation_id, member_id)
        if member is None:
            abort(404)
        person = personal.load(reader, member.organisation_id, [member_id]).get(member_id, Person())
    return member, person
