"""The change feed that tills follow with a cursor."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.db import Base, Id


class ChangeCounter(Base):
    """The head of an organisation's feed. Whoever writes a change holds this row's lock until it commits."""

    __tablename__ = "change_counter"

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    position: Mapped[int] = mapped_column(default=0)


class ChangeRow(Base):
    """The newest state of one thing that tills know. A new state moves the row to the end of the feed."""

    __tablename__ = "change_row"
    __table_args__ = (Index("ix_change_row_position", "organisation_id", "position", unique=True),)

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    entity: Mapped[str] = mapped_column(String(16), primary_key=True)
    entity_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    position: Mapped[int]
    operation: Mapped[str] = mapped_column(String(8))
    body: Mapped[bytes] = mapped_column(LargeBinary)
