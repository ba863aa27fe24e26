"""Members, their groups and cards; the personal data stand apart in one table.

Only `backoffice.members.personal` reads and writes the table `member_person`, so that encryption has one place.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.db import Base, Id


class Member(Base):
    """A person who takes part, without anything that names the person. `number` is what staff and imports call it."""

    __tablename__ = "member"
    __table_args__ = (UniqueConstraint("organisation_id", "number"),)

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    member_id: Mapped[str] = mapped_column(Id, primary_key=True)
    number: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(8), default="en")
    tier: Mapped[str] = mapped_column(String(32), default="")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class MemberPerson(Base):
    """Who the member is. `search_text` holds the normalised words that the instant search looks at."""

    __tablename__ = "member_person"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "member_id"], ["member.organisation_id", "member.member_id"], ondelete="CASCADE"
        ),
        Index("ix_member_person_name", "organisation_id", "last_name", "first_name", "member_id"),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    member_id: Mapped[str] = mapped_column(Id, primary_key=True)
    first_name: Mapped[str] = mapped_column(String(100), default="")
    last_name: Mapped[str] = mapped_column(String(100), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
    street: Mapped[str] = mapped_column(String(200), default="")
    postcode: Mapped[str] = mapped_column(String(20), default="")
    town: Mapped[str] = mapped_column(String(100), default="")
    birthday: Mapped[date | None] = mapped_column(default=None)
    search_text: Mapped[str] = mapped_column(String(800), default="")


class MemberGroup(Base):
    """A group of members, as conditions name it. The id is chosen once and never changes; the name may."""

    __tablename__ = "member_group"
    __table_args__ = (UniqueConstraint("organisation_id", "name"),)

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    group_id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime]


class MemberInGroup(Base):
    """Membership of a group; a member may be in several."""

    __tablename__ = "member_in_group"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "member_id"], ["member.organisation_id", "member.member_id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["organisation_id", "group_id"],
            ["member_group.organisation_id", "member_group.group_id"],
            ondelete="CASCADE",
        ),
        Index("ix_member_in_group_group", "organisation_id", "group_id", "member_id"),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    member_id: Mapped[str] = mapped_column(Id, primary_key=True)
    group_id: Mapped[str] = mapped_column(Id, primary_key=True)


class Card(Base):
    """A medium by its canonical id (technology:UID). state: active, blocked, or replaced by `replaced_by`."""

    __tablename__ = "card"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "member_id"], ["member.organisation_id", "member.member_id"], ondelete="CASCADE"
        ),
        Index("ix_card_member", "organisation_id", "member_id"),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    card_id: Mapped[str] = mapped_column(Id, primary_key=True)
    member_id: Mapped[str] = mapped_column(Id)
    state: Mapped[str] = mapped_column(String(16), default="active")
    replaced_by: Mapped[str] = mapped_column(Id, default="")
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
