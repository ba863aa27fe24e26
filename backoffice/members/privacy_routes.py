"""What a member may ask for: everything that is kept, and to be erased."""

from __future__ import annotations

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity.rights import Right
from backoffice.loyalty.ledger import balances_of
from backoffice.members import personal, services
from backoffice.members.dossier import dossier
from backoffice.members.erasure import VALUE, erase, erase_and_block
from backoffice.members.personal import Person
from backoffice.web.context import actor, doing, needs, read, write
from backoffice.web.templating import say

privacy = Blueprint("privacy", __name__, template_folder="templates")


@privacy.get("/members/<member_id>/everything.json")
@needs(Right.EXPORT)
def everything(member_id: str) -> Response:
    """All that is kept about one member, to hand out."""
    with read() as reader:
        member = services.get_member(reader, actor().organisation_id, member_id)
        if member is None:
            abort(404)
        data = dossier(reader, actor().organisation_id, member_id)
    response = Response(data, mimetype="application/json")
    response.headers["Content-Disposition"] = f"attachment; filename=member-{member.member_id}.json"
    return response


@privacy.route("/members/<member_id>/erase", methods=["GET", "POST"])
@needs(Right.MEMBERS)
def erasure(member_id: str) -> str | Redirect | tuple[str, int]:
    """What would go and what stays; done when the member's number is typed."""
    organisation_id = actor().organisation_id
    with read() as reader:
        member = services.get_member(reader, organisation_id, member_id)
        if member is None:
            abort(404)
        person = personal.load(reader, organisation_id, [member_id]).get(member_id, Person())
        balances = balances_of(reader, organisation_id, member_id)
        cards = services.cards_of(reader, organisation_id, member_id)
    error = ""
    if request.method == "POST":
        act, block = doing(), "block" in request.form
        if request.form.get("number", "").strip() != member.number:
            error = _("Type the member's number, %(number)s, to erase the member.", number=member.number)
        else:
            try:
                write(lambda tx: erase_and_block(tx, act, member_id, person) if block else erase(tx, act, member_id))
            except InputError as refused:
                error = str(refused)
            else:
                say(
                    _(
                        "Member %(number)s was erased. Tills that are on line forget the member too.",
                        number=member.number,
                    )
                )
                return redirect(url_for("members.member_list"))
    page = render_template(
        "members/erase.html", member=member, person=person, balances=balances, value=VALUE, cards=cards, error=error
    )
    return (page, 422) if error else page
