"""The member's own pages, reached by signed links without signing in.

A GET only shows: mail programs and scanners open every link. A POST acts, and needs no token of a session, because the
link itself is what only the member has (RFC 8058, 3.2: the request of a mail program brings no cookies).
"""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, request
from flask_babel import force_locale
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.consent import labels, preferences
from backoffice.consent.kinds import Channel, Purpose
from backoffice.consent.ledger import BY_MEMBER
from backoffice.consent.links import PREFERENCES_LIFE, Link, LinkError, LinkKind, read_link, signed, until
from backoffice.consent.mails import ready_to_mail
from backoffice.consent.optin import confirm
from backoffice.consent.preferences import Pair
from backoffice.consent.wording import member_language
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.members.models import Member
from backoffice.messaging.feedback import unsubscribed
from backoffice.organisations.models import Organisation
from backoffice.vault import vault_of
from backoffice.web.context import office, read, write

member_pages = Blueprint("member_pages", __name__, template_folder="templates")


@member_pages.after_request
def _unlisted(response: Response) -> Response:
    """Search engines that come by such an address keep out."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@member_pages.route("/unsubscribe/<token>", methods=["GET", "POST"])
def unsubscribe(token: str) -> Response:
    """Shows one button; pressing it, or a mail program's own one (RFC 8058), takes the consent back."""
    try:
        link = _read(token, LinkKind.UNSUBSCRIBE)
    except LinkError as error:
        return _wrong_link(error)
    act = _doing(link)
    if request.method == "POST":
        write(lambda tx: _unsubscribe(tx, act, link))
    onward = Link(
        LinkKind.PREFERENCES,
        link.organisation_id,
        link.member_id,
        until(act.clock.now() + PREFERENCES_LIFE),
        link.address_mark,
    )
    return _page(
        link,
        "consent/unsubscribe.html",
        done=request.method == "POST",
        what=labels.PURPOSES[link.purpose],
        channel=labels.CHANNELS[link.channel],
        preferences_token=_signed(onward),
    )


def _unsubscribe(tx: Session, act: Doing, link: Link) -> None:
    """Take the consent back, and note it on the message whose link it was."""
    preferences.unsubscribe(tx, act, link)
    unsubscribed(tx, act.clock, act.ids, link.organisation_id, link.request_id)


@member_pages.route("/preferences/<token>", methods=["GET", "POST"])
def preference_page(token: str) -> Response:
    """Every channel and purpose with a tick; saving changes what differs."""
    try:
        link = _read(token, LinkKind.PREFERENCES)
    except LinkError as error:
        return _wrong_link(error)
    act = _doing(link)
    with read() as reader:
        member = reader.get(Member, (link.organisation_id, link.member_id))
        organisation = reader.get(Organisation, link.organisation_id)
    if member is None or organisation is None:
        return _wrong_link(LinkError())
    with force_locale(member_language(member.language)):
        wordings = _wordings(organisation.name)
        outcome, refused = None, ""
        with read() as reader:
            offered = preferences.choices(reader, act, link.member_id, wordings)
        if request.method == "POST":
            wished = frozenset() if "nothing" in request.form else frozenset(request.form.getlist("allow"))
            if "nothing" not in request.form:
                shown = set(request.form.getlist("shown"))
                offered = [each for each in offered if each.code in shown]
            try:
                outcome = write(
                    lambda tx: preferences.choose(
                        tx, act, link, offered, wished, may_ask=ready_to_mail(office().settings)
                    )
                )
            except InputError as error:
                refused = str(error)
        with read() as reader:
            offered = preferences.choices(reader, act, link.member_id, wordings)
    answer = _page(link, "consent/preferences.html", choices=offered, outcome=outcome, error=refused)
    answer.status_code = 422 if refused else 200
    return answer


@member_pages.route("/confirm/<token>", methods=["GET", "POST"])
def confirm_address(token: str) -> Response:
    """Shows one button; pressing it confirms the address and with it the consent."""
    try:
        link = _read(token, LinkKind.CONFIRM)
    except LinkError as error:
        return _wrong_link(error)
    act = _doing(link)
    if request.method == "GET":
        return _page(link, "consent/confirm.html", done=False)
    if not write(lambda tx: confirm(tx, act, link.request_id)):
        return _wrong_link(LinkError(expired=True))
    return _page(link, "consent/confirm.html", done=True)


def _wordings(shop: str) -> dict[Pair, str]:
    """The words that stand beside each tick, and that are kept with the decision."""
    return {
        (channel, purpose): _(
            "%(shop)s may contact me by %(channel)s: %(purpose)s. I can take this back here at any time.",
            shop=shop,
            channel=labels.CHANNELS[channel.value],
            purpose=labels.PURPOSES[purpose.value],
        )
        for channel in Channel
        for purpose in Purpose
    }


def _read(token: str, kind: LinkKind) -> Link:
    with read() as reader:
        return read_link(vault_of(reader), token, kind, office().clock.now())


def _signed(link: Link) -> str:
    with read() as reader:
        return signed(vault_of(reader), link)


def _doing(link: Link) -> Doing:
    return Doing(link.organisation_id, BY_MEMBER, office().clock, office().ids)


def _page(link: Link, template: str, **values: object) -> Response:
    """A page in the member's language, under the shop's name."""
    with read() as reader:
        organisation = reader.get(Organisation, link.organisation_id)
        member = reader.get(Member, (link.organisation_id, link.member_id))
    language = member.language if member is not None else organisation.language if organisation is not None else ""
    with force_locale(member_language(language)):
        return make_response(
            render_template(template, shop=organisation.name if organisation is not None else "", **values)
        )


def _wrong_link(error: LinkError) -> Response:
    """A link that opens nothing: 410 when its time is over, 404 otherwise."""
    return make_response(
        render_template("consent/wrong_link.html", shop="", expired=error.expired), 410 if error.expired else 404
    )
