"""Pictures of the shop that are uploaded once and used from then on."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.db import Base, Id


class ShopPicture(Base):
    """A picture as it was uploaded, after it was found to be what it should be. `name`: what it is for."""

    __tablename__ = "shop_picture"

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    file_name: Mapped[str] = mapped_column(String(200))
    suffix: Mapped[str] = mapped_column(String(8))
    data: Mapped[bytes] = mapped_column(LargeBinary)
    sha256: Mapped[str] = mapped_column(String(64))
    uploaded_at: Mapped[datetime]
    uploaded_by: Mapped[str] = mapped_column(String(254))


class CardLayout(Base):
    """Where number, name and code stand on the shop's cards: the fields of the page, as a JSON object of text."""

    __tablename__ = "card_layout"

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    fields: Mapped[str] = mapped_column(Text)
    saved_at: Mapped[datetime]
