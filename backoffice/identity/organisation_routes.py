"""The page of the organisation: how safely its people sign in, and whether two of them are needed to publish."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from backoffice.approvals.subjects import SETTINGS as NEED_APPROVAL
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity.factors import factors_of
from backoffice.identity.rights import Right
from backoffice.organisations.models import Organisation
from backoffice.web.context import actor, doing, needs, write
from backoffice.web.templating import say

organisation = Blueprint("organisation", __name__, template_folder="templates")

SETTINGS = ("owners_need_second_factor", *NEED_APPROVAL.values())


@organisation.route("/organisation/settings", methods=["GET", "POST"])
@needs(Right.USERS)
def settings() -> str | Response | tuple[str, int]:
    """Show and change what the organisation asks of its people."""
    acting = actor()
    if request.method == "GET":
        return render_template("identity/organisation.html", organisation=acting.organisation, error="")
    act, wanted = doing(), {name: request.form.get(name) == "1" for name in SETTINGS}

    def work(tx: Session) -> None:
        if wanted["owners_need_second_factor"] and not factors_of(tx, acting.user_id).any:
            raise InputError(_("Set up your own second factor first; you would be locked out of this page."))
        kept = tx.get_one(Organisation, acting.organisation_id)
        for name, value in wanted.items():
            if getattr(kept, name) != value:
                setattr(kept, name, value)
                act.note(tx, "setting_changed", "organisation", acting.organisation_id, f"{name}: {value}")

    try:
        write(work)
    except InputError as refused:
        page = render_template("identity/organisation.html", organisation=acting.organisation, error=str(refused))
        return page, 422
    say(_("The settings were saved."))
    return redirect(url_for("organisation.settings"))
