"""The page of people: who may enter this organisation, in which role, and links for first and new passwords."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, abort, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity import people as services
from backoffice.identity.models import User
from backoffice.identity.rights import Right
from backoffice.identity.role_names import role_names
from backoffice.identity.security import unusable_hash
from backoffice.web.context import actor, doing, needs, office, read, write
from backoffice.web.templating import say

people = Blueprint("people", __name__, template_folder="templates")


def _page(error: str = "", link: str = "", link_for: str = "") -> str:
    with read() as reader:
        rows = services.people_of(reader, actor().organisation_id, office().clock.now())
    return render_template(
        "identity/people.html",
        rows=rows,
        error=error,
        form=request.form,
        role_names=role_names(),
        link=link,
        link_for=link_for,
    )


def _link(secret: str) -> str:
    return url_for("links.new_password", secret=secret, _external=True)


@people.get("/people")
@needs(Right.USERS)
def people_list() -> str:
    """Who may enter this organisation."""
    return _page()


@people.post("/people")
@needs(Right.USERS)
def let_in() -> str | Response | tuple[str, int]:
    """Let somebody in; shows the link for their first password, once."""
    act, email, role = doing(), request.form.get("email", ""), request.form.get("role", "")
    hashed = unusable_hash()
    try:
        secret = write(lambda tx: services.let_in(tx, act, email, role, hashed))
    except InputError as refused:
        return _page(str(refused)), 422
    if secret is None:
        say(_("%(email)s may come in now, with the password they have.", email=email))
        return redirect(url_for("people.people_list"))
    return _page(link=_link(secret), link_for=email)


@people.post("/people/<user_id>/role")
@needs(Right.USERS)
def change_role(user_id: str) -> str | Response | tuple[str, int]:
    """Give somebody another role."""
    act, role = doing(), request.form.get("role", "")
    return _done(lambda tx: services.change_role(tx, act, user_id, role), _("The role was changed."))


@people.post("/people/<user_id>/remove")
@needs(Right.USERS)
def remove(user_id: str) -> str | Response | tuple[str, int]:
    """Take somebody's role in this organisation away; an organisation keeps an owner."""
    act = doing()
    undo = url_for("people.restore", user_id=user_id) if user_id != actor().user_id else ""
    return _done(lambda tx: services.take_away(tx, act, user_id), _("The access was taken away."), undo)


@people.post("/people/<user_id>/restore")
@needs(Right.USERS)
def restore(user_id: str) -> str | Response | tuple[str, int]:
    """Undo of taking somebody's role away: only where it was taken, and only that role."""
    act = doing()
    return _done(lambda tx: services.give_back(tx, act, user_id), _("The access was given back."))


@people.post("/people/<user_id>/link")
@needs(Right.USERS)
def password_link(user_id: str) -> str | Response | tuple[str, int]:
    """A link by which somebody sets a new password; shown once, to be handed over in person."""
    act = doing()
    try:
        secret = write(lambda tx: services.make_password_link(tx, act, user_id))
    except InputError as refused:
        return _page(str(refused)), 422
    if secret is None:
        abort(404)
    with read() as reader:
        email = reader.get_one(User, user_id).email
    return _page(link=_link(secret), link_for=email)


@people.post("/people/<user_id>/second-factor")
@needs(Right.USERS)
def drop_second_factor(user_id: str) -> str | Response | tuple[str, int]:
    """For somebody who lost phone and codes: the password alone counts again, and every session ends."""
    act = doing()
    return _done(
        lambda tx: services.drop_second_factors(tx, act, user_id),
        _("The second factor was taken off; every session of this person has ended."),
    )


def _done(work: Callable[[Session], bool], sentence: str, undo_url: str = "") -> Response | tuple[str, int]:
    try:
        there = write(work)
    except InputError as refused:
        return _page(str(refused)), 422
    if not there:
        abort(404)
    say(sentence, undo_url=undo_url)
    return redirect(url_for("people.people_list"))
