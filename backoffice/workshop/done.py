"""What was done to vehicles and when, out of their work orders: what predictions and audiences ask.

One operation of one work order counts once, however many lines of labour and parts it has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, Final

import msgspec
from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from backoffice.bulk import streamed
from backoffice.workshop.models import Vehicle, WorkOrder, WorkOrderLine
from backoffice.workshop.operations import Family, renews

FETCHED_ROWS: Final = 5_000
"""Rows that are in memory together while all vehicles are walked through."""


class Done(msgspec.Struct, frozen=True):
    """An operation on a day. `km` None: nobody read it. `renews`: the family's interval begins anew with it."""

    done_on: date
    family: Family
    operation: str
    km: int | None
    order: str

    @property
    def renews(self) -> bool:
        """Whether the family's next due date is counted from here."""
        return renews(self.operation)


def operations_of(session: Session, vehicle: Vehicle) -> list[Done]:
    """What was done to a vehicle in the seven families, oldest first."""
    statement = _statement(vehicle.organisation_id).where(WorkOrder.vehicle_id == vehicle.vehicle_id)
    return [done for _vehicle_id, done in _read(session.execute(statement))]


def operations_by_vehicle(session: Session, organisation_id: str) -> Iterator[tuple[str, Done]]:
    """The same of every vehicle with its id, vehicle by vehicle; read as a stream, for there may be millions."""
    return _read(streamed(session, _statement(organisation_id), FETCHED_ROWS))


def _statement(organisation_id: str) -> Select[*tuple[Any, ...]]:
    return (
        select(
            WorkOrder.vehicle_id,
            WorkOrder.done_on,
            WorkOrderLine.family,
            WorkOrderLine.operation,
            WorkOrder.km,
            WorkOrder.number,
        )
        .join(
            WorkOrderLine,
            (WorkOrderLine.organisation_id == WorkOrder.organisation_id) & (WorkOrderLine.number == WorkOrder.number),
        )
        .where(WorkOrder.organisation_id == organisation_id, WorkOrderLine.family != "")
        .order_by(WorkOrder.vehicle_id, WorkOrder.done_on, WorkOrder.number, WorkOrderLine.line_no)
    )


def _read(rows: Iterable[Row[*tuple[Any, ...]]]) -> Iterator[tuple[str, Done]]:
    order, had = ("", ""), set[str]()
    for vehicle_id, done_on, family, operation, km, number in rows:
        if (vehicle_id, number) != order:
            order, had = (vehicle_id, number), set()
        if operation not in had:
            had.add(operation)
            yield vehicle_id, Done(done_on, Family(family), operation, km, number)
