"""Who changes their own account, and that it is really them: the password is asked for again."""

from __future__ import annotations

from flask import request
from flask_security import verify_password

from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity.models import User
from backoffice.identity.signing_in import access_state
from backoffice.web.context import actor, office, read


def own_user() -> User:
    """The user who acts."""
    with read() as reader:
        return reader.get_one(User, actor().user_id)


def check_current_password(user: User) -> None:
    """InputError when the field `current` is not the user's password, or was wrong too often."""
    throttle, now = access_state().throttle, office().clock.now()
    key = f"own password of {user.user_id}"
    if throttle.must_wait(key, now):
        raise InputError(_("Too many failed attempts. Wait five minutes and try again."))
    if not verify_password(request.form.get("current", ""), user.password):
        throttle.note_failure(key, now)
        raise InputError(_("The current password is not right."))
    throttle.forget(key)
