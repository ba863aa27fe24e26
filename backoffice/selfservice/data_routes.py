"""Everything that is kept about a member, for the member; and to be erased. Both ask for a link that is young."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, request, url_for
from flask_babel import force_locale

from backoffice.consent.addresses import mark_of
from backoffice.consent.kinds import Channel
from backoffice.consent.mails import ready_to_mail
from backoffice.consent.standing import standings_of
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.loyalty.ledger import balances_of
from backoffice.loyalty.views import accounts_of
from backoffice.members import services
from backoffice.members.dossier import dossier
from backoffice.members.erasure import VALUE, erase, erase_and_block
from backoffice.messaging.sent import messages_of
from backoffice.reports.receipts import coupons_of_member, receipts_of_member
from backoffice.selfservice.asking import TooManyAskedError, ask_by_mark
from backoffice.selfservice.links import OWN_PAGES
from backoffice.selfservice.visit import COOKIE, Visit, guard, page, sent_visit, visit
from backoffice.vault import vault_of
from backoffice.web.context import office, read, write

own_data = Blueprint("own_data", __name__, template_folder="templates", url_prefix=OWN_PAGES)

SHOWN = 200
"""Rows of a kind on the page; the file has all of them."""

guard(own_data)


@own_data.get("/data")
def data() -> Response:
    """What is kept, in words."""
    of = visit()
    if not of.young:
        return _ask_for_young(of)
    organisation_id, member_id = of.link.organisation_id, of.member.member_id
    with force_locale(of.language), read() as reader:
        return page(
            of,
            "selfservice/data.html",
            cards=services.cards_of(reader, organisation_id, member_id),
            groups=services.groups_of_members(reader, organisation_id, [member_id]).get(member_id, ()),
            accounts=accounts_of(reader, organisation_id, member_id, of.today),
            coupons=coupons_of_member(reader, organisation_id, member_id),
            consents=standings_of(reader, organisation_id, member_id, office().clock.now()),
            had_messages=messages_of(reader, organisation_id, member_id, SHOWN),
            receipts=receipts_of_member(reader, organisation_id, member_id, SHOWN),
        )


@own_data.post("/data.json")
def data_file() -> Response:
    """The same and more, complete, for programs (GDPR, article 20); that it was taken is written down."""
    of = sent_visit()
    if not of.young:
        return _ask_for_young(of)
    with read() as reader:
        told = dossier(reader, of.link.organisation_id, of.member.member_id)
    write(lambda tx: of.doing.note(tx, "own_data_taken", "member", of.member.member_id))
    answer = Response(told, mimetype="application/json")
    answer.headers["Content-Disposition"] = f"attachment; filename=member-{of.member.member_id}.json"
    return answer


@own_data.route("/erase", methods=["GET", "POST"])
def erasure() -> Response:
    """What would go and what stays; then asked once more; then done."""
    of = visit() if request.method == "GET" else sent_visit()
    if not of.young:
        return _ask_for_young(of)
    with read() as reader:
        balances = balances_of(reader, of.link.organisation_id, of.member.member_id)
    owed = max(0, balances.get(VALUE, 0))
    asked, sure = "erase" in request.form, request.form.get("sure") == "yes"
    block, error = "block" in request.form, ""
    if asked and sure and not owed:
        try:
            write(
                lambda tx: (
                    erase_and_block(tx, of.doing, of.member.member_id, of.person)
                    if block
                    else erase(tx, of.doing, of.member.member_id)
                )
            )
        except InputError as refused:
            error = str(refused)
        else:
            gone = page(of, "selfservice/erased.html")
            gone.delete_cookie(COOKIE, path=OWN_PAGES)
            return gone
    return page(
        of,
        "selfservice/erase.html",
        422 if error else 200,
        owed=owed,
        second=asked and not owed,
        block=block,
        error=error,
        cards=_cards(of),
    )


def _cards(of: Visit) -> int:
    with read() as reader:
        return len(services.cards_of(reader, of.link.organisation_id, of.member.member_id))


def _ask_for_young(of: Visit) -> Response:
    """This link is too old for that: another one goes to the address that is known."""
    return page(of, "selfservice/young.html", 403, may_ask=_reachable(of), asked=False, error="")


def _reachable(of: Visit) -> bool:
    return ready_to_mail(office().settings) and bool(of.person.email)


@own_data.post("/fresh")
def fresh_link() -> Response:
    """Send a young link to the member's own address."""
    of = sent_visit()
    error = ""
    with read() as reader:
        mark = mark_of(vault_of(reader), of.link.organisation_id, Channel.EMAIL, of.person.email)
    if mark is None or not _reachable(of):
        return redirect(url_for("own_pages.home"), 303)  # type: ignore[return-value]  # Flask's own answer
    now = office().clock.now()
    try:
        write(lambda tx: ask_by_mark(tx, office().ids, of.link.organisation_id, mark, now))
    except TooManyAskedError:
        with force_locale(of.language):
            error = _("Too many links were asked for. Try again in a few minutes.")
    return page(of, "selfservice/young.html", 429 if error else 200, may_ask=True, asked=not error, error=error)
