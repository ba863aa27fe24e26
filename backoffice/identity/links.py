"""Links that work once: they are shown on a screen or printed by a command, never sent by us.

Whoever opens one sets a password, or (the first one of an installation) sets the shop up. A newer link of the same
user ends the older one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backoffice.identity.marks import mark_of, new_secret
from backoffice.identity.models import OneTimeLink, User

PASSWORD_LINK_LIFE: Final = timedelta(days=3)
"""Long enough to be handed over at the next shift, short enough to be forgotten without harm."""
SET_UP_LINK_LIFE: Final = timedelta(days=1)


@dataclass(frozen=True)
class PasswordLink:
    """For whom an open link sets a password."""

    user_id: str
    email: str


def password_link(tx: Session, user_id: str, now: datetime) -> str:
    """The secret of a new link by which this user sets a password; earlier ones end."""
    tx.execute(delete(OneTimeLink).where(OneTimeLink.user_id == user_id))
    return _keep(tx, user_id, now + PASSWORD_LINK_LIFE)


def set_up_link(tx: Session, now: datetime) -> str | None:
    """The secret of a new link by which the first owner comes in; None when there is a user already."""
    if tx.scalar(select(User.user_id).limit(1)) is not None:
        return None
    tx.execute(delete(OneTimeLink).where(OneTimeLink.user_id.is_(None)))
    return _keep(tx, None, now + SET_UP_LINK_LIFE)


def read_password_link(reader: Session, secret: str, now: datetime) -> PasswordLink | None:
    """Whose password a link sets; None when it was used, is over, or never was."""
    row = reader.get(OneTimeLink, mark_of(secret))
    if row is None or row.expires_at <= now or row.user_id is None:
        return None
    user = reader.get_one(User, row.user_id)
    return PasswordLink(user.user_id, user.email) if user.active else None


def read_set_up_link(reader: Session, secret: str, now: datetime) -> bool:
    """Whether this is the set-up link of an installation that has no user yet."""
    row = reader.get(OneTimeLink, mark_of(secret))
    there = row is not None and row.expires_at > now and row.user_id is None
    return there and reader.scalar(select(User.user_id).limit(1)) is None


def use_up(tx: Session, secret: str) -> None:
    """The link has done what it is for."""
    tx.execute(delete(OneTimeLink).where(OneTimeLink.link_mark == mark_of(secret)))


def _keep(tx: Session, user_id: str | None, expires_at: datetime) -> str:
    secret = new_secret()
    tx.add(OneTimeLink(link_mark=mark_of(secret), user_id=user_id, expires_at=expires_at))
    tx.flush()
    return secret
