"""Finding vehicles, and what is known of one: readings, visits and their lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final

import msgspec
from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from backoffice.vault import vault_of
from backoffice.workshop.models import Vehicle, VehicleReading, WorkOrder, WorkOrderLine
from backoffice.workshop.sealing import marks_of_search

WORDS_MAX: Final = 5
VISITS_MAX: Final = 1_000
"""More than any vehicle has; a page and a file must end."""


class Reading(msgspec.Struct, frozen=True):
    """What the odometer said on a day. source: import, hand, or the number of a work order."""

    read_on: date
    km: int
    source: str


class Work(msgspec.Struct, frozen=True):
    """One line of a work order, as `WorkOrderLine` has it."""

    line_no: int
    kind: str
    code: str
    text: str
    quantity_milli: int
    amount_minor: int
    operation: str
    family: str


class Visit(msgspec.Struct, frozen=True):
    """One work order with its lines."""

    number: str
    done_on: date
    invoice_number: str
    invoiced_on: date | None
    km: int | None
    site: str
    lines: tuple[Work, ...]

    @property
    def amount_minor(self) -> int:
        """The sum of its lines."""
        return sum(line.amount_minor for line in self.lines)


class LastVisit(msgspec.Struct, frozen=True):
    """When a vehicle was here last, and how often it has been."""

    done_on: date
    visits: int


def find_vehicles(
    session: Session, organisation_id: str, query: str, *, after: str = "", limit: int = 50
) -> Sequence[Vehicle]:
    """Vehicles by a whole plate, a whole number or the end of one, or by make; all of them, newest first, for nothing.

    `after`: the id that the page before ended with.
    """
    statement = (
        select(Vehicle)
        .where(Vehicle.organisation_id == organisation_id)
        .order_by(Vehicle.vehicle_id.desc())
        .limit(limit)
    )
    text = " ".join(query.split())
    if text:
        marks = marks_of_search(vault_of(session), organisation_id, text)
        by_mark = [getattr(Vehicle, column) == mark for column, mark in marks.items()]
        words = [
            (Vehicle.make + " " + Vehicle.model).icontains(word, autoescape=True) for word in text.split()[:WORDS_MAX]
        ]
        statement = statement.where(or_(*by_mark, and_(*words)))
    if after:
        statement = statement.where(Vehicle.vehicle_id < after)
    return session.scalars(statement).all()


def get_vehicle(session: Session, organisation_id: str, vehicle_id: str) -> Vehicle | None:
    """One vehicle of this organisation."""
    return session.get(Vehicle, (organisation_id, vehicle_id))


def count_vehicles(session: Session, organisation_id: str) -> int:
    """How many vehicles are known."""
    return (
        session.scalar(select(func.count()).select_from(Vehicle).where(Vehicle.organisation_id == organisation_id)) or 0
    )


def last_visits(session: Session, organisation_id: str, vehicle_ids: Iterable[str]) -> Mapping[str, LastVisit]:
    """The last visit of each of some vehicles that have been here."""
    rows = session.execute(
        select(WorkOrder.vehicle_id, func.max(WorkOrder.done_on), func.count())
        .where(WorkOrder.organisation_id == organisation_id, WorkOrder.vehicle_id.in_(list(vehicle_ids)))
        .group_by(WorkOrder.vehicle_id)
    )
    return {vehicle_id: LastVisit(last, visits) for vehicle_id, last, visits in rows}


def orders_of(session: Session, vehicle: Vehicle) -> list[Visit]:
    """Everything that was done to a vehicle, newest first."""
    orders = session.scalars(
        select(WorkOrder)
        .where(WorkOrder.organisation_id == vehicle.organisation_id, WorkOrder.vehicle_id == vehicle.vehicle_id)
        .order_by(WorkOrder.done_on.desc(), WorkOrder.number.desc())
        .limit(VISITS_MAX)
    ).all()
    lines: dict[str, list[Work]] = {order.number: [] for order in orders}
    for row in session.scalars(
        select(WorkOrderLine)
        .where(WorkOrderLine.organisation_id == vehicle.organisation_id, WorkOrderLine.number.in_(list(lines)))
        .order_by(WorkOrderLine.number, WorkOrderLine.line_no)
    ):
        lines[row.number].append(Work(**{name: getattr(row, name) for name in Work.__struct_fields__}))
    return [
        Visit(
            order.number,
            order.done_on,
            order.invoice_number,
            order.invoiced_on,
            order.km,
            order.site,
            tuple(lines[order.number]),
        )
        for order in orders
    ]


def readings_of(session: Session, vehicle: Vehicle) -> list[Reading]:
    """Everything that was read off a vehicle, by itself and with its work orders, oldest first."""
    own = session.execute(
        select(VehicleReading.read_on, VehicleReading.km, VehicleReading.source).where(
            VehicleReading.organisation_id == vehicle.organisation_id, VehicleReading.vehicle_id == vehicle.vehicle_id
        )
    )
    visits = session.execute(
        select(WorkOrder.done_on, WorkOrder.km, WorkOrder.number).where(
            WorkOrder.organisation_id == vehicle.organisation_id,
            WorkOrder.vehicle_id == vehicle.vehicle_id,
            WorkOrder.km.is_not(None),
        )
    )
    found = [Reading(day, int(km or 0), source) for rows in (own, visits) for day, km, source in rows]
    return sorted(found, key=lambda each: (each.read_on, each.km))
