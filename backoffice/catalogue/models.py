"""Products and the tree of categories they belong to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.db import Base, Id


class Category(Base):
    """A node of the category tree. An offer on a category stands for its whole subtree."""

    __tablename__ = "category"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id", "parent_id"], ["category.organisation_id", "category.category_id"]),
        Index("ix_category_parent", "organisation_id", "parent_id"),
    )

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    category_id: Mapped[str] = mapped_column(Id, primary_key=True)
    parent_id: Mapped[str | None] = mapped_column(Id)
    name: Mapped[str] = mapped_column(String(200))


class Product(Base):
    """What is sold. `price_minor` is the shelf price (None: the register knows); `vat_bp` None: the stated rate.

    `attributes` are words that offers may ask for, separated by `|`. No offer goes below `lowest_price_minor`; 0: none.
    """

    __tablename__ = "product"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id", "category_id"], ["category.organisation_id", "category.category_id"]),
        Index("ix_product_category", "organisation_id", "category_id"),
        Index("ix_product_name", "organisation_id", "name"),
    )

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    product_id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    category_id: Mapped[str | None] = mapped_column(Id)
    price_minor: Mapped[int | None]
    vat_bp: Mapped[int | None]
    line_kind: Mapped[str] = mapped_column(String(16), default="goods")
    department: Mapped[str] = mapped_column(String(64), default="", server_default="")
    brand: Mapped[str] = mapped_column(String(64), default="", server_default="")
    family: Mapped[str] = mapped_column(String(64), default="", server_default="")
    attributes: Mapped[str] = mapped_column(String(400), default="", server_default="")
    lowest_price_minor: Mapped[int] = mapped_column(default=0, server_default="0")
    search_text: Mapped[str] = mapped_column(String(400), default="")
    updated_at: Mapped[datetime]
