"""The second step of signing in: a code after the password; and passkeys, which are both steps in one."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, session
from flask_security import login_user
from werkzeug.wrappers import Response

from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity import factors, passkeys
from backoffice.identity.models import User
from backoffice.identity.signing_in import access_state, own_path, prove, waiting_user
from backoffice.web.access import public
from backoffice.web.context import office, read, write
from backoffice.web.templating import say

second_step = Blueprint("second_step", __name__, template_folder="templates")


@second_step.route("/sign-in/second", methods=["GET", "POST"])
@public("asks for the second factor of somebody whose password was right")
def ask() -> str | Response | tuple[str, int]:
    """Ask for a code of the phone, a recovery code, or a passkey."""
    user = waiting_user()
    if user is None:
        return redirect("/sign-in")
    onward = own_path(request.values.get("next", "/"))
    error = "" if request.method == "GET" else _try_code(user)
    if request.method == "POST" and not error:
        return redirect(onward)
    with read() as reader:
        kept = factors.factors_of(reader, user.user_id)
    site = passkeys.site_of(request.host_url, office().settings.public_url)
    usable = kept.passkeys and site.has_passkeys
    options = passkeys.options_to_sign_in(site, access_state().challenges, office().clock.now()) if usable else ""
    page = render_template("identity/second_step.html", error=error, kept=kept, passkey_options=options, onward=onward)
    return (page, 422) if error else page


def _try_code(user: User) -> str:
    """Take the typed code; empty when it was right, else what is wrong."""
    now, throttle = office().clock.now(), access_state().throttle
    key = f"second factor of {user.user_id}"
    if throttle.must_wait(key, now):
        return _("Too many failed attempts. Wait five minutes and try again.")
    typed = request.form.get("code", "")
    via = write(lambda tx: factors.use_code(tx, user.user_id, typed, now))
    if not via:
        throttle.note_failure(key, now)
        return _("This code is not right, or was used already. Wait for the next one.")
    throttle.forget(key)
    prove(office(), user, f"password and {via}")
    return ""


@second_step.post("/sign-in/over")
@public("leaves the second step")
def start_over() -> Response:
    """Back to the first step, as somebody else perhaps."""
    session.clear()
    return redirect("/sign-in")


@second_step.post("/sign-in/passkey")
@public("the signature of a passkey proves who it is")
def by_passkey() -> Response:
    """Sign in with a passkey, which asks for finger, face or PIN itself."""
    here, state = office(), access_state()
    now, answer = here.clock.now(), request.form.get("answer", "")
    place = f"from {request.remote_addr}"
    if state.throttle.must_wait(place, now):
        return _back(_("Too many failed attempts. Wait five minutes and try again."))
    site = passkeys.site_of(request.host_url, here.settings.public_url)
    try:
        user_id = write(lambda tx: passkeys.use(tx, site, state.challenges, answer, now))
    except InputError as refused:
        state.throttle.note_failure(place, now)
        return _back(str(refused))
    with read() as reader:  # Flask-Security looks at the user's roles while it signs them in
        user = reader.get_one(User, user_id)
        if not user.active or not state.challenges.answered(passkeys.challenge_in(answer)):
            abort(403)
        login_user(user, remember=False, authn_via=["passkey"])
    return redirect(own_path(request.form.get("next", "/")))


def _back(error: str) -> Response:
    say(error, kind="danger")
    return redirect("/sign-in")
