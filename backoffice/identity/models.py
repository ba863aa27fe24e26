"""Users and roles: shared reference tables. What a user may do is a grant per organisation."""

from __future__ import annotations

from datetime import datetime

from flask_security import RoleMixin, UserMixin
from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backoffice.db import Base, Id


class Role(Base, RoleMixin):
    """What somebody may do: owner, campaign_editor, clerk, auditor. The rights are in `identity.rights`."""

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


class Grant(Base):
    """One user's role in one organisation."""

    __tablename__ = "app_grant"
    __table_args__ = (Index("ix_app_grant_user", "user_id"),)

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    user_id: Mapped[str] = mapped_column(Id, ForeignKey("app_user.user_id"), primary_key=True)
    role_name: Mapped[str] = mapped_column(String(32), ForeignKey("app_role.name"))
