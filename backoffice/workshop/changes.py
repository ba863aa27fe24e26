"""What an import finds before it touches a vehicle or a work order, kept so that it can be undone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import RowMapping, TypeDecorator, select
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from backoffice.bulk import insert_tuples
from backoffice.db import Base
from backoffice.workshop.models import WorkshopChange

ORDER: Final = "order"
VEHICLE: Final = "vehicle"
_COLUMNS: Final = ("organisation_id", "import_id", "entity", "key", "row", "before")


class VehicleBefore(msgspec.Struct, frozen=True):
    """A vehicle that was there. `reading`: the day whose reading the import wrote, and what was read before it."""

    columns: dict[str, Any]
    reading: tuple[str, int | None] | None = None


class OrderBefore(msgspec.Struct, frozen=True):
    """A work order that was there, with its lines."""

    columns: dict[str, Any]
    lines: list[dict[str, Any]]


def plain(row: RowMapping) -> dict[str, Any]:
    """A row's columns as JSON can carry them, to be read again by `as_columns`."""
    built: dict[str, Any] = msgspec.to_builtins(dict(row))
    return built


def as_columns(table: type[Base], said: Mapping[str, Any]) -> dict[str, Any]:
    """The columns as they were, in the types of their table; one that an older version did not have is left out."""
    types = {column.name: _python_type(column.type) for column in table.__table__.columns}
    return {name: None if value is None else msgspec.convert(value, types[name]) for name, value in said.items()}


def _python_type(kind: TypeEngine[Any]) -> type:
    """What a column's values are here; a type of our own says it for what it is stored as."""
    inner: TypeEngine[Any] = kind.impl_instance if isinstance(kind, TypeDecorator) else kind
    return inner.python_type


def keep_before(
    session: Session, organisation_id: str, import_id: str, entity: str, found: Mapping[str, tuple[int, bytes]]
) -> None:
    """Write down what was there, by key with the row of the file; what this import touched already stays."""
    if not found or not import_id:
        return
    kept = set(
        session.scalars(
            select(WorkshopChange.key).where(
                WorkshopChange.organisation_id == organisation_id,
                WorkshopChange.import_id == import_id,
                WorkshopChange.entity == entity,
                WorkshopChange.key.in_(list(found)),
            )
        )
    )
    rows = (
        (organisation_id, import_id, entity, key, row, before.decode())
        for key, (row, before) in found.items()
        if key not in kept
    )
    insert_tuples(session, WorkshopChange, _COLUMNS, rows)
