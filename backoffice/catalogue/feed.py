"""Products as tills know them, written to the change feed in bulk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.catalogue.models import Category, Product
from backoffice.catalogue.tree import path_of
from backoffice.sync_api.changes import Entry, record_changes
from pos_engine.wire.sync import ProductBody

CHUNK: Final = 500
"""Ids in one IN list."""


def tell_products(session: Session, organisation_id: str, product_ids: Sequence[str]) -> None:
    """Send the present state of these products, with the categories they lie in, to the tills."""
    parents = dict(
        session.execute(
            select(Category.category_id, Category.parent_id).where(Category.organisation_id == organisation_id)
        ).all()
    )
    for start in range(0, len(product_ids), CHUNK):
        chunk = list(product_ids[start : start + CHUNK])
        rows = session.scalars(
            select(Product).where(Product.organisation_id == organisation_id, Product.product_id.in_(chunk))
        )
        entries = [
            Entry(
                "product",
                row.product_id,
                "put",
                msgspec.json.encode(
                    ProductBody(
                        product_id=row.product_id,
                        name=row.name,
                        categories=path_of(parents, row.category_id),
                        vat_bp=row.vat_bp,
                        line_kind=row.line_kind,
                        department=row.department,
                        brand=row.brand,
                        family=row.family,
                        attributes=tuple(word for word in row.attributes.split("|") if word),
                        lowest_price_minor=row.lowest_price_minor,
                    )
                ),
            )
            for row in rows
        ]
        record_changes(session, organisation_id, entries)
