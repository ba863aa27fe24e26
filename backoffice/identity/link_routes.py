"""Pages behind one-time links: a first or new password, and the first set-up of an empty installation."""

from __future__ import annotations

from babel.numbers import list_currencies
from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask_security import login_user
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from backoffice.audit.services import Doing
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity import links
from backoffice.identity.models import User
from backoffice.identity.people import set_password_by_link
from backoffice.identity.rights import OWNER
from backoffice.identity.security import password_hash
from backoffice.identity.services import add_user, check_password, grant, normalised_email
from backoffice.organisations.models import Organisation
from backoffice.organisations.services import NAME_LENGTH_MAX, create_organisation, create_store
from backoffice.web.access import public
from backoffice.web.context import office, read, write
from backoffice.web.templating import say
from pos_engine.core.money import Tariff

one_time_links = Blueprint("links", __name__, template_folder="templates")


@one_time_links.after_request
def _unlisted(response: Response) -> Response:
    """The address is a secret: it goes to nobody."""
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


@one_time_links.route("/password/<secret>", methods=["GET", "POST"])
@public("the link is a secret of 256 bits that works once")
def new_password(secret: str) -> AnyResponse:
    """Set the password that the link is for; every session of that person ends."""
    with read() as reader:
        found = links.read_password_link(reader, secret, office().clock.now())
    if found is None:
        return _used_up()
    if request.method == "GET":
        return make_response(render_template("identity/new_password.html", email=found.email, error=""))
    try:
        hashed = _typed_password()
    except InputError as refused:
        page = render_template("identity/new_password.html", email=found.email, error=str(refused))
        return make_response(page, 422)
    clock, ids = office().clock, office().ids
    if write(lambda tx: set_password_by_link(tx, clock, ids, secret, hashed)) is None:
        return _used_up()
    say(_("Your password is set. Sign in with it."))
    return redirect("/sign-in")


@one_time_links.route("/set-up/<secret>", methods=["GET", "POST"])
@public("the link is a secret that `backoffice serve` prints while there is no user")
def set_up(secret: str) -> AnyResponse:
    """The first owner of an installation, and its first organisation where `backoffice init` made none."""
    with read() as reader:
        open_link = links.read_set_up_link(reader, secret, office().clock.now())
        names = reader.scalars(select(Organisation.name).order_by(Organisation.name)).all()
    if not open_link:
        return _used_up()
    currencies = sorted(list_currencies())
    if request.method == "POST":
        try:
            user_id = _set_up(secret, make_organisation=not names)
        except InputError as refused:
            page = render_template("identity/set_up.html", names=names, currencies=currencies, error=str(refused))
            return make_response(page, 422)
        with read() as reader:  # Flask-Security looks at the user's roles while it signs them in
            login_user(reader.get_one(User, user_id), remember=False, authn_via=["password"])
        say(_("Everything is set up, and you are signed in."))
        return redirect("/")
    return make_response(render_template("identity/set_up.html", names=names, currencies=currencies, error=""))


def _set_up(secret: str, *, make_organisation: bool) -> str:
    """The id of the first owner; InputError when a field does not do, and nothing is kept then."""
    here, fields = office(), request.form
    email, hashed = normalised_email(fields.get("email", "")), _typed_password()
    name, currency = fields.get("name", "").strip(), fields.get("currency", "")
    if make_organisation and not 0 < len(name) <= NAME_LENGTH_MAX:
        raise InputError(_("What is the shop called?"))
    if make_organisation and currency not in list_currencies():
        raise InputError(_("This is not a currency code; write it like EUR."))

    def work(tx: Session) -> str:
        if not links.read_set_up_link(tx, secret, here.clock.now()):
            raise InputError(_("Somebody else has set this up already."))
        links.use_up(tx, secret)
        if make_organisation:
            tariff = Tariff(currency, 1, fields.get("prices_with_tax") == "1", 0)
            made = create_organisation(tx, here.clock, here.ids, name, tariff)
            create_store(tx, here.clock, made.organisation_id, name, fields.get("zone", "").strip())
        user = add_user(tx, here.clock, here.ids, email, hashed)
        for organisation_id in tx.scalars(select(Organisation.organisation_id)).all():
            grant(tx, organisation_id, user.user_id, OWNER)
            act = Doing(organisation_id, email, here.clock, here.ids)
            act.note(tx, "set_up", "user", user.user_id, OWNER)
        return user.user_id

    return write(work)


def _typed_password() -> str:
    password = request.form.get("password", "")
    if password != request.form.get("again"):
        raise InputError(_("The two passwords differ."))
    check_password(password)
    return password_hash(password)


def _used_up() -> AnyResponse:
    title = _("This link does not work any more")
    details = _("It worked once, or for a few days. Ask whoever gave it to you for a new one.")
    page = render_template("error.html", title=title, code=404, signed_in=False, details=details)
    return make_response(page, 404)
