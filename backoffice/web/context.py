"""What a request knows: the office, and on whose behalf it acts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, TypeVar, cast

from flask import abort, current_app, g, redirect, session, url_for
from flask_security import auth_required, current_user
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.db import run_in_tx
from backoffice.identity.factors import factors_of
from backoffice.identity.models import Grant, User
from backoffice.identity.rights import OWNER, Right, may
from backoffice.office import Office
from backoffice.organisations.models import Organisation
from backoffice.organisations.services import stores_of
from backoffice.web.access import declare

Params = ParamSpec("Params")
Answer = TypeVar("Answer")
Result = TypeVar("Result")

CHOSEN_ORGANISATION = "organisation_id"
"""Session key: the organisation a user with several has chosen."""


@dataclass(frozen=True)
class Actor:
    """Who acts: a user, in one organisation, in one role. `zone`: of its first store; UTC before there is one.

    `lacks_second_factor`: the organisation asks for one, and the user has none.
    """

    organisation: Organisation
    user_id: str
    email: str
    role: str
    zone: str
    lacks_second_factor: bool = False

    @property
    def organisation_id(self) -> str:
        """The organisation every query of this request is bound to."""
        return self.organisation.organisation_id

    def may(self, right: Right) -> bool:
        """Whether this actor has a right here."""
        return may(self.role, right)


def office() -> Office:
    """The running back-office."""
    return cast("Office", current_app.extensions["office"])


def read() -> Session:
    """A session for reading; use it as a context manager."""
    return office().database.read()


def write(work: Callable[[Session], Result]) -> Result:
    """Run `work` in one transaction (see `db.run_in_tx`)."""
    return run_in_tx(office().database.write, work)


def actor() -> Actor:
    """The actor of this request. Only inside a route that `needs` a right."""
    return cast("Actor", g.actor)


def doing() -> Doing:
    """On whose behalf the services of this request act."""
    return Doing(actor().organisation_id, actor().email, office().clock, office().ids)


def grants_of(reader: Session, user_id: str) -> list[tuple[Organisation, str]]:
    """The open organisations a user may enter, by name, with the role in each."""
    rows = reader.execute(
        select(Organisation, Grant.role_name)
        .join(Grant, Grant.organisation_id == Organisation.organisation_id)
        .where(Grant.user_id == user_id, Organisation.closed_at.is_(None))
        .order_by(Organisation.name)
    )
    return [(row[0], row[1]) for row in rows]


def load_actor() -> Actor | None:
    """Who acts in this request; None when nobody is signed in or the user was given no organisation."""
    if "actor" in g:
        return cast("Actor | None", g.actor)
    g.actor = None
    if current_user.is_authenticated:
        user = cast("User", current_user)
        chosen = session.get(CHOSEN_ORGANISATION)
        with read() as reader:
            g.grants = grants_of(reader, user.user_id)
            for organisation, role in sorted(g.grants, key=lambda grant: grant[0].organisation_id != chosen)[:1]:
                stores = stores_of(reader, organisation.organisation_id)
                zone = stores[0].zone if stores else "UTC"
                lacks = (
                    organisation.owners_need_second_factor
                    and role == OWNER
                    and not factors_of(reader, user.user_id).any
                )
                g.actor = Actor(organisation, user.user_id, user.email, role, zone, lacks)
    return cast("Actor | None", g.actor)


def needs(right: Right, *, own_account: bool = False) -> Callable[[Callable[Params, Answer]], Callable[Params, Answer]]:
    """Decorate a route: signed in, and with this right in the organisation that is open. 403 otherwise.

    Whoever still lacks the second factor that the organisation asks for is led to where it is set up; `own_account`
    marks the pages that are open even so.
    """

    def decorate(view: Callable[Params, Answer]) -> Callable[Params, Answer]:
        @wraps(view)
        def guarded(*args: Params.args, **kwargs: Params.kwargs) -> Answer:
            acting = load_actor()
            if acting is None or not acting.may(right):
                abort(403)
            if acting.lacks_second_factor and not own_account:
                return cast("Answer", redirect(url_for("factors.second_factor")))
            return view(*args, **kwargs)

        return declare(cast("Callable[Params, Answer]", auth_required("session")(guarded)), right)

    return decorate
