"""Members, their groups and cards; the personal data stand apart in one table.

Only `backoffice.members.personal` reads and writes who somebody is, so that encryption has one place.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, LargeBinary, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.db import Base, Id


class Member(Base):
    """A person who takes part, without anything that names the person. `number` is what staff and imports call it."""

    __tablename__ = "member"
    __table_args__ = (
        UniqueConstraint("organisation_id", "number"),
        Index("ix_member_created", "organisation_id", "created_at"),
    )

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    member_id: Mapped[str] = mapped_column(Id, primary_key=True)
    number: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(8), default="en")
    tier: Mapped[str] = mapped_column(String(32), default="")
    receipts_by_mail: Mapped[bool] = mapped_column(default=False, server_default=false())
    """The member asked for every receipt by e-mail."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class MemberKey(Base):
    """The key under which a member's fields are sealed, wrapped by the installation's key; destroyed on erasure."""

    __tablename__ = "member_key"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "member_id"], ["member.organisation_id", "member.member_id"], ondelete="CASCADE"
        ),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    member_id: Mapped[str] = mapped_column(Id, primary_key=True)
    wrapped: Mapped[bytes] = mapped_column(LargeBinary(128))


class MemberPerson(Base):
    """Who the member is, sealed under the member's key: the JSON of a `backoffice.members.personal.Person`."""

    __tablename__ = "member_person"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "member_id"], ["member.organisation_id", "member.member_id"], ondelete="CASCADE"
        ),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    member_id: Mapped[str] = mapped_column(Id, primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class MemberWord(Base):
    """Keyed marks of the beginnings of a member's words, by which staff find a member.

    Without a foreign key: its index over members would double the table. `backoffice.members.personal` takes the
    marks away with the person.
    """

    __tablename__ = "member_word"
    __table_args__ = ({"sqlite_with_rowid": False},)

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    mark: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    member_id: Mapped[str] = mapped_column(Id, primary_key=True)


class MemberTrait(Base):
    """What audiences ask about a person, kept by `backoffice.members.traits` whenever a person is written.

    Keyed marks: equal values are found, none can be read. None: not known.
    """

    __tablename__ = "member_trait"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "member_id"], ["member.organisation_id", "member.member_id"], ondelete="CASCADE"
        ),
        Index("ix_member_trait_email", "organisation_id", "email_mark"),
        Index("ix_member_trait_phone", "organisation_id", "phone_mark"),
        {"sqlite_with_rowid": False},
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    member_id: Mapped[str] = mapped_column(Id, primary_key=True)
    birthday_mark: Mapped[int | None]
    """Of month and day, whatever the year."""
    town_mark: Mapped[int | None]
    postcode_mark: Mapped[int | None]
    area1_mark: Mapped[int | None]
    """Of the postcode's first character; the next two of its first two and three."""
    area2_mark: Mapped[int | None]
    area3_mark: Mapped[int | None]
    email_mark: Mapped[int | None]
    """Of the address as `backoffice.consent.addresses` makes it; so are the last three."""
    sms_mark: Mapped[int | None]
    letter_mark: Mapped[int | None]
    phone_mark: Mapped[int | None]


class ErasedMember(Base):
    """That a member was erased, and when: so that a backup from before that is put back is erased again."""

    __tablename__ = "erased_member"

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    member_id: Mapped[str] = mapped_column(Id, primary_key=True)
    erased_at: Mapped[datetime]


class MemberGroup(Base):
    """A group of members, as conditions name it. The id is chosen once and never changes; the name may."""

    __tablename__ = "member_group"
    __table_args__ = (UniqueConstraint("organisation_id", "name"),)

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    group_id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime]


class MemberCount(Base):
    """How many members a group has; an empty group id: how many there are in all. See `backoffice.members.counts`."""

    __tablename__ = "member_count"
    __table_args__ = ({"sqlite_with_rowid": False},)

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    group_id: Mapped[str] = mapped_column(Id, primary_key=True)
    members: Mapped[int]


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


class DuplicatePair(Base):
    """Two members who may be one person, as the last search found them. `member_a` is the older one.

    `reasons`: what speaks for it, separated by commas (email, phone, birthday, postcode, name); `score`: 0 to 100.
    """

    __tablename__ = "duplicate_pair"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "member_a"], ["member.organisation_id", "member.member_id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["organisation_id", "member_b"], ["member.organisation_id", "member.member_id"], ondelete="CASCADE"
        ),
        Index("ix_duplicate_pair_score", "organisation_id", "score"),
        Index("ix_duplicate_pair_b", "organisation_id", "member_b"),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    member_a: Mapped[str] = mapped_column(Id, primary_key=True)
    member_b: Mapped[str] = mapped_column(Id, primary_key=True)
    reasons: Mapped[str] = mapped_column(String(100))
    score: Mapped[int]
    found_at: Mapped[datetime]


class DistinctPair(Base):
    """Two members of whom somebody said that they are not the same person."""

    __tablename__ = "distinct_pair"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "member_a"], ["member.organisation_id", "member.member_id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["organisation_id", "member_b"], ["member.organisation_id", "member.member_id"], ondelete="CASCADE"
        ),
        Index("ix_distinct_pair_b", "organisation_id", "member_b"),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    member_a: Mapped[str] = mapped_column(Id, primary_key=True)
    member_b: Mapped[str] = mapped_column(Id, primary_key=True)
    said_by: Mapped[str] = mapped_column(String(254))
    said_at: Mapped[datetime]


class MemberMerge(Base):
    """That a member went into another one. Until it is undone, what tills still bring of `gone_id` is `kept_id`'s.

    `sealed`: a `backoffice.members.merge_record.Before` as JSON, under the kept member's key; empty when the merge can
    no longer be undone. Goes with the kept member.
    """

    __tablename__ = "member_merge"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "kept_id"], ["member.organisation_id", "member.member_id"], ondelete="CASCADE"
        ),
        Index("ix_member_merge_gone", "organisation_id", "gone_id"),
        Index("ix_member_merge_kept", "organisation_id", "kept_id"),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    merge_id: Mapped[str] = mapped_column(Id, primary_key=True)
    kept_id: Mapped[str] = mapped_column(Id)
    gone_id: Mapped[str] = mapped_column(Id)
    merged_at: Mapped[datetime]
    merged_by: Mapped[str] = mapped_column(String(254))
    undone_at: Mapped[datetime | None]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
