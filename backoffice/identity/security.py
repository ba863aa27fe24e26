"""Flask-Security, set up for people who sign in with address and password; no mail is ever sent.

It checks passwords and guards routes. Sessions (`identity.signing_in`) and second factors are ours: they are rows of
the same transactions as everything else, can be listed and ended, and an organisation can ask for them.
"""

from __future__ import annotations

import secrets
from typing import Any, Final

from flask import Flask, request
from flask_security import LoginForm, Security, SQLAlchemySessionUserDatastore, hash_password
from sqlalchemy.orm import scoped_session
from typing_extensions import override

from backoffice.identity import passkeys, signing_in
from backoffice.identity.models import Role, User
from backoffice.identity.sessions import SESSION_HOURS
from backoffice.identity.throttle import Throttle
from backoffice.office import Office

UNUSABLE_BYTES: Final = 32


class SignInForm(LoginForm):
    """The sign-in form, with a pause after too many failures from one place or for one address."""

    throttle: Throttle
    office: Office
    must_wait = False
    """What the page says instead of "not right"."""

    @override
    def validate(self, **kwargs: Any) -> bool:
        now = self.office.clock.now()
        keys = (f"from {request.remote_addr}", f"for {(self.email.data or '').strip().casefold()}")
        if any(self.throttle.must_wait(key, now) for key in keys):
            self.must_wait = True
            return False
        if super().validate(**kwargs):
            self.throttle.forget(keys[1])
            return True
        for key in keys:
            self.throttle.note_failure(key, now)
        return False


def install(app: Flask, office: Office) -> None:
    """Put sign-in and sign-out into the application."""
    app.config.update(
        SECURITY_PASSWORD_HASH="argon2",  # noqa: S106 - the name of a method, not a password
        SECURITY_PASSWORD_SCHEMES=["argon2"],
        SECURITY_PASSWORD_SALT=office.settings.secret("password-salt"),
        SECURITY_LOGIN_URL="/sign-in",
        SECURITY_LOGIN_USER_TEMPLATE="identity/sign_in.html",
        SECURITY_LOGOUT_URL="/sign-out",
        SECURITY_LOGOUT_METHODS=["POST"],
        SECURITY_POST_LOGIN_VIEW="/",
        SECURITY_POST_LOGOUT_VIEW="/sign-in",
        SECURITY_UNAUTHORIZED_VIEW=None,
        SECURITY_REGISTERABLE=False,
        SECURITY_RECOVERABLE=False,
        SECURITY_SEND_REGISTER_EMAIL=False,
        SECURITY_RETURN_GENERIC_RESPONSES=True,
        SECURITY_EMAIL_VALIDATOR_ARGS={"check_deliverability": False, "test_environment": True},
        SECURITY_CSRF_IGNORE_UNAUTH_ENDPOINTS=False,
        SECURITY_DEFAULT_REMEMBER_ME=False,
        SECURITY_FLASH_MESSAGES=False,
    )
    session = scoped_session(office.database.read)
    state = signing_in.AccessState.new(office)
    form = type("SignInForm", (SignInForm,), {"throttle": state.throttle, "office": office})
    datastore = SQLAlchemySessionUserDatastore(session, User, Role)
    security = Security(app, datastore, login_form=form)
    signing_in.install(app, office, state)
    security.login_context_processor(lambda: {"passkey_options": _passkey_options(office, state)})

    @app.teardown_appcontext
    def forget_identity_session(_error: BaseException | None) -> None:
        session.remove()


def _passkey_options(office: Office, state: signing_in.AccessState) -> str:
    """What the sign-in page gives its script; empty where browsers make no passkeys."""
    site = passkeys.site_of(request.host_url, office.settings.public_url)
    return passkeys.options_to_sign_in(site, state.challenges, office.clock.now()) if site.has_passkeys else ""


def password_hash(password: str) -> str:
    """Argon2 hash of a password; needs an application context."""
    return str(hash_password(password))


def unusable_hash() -> str:
    """The hash of a password that nobody knows, for somebody who will set one; needs an application context."""
    return password_hash(secrets.token_urlsafe(UNUSABLE_BYTES))


__all__ = ["SESSION_HOURS", "install", "password_hash", "unusable_hash"]
