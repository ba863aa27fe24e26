"""From the sign-in to a session: what the browser's cookie opens, and whether a second factor is still asked for.

Laws: the secret in the cookie is new at every sign-in and at every proof, so that one which somebody planted before
opens nothing; a session whose second factor is not proven shows nothing; who was signed out by an administrator, or by
themselves elsewhere, is signed out at the next request.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, cast
from urllib.parse import urlsplit

from flask import Flask, current_app, g, redirect, request, session, url_for
from flask_login import user_logged_out
from flask_security import current_user, user_authenticated
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from backoffice.db import run_in_tx
from backoffice.identity import sessions
from backoffice.identity.browser_words import browser_words, short_place
from backoffice.identity.challenges import Challenges
from backoffice.identity.factors import factors_of
from backoffice.identity.marks import mark_of, new_secret
from backoffice.identity.models import SignedIn, User
from backoffice.identity.people import note_everywhere
from backoffice.identity.throttle import Throttle
from backoffice.office import Office

SESSION_SECRET: Final = "session_secret"  # noqa: S105 - the name of a field of the cookie
KEPT_AT_SIGN_IN: Final = ("language", "_", "fs_")
"""Beginnings of what stays of a cookie: the language, Flask's messages, and what the sign-in has just written."""
SEEN_WRITE_EVERY: Final = timedelta(minutes=1)


@dataclass(frozen=True)
class AccessState:
    """What signing in remembers in memory: failures, open challenges, and when sessions were last used."""

    throttle: Throttle
    challenges: Challenges
    last_seen: sessions.LastSeen

    @classmethod
    def new(cls, office: Office) -> AccessState:
        """Empty memory of one process."""
        return cls(Throttle(), Challenges(office.settings.secret("session-key")), sessions.LastSeen())


def access_state() -> AccessState:
    """The running application's memory."""
    return cast("AccessState", current_app.extensions["access"])


def install(app: Flask, office: Office, state: AccessState) -> None:
    """Hook sessions into Flask-Login and Flask-Security."""
    app.extensions["access"] = state
    manager = app.login_manager  # type: ignore[attr-defined]
    find_user = manager._user_callback  # noqa: SLF001 - Flask-Security's own look-up, which ours goes on from

    @manager.user_loader  # type: ignore[untyped-decorator]
    def load(uniquifier: str) -> User | None:
        user: User | None = find_user(uniquifier)
        return user if user is not None and _opens(office, state, user) else None

    def begun(_app: Flask, user: User, authn_via: list[str] | None = None, **_more: object) -> None:
        _begin(office, user, " and ".join(authn_via or ["password"]))

    def ended(_app: Flask, **_more: object) -> None:
        mark = mark_of(session.pop(SESSION_SECRET, ""))
        run_in_tx(office.database.write, lambda tx: _forget(tx, mark))

    user_authenticated.connect(begun, app, weak=False)
    user_logged_out.connect(ended, app, weak=False)
    app.before_request(_ask_for_second_factor)
    app.before_request(lambda: _keep_last_use(office))


def _opens(office: Office, state: AccessState, user: User) -> bool:
    """Whether the cookie's secret opens a session of this user; who has yet to prove who they are waits in `g`."""
    now = office.clock.now()
    with office.database.read() as reader:
        row = sessions.find(reader, user.user_id, session.get(SESSION_SECRET, ""), state.last_seen, now)
    if row is None:
        return False
    if not row.proven:
        g.waiting = user
        return False
    g.signed_in = row
    state.last_seen.note(row.session_mark, now)
    return True


def _begin(office: Office, user: User, via: str) -> None:
    """A session with a secret of its own; nothing else of the cookie outlives the sign-in, its form's token neither."""
    before = mark_of(session.get(SESSION_SECRET, ""))
    secret, now = _fresh_cookie(), office.clock.now()

    def work(tx: Session) -> None:
        _forget(tx, before)
        proven = "passkey" in via or not factors_of(tx, user.user_id).any
        sessions.begin(tx, user.user_id, secret, arrival(via), now, proven=proven)
        if proven:
            note_everywhere(tx, office.clock, office.ids, tx.get_one(User, user.user_id), "signed_in", via)

    run_in_tx(office.database.write, work)


def prove(office: Office, user: User, via: str) -> None:
    """The second factor was right: the waiting session ends, and one that is open begins under a new secret."""
    before = mark_of(session.get(SESSION_SECRET, ""))
    secret, now = _fresh_cookie(), office.clock.now()

    def work(tx: Session) -> None:
        _forget(tx, before)
        sessions.begin(tx, user.user_id, secret, arrival(via), now, proven=True)
        note_everywhere(tx, office.clock, office.ids, tx.get_one(User, user.user_id), "signed_in", via)

    run_in_tx(office.database.write, work)


def _fresh_cookie() -> str:
    kept = {name: session[name] for name in session if name.startswith(KEPT_AT_SIGN_IN)}
    session.clear()
    session.update(kept)
    g.pop("csrf_token", None)
    session[SESSION_SECRET] = new_secret()
    return cast("str", session[SESSION_SECRET])


def _forget(tx: Session, session_mark: str) -> None:
    row = tx.get(SignedIn, session_mark)
    if row is not None:
        tx.delete(row)
        tx.flush()


def arrival(via: str) -> sessions.Arrival:
    """From where this request comes."""
    return sessions.Arrival(
        browser_words(request.user_agent.string), short_place(request.remote_addr or ""), via[: sessions.VIA_MAX]
    )


def waiting_user() -> User | None:
    """Who has given a right password and not yet the second factor."""
    if current_user.is_authenticated:
        return None
    return cast("User | None", g.get("waiting"))


def own_path(text: str) -> str:
    """An address to go on to, when it is a path of ours; the first page otherwise."""
    parts = urlsplit(text.replace("\\", "/"))
    own = not parts.scheme and not parts.netloc and parts.path.startswith("/") and not parts.path.startswith("//")
    return text if own else "/"


def _ask_for_second_factor() -> Response | None:
    """The sign-in page leads on to the second step for those who wait there."""
    shown = request.endpoint == "security.login" and request.method == "GET"
    if shown and SESSION_SECRET in session and waiting_user() is not None:
        return redirect(url_for("second_step.ask", next=own_path(request.args.get("next", "/"))))
    return None


def _keep_last_use(office: Office) -> None:
    """Keep when the session was used, with requests that write anyway; reading waits for nobody."""
    if request.method != "POST" or SESSION_SECRET not in session or not current_user.is_authenticated:
        return
    row, now = cast("SignedIn", g.signed_in), office.clock.now()
    if now - row.seen_at >= SEEN_WRITE_EVERY:
        run_in_tx(office.database.write, lambda tx: sessions.note_seen(tx, row.session_mark, now))
