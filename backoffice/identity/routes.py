"""Choosing the language and the organisation; changing one's own password; people and their roles."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from flask import Blueprint, abort, g, redirect, render_template, request, session, url_for
from flask_security import verify_password
from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from backoffice.audit.services import history
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity import services
from backoffice.identity.models import Grant, User
from backoffice.identity.rights import Right
from backoffice.identity.security import password_hash
from backoffice.web.access import public
from backoffice.web.context import CHOSEN_ORGANISATION, actor, doing, needs, office, read, write
from backoffice.web.locales import CHOSEN_LANGUAGE, PAGE_LANGUAGES
from backoffice.web.templating import say

ACCESS_TAKEN: Final = "access_taken"

identity = Blueprint("identity", __name__, template_folder="templates")


def _back() -> Response:
    """Where the browser came from, if that was one of our own pages."""
    referrer = urlsplit(request.referrer or "")
    own = referrer.netloc == request.host and referrer.path.startswith("/") and not referrer.path.startswith("//")
    return redirect(referrer.path if own else url_for("reports.overview"))


@identity.post("/language")
@public("the language of the sign-in page")
def choose_language() -> Response:
    """Remember the language of the pages; for people who have not signed in yet too."""
    wanted = request.form.get("language", "")
    if wanted in PAGE_LANGUAGES:
        session[CHOSEN_LANGUAGE] = wanted
    return _back()


@identity.post("/organisation")
@needs(Right.READ)
def choose_organisation() -> Response:
    """Open another organisation that the user has a role in."""
    wanted = request.form.get("organisation_id", "")
    if wanted not in {organisation.organisation_id for organisation, _role in g.grants}:
        abort(403)
    session[CHOSEN_ORGANISATION] = wanted
    return redirect(url_for("reports.overview"))


@identity.route("/account", methods=["GET", "POST"])
@needs(Right.READ)
def account() -> str | Response | tuple[str, int]:
    """Change one's own password; every other session of the user ends."""
    if request.method == "GET":
        return render_template("identity/account.html", error="")
    with read() as reader:
        user = reader.get_one(User, actor().user_id)
    try:
        _check_new_password(user)
    except InputError as error:
        return render_template("identity/account.html", error=str(error)), 422
    hashed = password_hash(request.form["new"])
    write(lambda tx: services.set_password(tx, user.email, hashed))
    session.clear()
    say(_("Your password was changed. Sign in with the new one."))
    return redirect("/sign-in")


def _check_new_password(user: User) -> None:
    if not verify_password(request.form.get("current", ""), user.password):
        raise InputError(_("The current password is not right."))
    if request.form.get("new") != request.form.get("again"):
        raise InputError(_("The two new passwords differ."))
    services.check_password(request.form.get("new", ""))


@identity.route("/people", methods=["GET", "POST"])
@needs(Right.USERS)
def people() -> str | Response | tuple[str, int]:
    """Who may enter this organisation, and adding somebody."""
    error = ""
    if request.method == "POST":
        try:
            _add_person()
        except InputError as refused:
            error = str(refused)
        else:
            say(_("%(email)s may sign in now.", email=request.form["email"]))
            return redirect(url_for("identity.people"))
    with read() as reader:
        rows = reader.execute(
            select(User.user_id, User.email, Grant.role_name)
            .join(Grant, Grant.user_id == User.user_id)
            .where(Grant.organisation_id == actor().organisation_id)
            .order_by(User.email)
        ).all()
    page = render_template("identity/people.html", rows=rows, error=error, form=request.form)
    return (page, 422) if error else page


def _add_person() -> None:
    acting = actor()
    role, email, password = (request.form.get(name, "") for name in ("role", "email", "password"))
    services.check_password(password)
    hashed = password_hash(password)

    def work(tx: Session) -> None:
        user = services.add_user(tx, office().clock, office().ids, email, hashed)
        services.grant(tx, acting.organisation_id, user.user_id, role)

    write(work)


@identity.post("/people/<user_id>/remove")
@needs(Right.USERS)
def remove_person(user_id: str) -> Response:
    """Take somebody's role in this organisation away; nobody can lock themselves out."""
    acting = actor()
    act = doing()
    if user_id == acting.user_id:
        raise InputError(_("You cannot take your own access away."))

    def work(tx: Session) -> str:
        taken = tx.get(Grant, (acting.organisation_id, user_id))
        if taken is None:
            return ""
        role: str = taken.role_name
        act.note(tx, ACCESS_TAKEN, "user", user_id, role)
        tx.execute(delete(Grant).where(Grant.organisation_id == acting.organisation_id, Grant.user_id == user_id))
        return role

    role = write(work)
    if not role:
        abort(404)
    say(_("The access was taken away."), undo_url=url_for("identity.restore_person", user_id=user_id))
    return redirect(url_for("identity.people"))


@identity.post("/people/<user_id>/restore")
@needs(Right.USERS)
def restore_person(user_id: str) -> Response:
    """Undo of taking somebody's role away: only where it was taken, and only that role."""
    acting = actor()

    def work(tx: Session) -> bool:
        taken = [
            each
            for each in history(tx, acting.organisation_id, "user", user_id, limit=1)
            if each.action == ACCESS_TAKEN
        ]
        for each in taken:
            services.grant(tx, acting.organisation_id, user_id, each.details)
        return bool(taken)

    if not write(work):
        abort(404)
    say(_("The access was given back."))
    return redirect(url_for("identity.people"))
