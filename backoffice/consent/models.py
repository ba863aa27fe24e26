"""The consent ledger, the addresses that are never written to, and addresses that are waiting to be confirmed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.db import Base, Id


class ConsentWording(Base):
    """A text that was shown with a question, kept once. `wording_id`: SHA-256 of language and text, in hex."""

    __tablename__ = "consent_wording"

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    wording_id: Mapped[str] = mapped_column(Id, primary_key=True)
    language: Mapped[str] = mapped_column(String(8))
    text: Mapped[str] = mapped_column(Text)


class ConsentEntry(Base):
    """One decision for one channel and purpose. The words of its columns are in `consent.kinds`.

    Laws: rows are only added (triggers of both databases refuse anything else); the present state is the entry with the
    latest `given_at`, and of several the one that was written last. Names nobody and has no foreign key to the member,
    because it outlives one: it shows later why an erased member had been written to. What may name somebody stands
    in `ConsentNote`.
    """

    __tablename__ = "consent_entry"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "wording_id"], ["consent_wording.organisation_id", "consent_wording.wording_id"]
        ),
        Index("ix_consent_entry_member", "organisation_id", "member_id"),
    )

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    entry_id: Mapped[str] = mapped_column(Id, primary_key=True)
    member_id: Mapped[str] = mapped_column(Id)
    channel: Mapped[str] = mapped_column(String(16))
    purpose: Mapped[str] = mapped_column(String(16))
    decision: Mapped[str] = mapped_column(String(16))
    basis: Mapped[str] = mapped_column(String(24))
    """Empty when something was taken back."""
    wording_id: Mapped[str | None] = mapped_column(Id)
    """None: nothing was shown, or an import did not say what."""
    source: Mapped[str] = mapped_column(String(16))
    actor: Mapped[str] = mapped_column(String(254))
    """Who wrote it down: an address of staff, or "member"."""
    given_at: Mapped[datetime]
    """When the member decided."""
    recorded_at: Mapped[datetime]


class ConsentNote(Base):
    """What staff or a file noted beside an entry, like where the paper lies; gone with the member."""

    __tablename__ = "consent_note"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "member_id"], ["member.organisation_id", "member.member_id"], ondelete="CASCADE"
        ),
        Index("ix_consent_note_member", "organisation_id", "member_id"),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    entry_id: Mapped[str] = mapped_column(Id, primary_key=True)
    member_id: Mapped[str] = mapped_column(Id)
    note: Mapped[str] = mapped_column(String(200))


class Suppression(Base):
    """An address that is never written to, whoever has it. `mark`: the keyed mark of the address (`consent.addresses`).

    Belongs to no member: it holds for whoever brings the address next, and after an erasure, without saying which it
    is.
    """

    __tablename__ = "suppression"

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    channel: Mapped[str] = mapped_column(String(16), primary_key=True)
    mark: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    reason: Mapped[str] = mapped_column(String(16))
    actor: Mapped[str] = mapped_column(String(254))
    at: Mapped[datetime]


class ConsentRequest(Base):
    """A consent that counts once the address has answered: who was asked, with which words, and whether it did.

    `purposes`: separated by a blank. `address_mark`: of the address that was asked; a consent that was confirmed holds
    for that one only.
    """

    __tablename__ = "consent_request"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "member_id"], ["member.organisation_id", "member.member_id"], ondelete="CASCADE"
        ),
        Index("ix_consent_request_member", "organisation_id", "member_id"),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    request_id: Mapped[str] = mapped_column(Id, primary_key=True)
    member_id: Mapped[str] = mapped_column(Id)
    channel: Mapped[str] = mapped_column(String(16))
    purposes: Mapped[str] = mapped_column(String(100))
    address_mark: Mapped[int]
    language: Mapped[str] = mapped_column(String(8))
    wording: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
