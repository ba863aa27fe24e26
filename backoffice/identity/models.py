"""Users, roles, sessions and second factors: shared reference tables.

What a user may do is a grant per organisation.
"""

from __future__ import annotations

from datetime import datetime

from flask_security import RoleMixin, UserMixin, verify_password
from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship
from typing_extensions import override

from backoffice.db import Base, Id


class Role(Base, RoleMixin):
    """What somebody may do: a name and its rights stand in `identity.rights`."""

    __tablename__ = "app_role"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    description: Mapped[str] = mapped_column(String(200), default="")


class User(Base, UserMixin):
    """Somebody who signs in. `fs_uniquifier` changes when the password does, which ends every open session."""

    __tablename__ = "app_user"

    user_id: Mapped[str] = mapped_column(Id, primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    password: Mapped[str] = mapped_column(String(255))
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)
    language: Mapped[str] = mapped_column(String(8), default="")
    created_at: Mapped[datetime]
    roles: Mapped[list[Role]] = relationship(secondary="app_grant", viewonly=True)  # type: ignore[assignment]

    @override
    def verify_and_update_password(self, password: str) -> bool:
        """Whether it is the password. Signing in reads only: one kept at another cost stays until it is changed."""
        return bool(verify_password(password, self.password))


class Grant(Base):
    """One user's role in one organisation."""

    __tablename__ = "app_grant"
    __table_args__ = (Index("ix_app_grant_user", "user_id"),)

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    user_id: Mapped[str] = mapped_column(Id, ForeignKey("app_user.user_id"), primary_key=True)
    role_name: Mapped[str] = mapped_column(String(32), ForeignKey("app_role.name"))


class SignedIn(Base):
    """One session of one user. `session_mark`: SHA-256, hex, of the secret in the browser's cookie.

    `proven`: False while the second factor is still asked for; nothing is shown in that time. `place`: the network
    address without its last part.
    """

    __tablename__ = "app_session"
    __table_args__ = (Index("ix_app_session_user", "user_id"),)

    session_mark: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(Id, ForeignKey("app_user.user_id"))
    browser: Mapped[str] = mapped_column(String(80))
    place: Mapped[str] = mapped_column(String(64))
    via: Mapped[str] = mapped_column(String(32))
    proven: Mapped[bool]
    begun_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ends_at: Mapped[datetime]


class OneTimeLink(Base):
    """A link that works once. `link_mark`: SHA-256, hex, of the secret in it. `user_id` None: the first set-up."""

    __tablename__ = "app_link"
    __table_args__ = (Index("ix_app_link_user", "user_id"),)

    link_mark: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str | None] = mapped_column(Id, ForeignKey("app_user.user_id"))
    expires_at: Mapped[datetime]


class TimeCode(Base):
    """The secret that a user's phone makes codes from (RFC 6238), sealed. `last_step`: the newest code taken."""

    __tablename__ = "app_time_code"

    user_id: Mapped[str] = mapped_column(Id, ForeignKey("app_user.user_id"), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    last_step: Mapped[int]
    created_at: Mapped[datetime]


class RecoveryCode(Base):
    """A code that stands in for the phone once. `code_mark`: SHA-256, hex, of user and code; used ones are deleted."""

    __tablename__ = "app_recovery_code"

    user_id: Mapped[str] = mapped_column(Id, ForeignKey("app_user.user_id"), primary_key=True)
    code_mark: Mapped[str] = mapped_column(String(64), primary_key=True)


class Passkey(Base):
    """A key pair that an authenticator holds for us (WebAuthn). `credential_mark`: SHA-256, hex, of its id."""

    __tablename__ = "app_passkey"
    __table_args__ = (Index("ix_app_passkey_user", "user_id"),)

    credential_mark: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(Id, ForeignKey("app_user.user_id"))
    credential_id: Mapped[bytes] = mapped_column(LargeBinary)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int]
    name: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
