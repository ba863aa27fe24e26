"""The page where somebody sets up a second factor for themselves: a phone's codes, passkeys, recovery codes."""

from __future__ import annotations

import base64
from typing import Final

import segno
from flask import Blueprint, abort, redirect, render_template, request, session, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity import factors, passkeys, totp
from backoffice.identity.models import User
from backoffice.identity.own_account import check_current_password, own_user
from backoffice.identity.people import note_everywhere
from backoffice.identity.rights import Right
from backoffice.identity.signing_in import access_state
from backoffice.web.context import actor, needs, office, read, write
from backoffice.web.templating import say

NEW_SECRET: Final = "new_time_code"  # noqa: S105 - the name of a field of the cookie
_QR_SCALE: Final = 5

own_factors = Blueprint("factors", __name__, template_folder="templates")


@own_factors.get("/account/second-factor")
@needs(Right.READ, own_account=True)
def second_factor() -> str:
    """What this user has, and what can be added."""
    return _page()


def _page(error: str = "", codes: list[str] | None = None) -> str:
    user, here = own_user(), office()
    with read() as reader:
        kept = factors.factors_of(reader, user.user_id)
    site = passkeys.site_of(request.host_url, here.settings.public_url)
    options = ""
    if site.has_passkeys and len(kept.passkeys) < passkeys.PASSKEYS_MAX:
        options = passkeys.options_to_make(site, access_state().challenges, user, kept.passkeys, here.clock.now())
    secret = _secret_in_hand()
    picture = ""
    if secret:
        address = totp.address(secret, actor().organisation.name, user.email)
        picture = segno.make(address, micro=False).svg_data_uri(scale=_QR_SCALE, border=2)
    return render_template(
        "identity/second_factor.html",
        kept=kept,
        error=error,
        codes=codes or [],
        secret=totp.base32(secret) if secret else "",
        picture=picture,
        passkey_options=options,
        user_email=user.email,
    )


def _secret_in_hand() -> bytes:
    """The secret that is being set up; it lies in the user's own cookie until a code proves that the phone has it."""
    return base64.b64decode(session.get(NEW_SECRET, ""))


@own_factors.post("/account/second-factor/phone")
@needs(Right.READ, own_account=True)
def phone_begin() -> Response | tuple[str, int]:
    """Make a secret, and show it for the phone."""
    try:
        check_current_password(own_user())
    except InputError as refused:
        return _page(str(refused)), 422
    session[NEW_SECRET] = base64.b64encode(totp.new_secret()).decode()
    return redirect(url_for("factors.second_factor"))


@own_factors.post("/account/second-factor/phone/confirm")
@needs(Right.READ, own_account=True)
def phone_confirm() -> str | tuple[str, int]:
    """The first code proves that the phone has the secret; from now on it is asked for."""
    user, secret, now = own_user(), _secret_in_hand(), office().clock.now()
    step = totp.matching_step(secret, request.form.get("code", ""), now, after=0) if secret else None
    if step is None:
        return _page(_("This code is not right. Is the phone's clock right?")), 422

    def work(tx: Session) -> list[str]:
        first = not factors.factors_of(tx, user.user_id).any
        factors.set_time_code(tx, user.user_id, secret, step, now)
        _note(tx, user, "second_factor_added", "phone")
        return factors.new_recovery_codes(tx, user.user_id) if first else []

    codes = write(work)
    session.pop(NEW_SECRET)
    return _page(codes=codes)


@own_factors.post("/account/second-factor/phone/cancel")
@needs(Right.READ, own_account=True)
def phone_cancel() -> Response:
    """Throw the secret away that was not confirmed."""
    session.pop(NEW_SECRET, None)
    return redirect(url_for("factors.second_factor"))


@own_factors.post("/account/second-factor/phone/remove")
@needs(Right.READ, own_account=True)
def phone_remove() -> Response | tuple[str, int]:
    """The phone counts no more."""
    user = own_user()
    try:
        check_current_password(user)
    except InputError as refused:
        return _page(str(refused)), 422

    def work(tx: Session) -> None:
        factors.remove_time_code(tx, user.user_id)
        _note(tx, user, "second_factor_removed", "phone")

    write(work)
    say(_("The phone is no longer asked for."))
    return redirect(url_for("factors.second_factor"))


@own_factors.post("/account/passkeys")
@needs(Right.READ, own_account=True)
def passkey_add() -> str | tuple[str, int]:
    """Keep the passkey that the browser has just made."""
    here, user, state = office(), own_user(), access_state()
    site = passkeys.site_of(request.host_url, here.settings.public_url)
    try:
        check_current_password(user)
        answer, name = request.form.get("answer", ""), request.form.get("name", "")
        made = passkeys.made_passkey(site, state.challenges, user.user_id, answer, name, here.clock.now())
        codes = write(lambda tx: _keep_passkey(tx, user, made))
    except InputError as refused:
        return _page(str(refused)), 422
    return _page(codes=codes)


def _keep_passkey(tx: Session, user: User, made: passkeys.NewPasskey) -> list[str]:
    kept = factors.factors_of(tx, user.user_id)
    if len(kept.passkeys) >= passkeys.PASSKEYS_MAX:
        raise InputError(_("These are enough passkeys. Take one off first."))
    passkeys.keep(tx, made)
    _note(tx, user, "second_factor_added", "passkey")
    return [] if kept.any else factors.new_recovery_codes(tx, user.user_id)


@own_factors.post("/account/passkeys/<credential_mark>/remove")
@needs(Right.READ, own_account=True)
def passkey_remove(credential_mark: str) -> Response | tuple[str, int]:
    """Take one passkey off."""
    user = own_user()
    with read() as reader:
        own = {each.credential_mark for each in factors.factors_of(reader, user.user_id).passkeys}
    if credential_mark not in own:
        abort(404)
    try:
        check_current_password(user)
    except InputError as refused:
        return _page(str(refused)), 422

    def work(tx: Session) -> None:
        if factors.remove_passkey(tx, user.user_id, credential_mark):
            _note(tx, user, "second_factor_removed", "passkey")

    write(work)
    say(_("The passkey was taken off."))
    return redirect(url_for("factors.second_factor"))


@own_factors.post("/account/recovery-codes")
@needs(Right.READ, own_account=True)
def recovery_codes() -> str | tuple[str, int]:
    """Fresh recovery codes; the earlier ones count no more."""
    user = own_user()
    try:
        check_current_password(user)
    except InputError as refused:
        return _page(str(refused)), 422

    def work(tx: Session) -> list[str]:
        if not factors.factors_of(tx, user.user_id).any:
            return []
        _note(tx, user, "recovery_codes_made")
        return factors.new_recovery_codes(tx, user.user_id)

    return _page(codes=write(work))


def _note(tx: Session, user: User, action: str, details: str = "") -> None:
    note_everywhere(tx, office().clock, office().ids, user, action, details)
