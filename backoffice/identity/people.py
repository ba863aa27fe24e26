"""Who may enter an organisation: letting somebody in, changing a role, taking it away, a new password without mail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing, history
from backoffice.clock import Clock
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity import factors, links, sessions
from backoffice.identity.models import Grant, OneTimeLink, SignedIn, User
from backoffice.identity.rights import OWNER, ROLES
from backoffice.identity.services import add_user, ensure_roles, find_user, grant, set_password
from backoffice.ids import Ids

ACCESS_TAKEN: Final = "access_taken"
SUBJECT: Final = "user"


@dataclass(frozen=True)
class Person:
    """Somebody with a role here. `seen_at` None: not signed in now; `link_until`: an unused link for a password."""

    user_id: str
    email: str
    role: str
    second_factor: bool
    seen_at: datetime | None
    link_until: datetime | None


def people_of(reader: Session, organisation_id: str, now: datetime) -> Sequence[Person]:
    """Everybody with a role in the organisation, by address."""
    rows = reader.execute(
        select(User.user_id, User.email, Grant.role_name)
        .join(Grant, Grant.user_id == User.user_id)
        .where(Grant.organisation_id == organisation_id)
        .order_by(User.email)
    ).all()
    ids = [row.user_id for row in rows]
    proven = factors.with_factors(reader, ids)
    seen = reader.execute(
        select(SignedIn.user_id, func.max(SignedIn.seen_at))
        .where(SignedIn.user_id.in_(ids), SignedIn.proven, SignedIn.ends_at > now)
        .group_by(SignedIn.user_id)
    ).all()
    seen_at = {row[0]: row[1] for row in seen}
    open_links = reader.execute(
        select(OneTimeLink.user_id, OneTimeLink.expires_at).where(
            OneTimeLink.user_id.in_(ids), OneTimeLink.expires_at > now
        )
    ).all()
    until = {row.user_id: row.expires_at for row in open_links}
    return [
        Person(
            row.user_id,
            row.email,
            row.role_name,
            row.user_id in proven,
            seen_at.get(row.user_id),
            until.get(row.user_id),
        )
        for row in rows
    ]


def let_in(tx: Session, doing: Doing, email: str, role: str, unusable_hash: str) -> str | None:
    """Give somebody a role; the secret of a link for a first password, None when they have a password already.

    InputError when they have a role here.
    """
    user = find_user(tx, email)
    if user is not None and tx.get(Grant, (doing.organisation_id, user.user_id)) is not None:
        raise InputError(_("%(email)s has a role here already; change it in the list.", email=user.email))
    fresh = user is None
    if user is None:
        user = add_user(tx, doing.clock, doing.ids, email, unusable_hash)
    grant(tx, doing.organisation_id, user.user_id, role)
    doing.note(tx, "access_given", SUBJECT, user.user_id, role)
    return links.password_link(tx, user.user_id, doing.clock.now()) if fresh else None


def change_role(tx: Session, doing: Doing, user_id: str, role: str) -> bool:
    """Give somebody another role; False when they have none here. InputError when nobody would own the organisation."""
    kept = tx.get(Grant, (doing.organisation_id, user_id))
    if kept is None:
        return False
    if role not in ROLES:
        raise InputError(_("There is no such role."))
    if kept.role_name != role:
        _somebody_else_must_own(tx, doing, kept)
        ensure_roles(tx)  # the database may be older than the role
        before, kept.role_name = kept.role_name, role
        tx.flush()
        doing.note(tx, "role_changed", SUBJECT, user_id, f"{before} → {role}")
    return True


def take_away(tx: Session, doing: Doing, user_id: str) -> bool:
    """Take somebody's role in this organisation; False when they have none. InputError when nobody would own it."""
    kept = tx.get(Grant, (doing.organisation_id, user_id))
    if kept is None:
        return False
    _somebody_else_must_own(tx, doing, kept)
    doing.note(tx, ACCESS_TAKEN, SUBJECT, user_id, kept.role_name)
    tx.delete(kept)
    tx.flush()
    return True


def give_back(tx: Session, doing: Doing, user_id: str) -> bool:
    """Undo of taking somebody's role away: only where that was the last thing done, and only that role."""
    taken = [
        each for each in history(tx, doing.organisation_id, SUBJECT, user_id, limit=1) if each.action == ACCESS_TAKEN
    ]
    for each in taken:
        grant(tx, doing.organisation_id, user_id, each.details)
        doing.note(tx, "access_given", SUBJECT, user_id, each.details)
    return bool(taken)


def make_password_link(tx: Session, doing: Doing, user_id: str) -> str | None:
    """The secret of a link by which somebody sets a new password; None when they have no role here.

    InputError when they have one elsewhere too, where this owner has no say.
    """
    if not _only_ours(tx, doing, user_id):
        return None
    doing.note(tx, "password_link_made", SUBJECT, user_id)
    return links.password_link(tx, user_id, doing.clock.now())


def drop_second_factors(tx: Session, doing: Doing, user_id: str) -> bool:
    """For somebody who lost the phone: their second factors and sessions end; False when they have no role here."""
    if not _only_ours(tx, doing, user_id):
        return False
    factors.remove_all(tx, user_id)
    sessions.end_all(tx, user_id)
    doing.note(tx, "second_factor_dropped", SUBJECT, user_id)
    return True


def note_everywhere(tx: Session, clock: Clock, ids: Ids, user: User, action: str, details: str = "") -> None:
    """Write down what somebody did with their own access, in the record of every organisation that lets them in."""
    for organisation_id in tx.scalars(select(Grant.organisation_id).where(Grant.user_id == user.user_id)).all():
        Doing(organisation_id, user.email, clock, ids).note(tx, action, SUBJECT, user.user_id, details)


def set_password_by_link(tx: Session, clock: Clock, ids: Ids, secret: str, password_hash: str) -> str | None:
    """Set the password that a one-time link is for; the address it belongs to, None when the link is used up."""
    found = links.read_password_link(tx, secret, clock.now())
    if found is None:
        return None
    links.use_up(tx, secret)
    set_password(tx, found.email, password_hash)
    note_everywhere(tx, clock, ids, tx.get_one(User, found.user_id), "password_set", "by a one-time link")
    return found.email


def _only_ours(tx: Session, doing: Doing, user_id: str) -> bool:
    places = set(tx.scalars(select(Grant.organisation_id).where(Grant.user_id == user_id)))
    if doing.organisation_id not in places:
        return False
    acting = find_user(tx, doing.actor)
    owned = (
        set(tx.scalars(select(Grant.organisation_id).where(Grant.user_id == acting.user_id, Grant.role_name == OWNER)))
        if acting
        else set()
    )
    if not places <= owned:
        raise InputError(
            _(
                "This person also works for another organisation. Whoever runs this machine can help, with"
                " `backoffice user link` or `backoffice user password`."
            )
        )
    return True


def _somebody_else_must_own(tx: Session, doing: Doing, leaving: Grant) -> None:
    if leaving.role_name != OWNER:
        return
    owners = select(func.count()).where(Grant.organisation_id == doing.organisation_id, Grant.role_name == OWNER)
    if (tx.scalar(owners) or 0) <= 1:
        raise InputError(_("The organisation needs an owner. Make somebody else an owner first."))
