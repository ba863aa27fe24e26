"""Tokens of programs that ask the JSON interface, and answers that are kept so that a repeated request does no harm."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.db import Base, Id


class ApiToken(Base):
    """A program's key to one organisation. `token_mark`: SHA-256 of the token, which is shown once and kept nowhere.

    `scopes`: words of `api.scopes`, with a blank between them. `revoked_at` None: it counts until it expires.
    """

    __tablename__ = "api_token"
    __table_args__ = (UniqueConstraint("organisation_id", "token_mark"),)

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    token_id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    token_mark: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(254))
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class ApiAnswer(Base):
    """What a request with an idempotency key was answered. `request_sha256`: hex over method, path and body."""

    __tablename__ = "api_answer"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "token_id"], ["api_token.organisation_id", "api_token.token_id"], ondelete="CASCADE"
        ),
        Index("ix_api_answer_at", "organisation_id", "at"),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    token_id: Mapped[str] = mapped_column(Id, primary_key=True)
    idempotency_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    request_sha256: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime]
