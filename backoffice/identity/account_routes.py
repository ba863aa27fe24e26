"""One's own account: the password, and where one is signed in."""

from __future__ import annotations

from flask import Blueprint, abort, g, redirect, render_template, request, session, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity import services, sessions
from backoffice.identity.models import User
from backoffice.identity.own_account import check_current_password, own_user
from backoffice.identity.people import note_everywhere
from backoffice.identity.rights import Right
from backoffice.identity.security import password_hash
from backoffice.identity.signing_in import access_state
from backoffice.web.context import actor, needs, office, read, write
from backoffice.web.templating import say

account = Blueprint("account", __name__, template_folder="templates")


@account.route("/account", methods=["GET", "POST"])
@needs(Right.READ, own_account=True)
def password() -> str | Response | tuple[str, int]:
    """Change one's own password; every session of the user ends."""
    if request.method == "GET":
        return render_template("identity/account.html", error="")
    user = own_user()
    try:
        check_current_password(user)
        services.check_password(_typed_twice())
    except InputError as error:
        return render_template("identity/account.html", error=str(error)), 422
    hashed = password_hash(request.form["new"])
    clock, ids = office().clock, office().ids

    def work(tx: Session) -> None:
        services.set_password(tx, user.email, hashed)
        note_everywhere(tx, clock, ids, tx.get_one(User, user.user_id), "password_set")

    write(work)
    session.clear()
    say(_("Your password was changed. Sign in with the new one."))
    return redirect("/sign-in")


def _typed_twice() -> str:
    if request.form.get("new") != request.form.get("again"):
        raise InputError(_("The two new passwords differ."))
    return request.form.get("new", "")


@account.get("/account/sessions")
@needs(Right.READ, own_account=True)
def session_list() -> str:
    """Where this user is signed in."""
    state, now = access_state(), office().clock.now()
    with read() as reader:
        rows = sessions.sessions_of(reader, actor().user_id, now)
    shown = [(row, state.last_seen.of(row)) for row in rows]
    return render_template("identity/sessions.html", rows=shown, here=g.signed_in.session_mark)


@account.post("/account/sessions/<session_mark>/end")
@needs(Right.READ, own_account=True)
def session_end(session_mark: str) -> Response:
    """End one of one's own sessions."""
    user_id = actor().user_id
    if not write(lambda tx: sessions.end(tx, user_id, session_mark)):
        abort(404)
    say(_("That session has ended."))
    return redirect(url_for("account.session_list"))


@account.post("/account/sessions/end-others")
@needs(Right.READ, own_account=True)
def session_end_others() -> Response:
    """End every session of one's own but this one."""
    user_id, here = actor().user_id, g.signed_in.session_mark
    write(lambda tx: sessions.end_all(tx, user_id, but=here))
    say(_("Every other session has ended."))
    return redirect(url_for("account.session_list"))
