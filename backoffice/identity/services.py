"""Users: adding one, giving a role, setting a password. No mail server is needed for any of it."""

from __future__ import annotations

import re
import secrets
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.clock import Clock
from backoffice.errors import InputError
from backoffice.identity.models import Grant, Role, User
from backoffice.identity.rights import ROLES
from backoffice.identity.sessions import end_all
from backoffice.ids import Ids

PASSWORD_LENGTH_MIN: Final = 10
PASSWORD_LENGTH_MAX: Final = 256
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+")


def ensure_roles(session: Session) -> None:
    """Write the roles of the table `rights.ROLES` that the database does not have yet."""
    known = set(session.scalars(select(Role.name)))
    session.add_all(Role(name=name, description="") for name in ROLES if name not in known)
    session.flush()


def normalised_email(email: str) -> str:
    """The form an address is stored and compared in; InputError when it is not one."""
    cleaned = email.strip().casefold()
    if not _EMAIL.fullmatch(cleaned):
        raise InputError(f"{email!r} is not an e-mail address")
    return cleaned


def check_password(password: str) -> None:
    """InputError when a password is too short or too long to be taken."""
    if not PASSWORD_LENGTH_MIN <= len(password) <= PASSWORD_LENGTH_MAX:
        raise InputError(f"a password has {PASSWORD_LENGTH_MIN} to {PASSWORD_LENGTH_MAX} characters")


def find_user(session: Session, email: str) -> User | None:
    """The user with this address."""
    return session.scalar(select(User).where(User.email == normalised_email(email)))


def add_user(session: Session, clock: Clock, ids: Ids, email: str, password_hash: str) -> User:
    """Add a user who may not do anything yet; InputError when the address is taken."""
    if find_user(session, email) is not None:
        raise InputError(f"{email} is already a user; use `backoffice user password` to set a new password")
    user = User(
        user_id=ids.new_id(),
        email=normalised_email(email),
        password=password_hash,
        active=True,
        fs_uniquifier=secrets.token_hex(32),
        language="",
        created_at=clock.now(),
    )
    session.add(user)
    session.flush()
    return user


def set_password(session: Session, email: str, password_hash: str) -> None:
    """Give a user a new password and end every session that is open; InputError when there is no such user."""
    user = find_user(session, email)
    if user is None:
        raise InputError(f"there is no user {email}")
    user.password = password_hash
    user.fs_uniquifier = secrets.token_hex(32)
    end_all(session, user.user_id)


def grant(session: Session, organisation_id: str, user_id: str, role: str) -> None:
    """Let a user act in an organisation in a role; an earlier role there is replaced."""
    if role not in ROLES:
        raise InputError(f"{role!r} is not a role; the roles are {', '.join(ROLES)}")
    ensure_roles(session)
    session.merge(Grant(organisation_id=organisation_id, user_id=user_id, role_name=role))
    session.flush()
