"""Vehicles, what their odometers said, and what was done to them."""

from __future__ import annotations

from datetime import date
from typing import Final

from msgspec import UNSET
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.api import documents as d
from backoffice.api import workshop_documents as w
from backoffice.api.calls import Call, Operation, cursor_of, key_of
from backoffice.api.problems import ProblemError, not_found
from backoffice.api.scopes import Scope
from backoffice.vault import vault_of
from backoffice.workshop import by_hand
from backoffice.workshop.models import Vehicle
from backoffice.workshop.sealing import papers_of
from backoffice.workshop.vehicles import find_vehicles, get_vehicle, orders_of, readings_of


def list_vehicles(session: Session, call: Call) -> d.Page[w.Vehicle]:
    """All vehicles, the newest first; those of a member; or those that a plate, a VIN or words find."""
    query: w.VehicleQuery = call.query
    if query.q and Scope.PERSONS_READ not in call.scopes:
        raise ProblemError(403, "scope_missing", f"To find vehicles by a plate needs {Scope.PERSONS_READ}.")
    if query.q and query.member_id:
        raise ProblemError(400, "invalid", "Ask by one of q, member_id, not by both.", field="member_id")
    after = key_of(query.cursor, 1)
    last = after[0] if after else ""
    if query.member_id:
        statement = select(Vehicle).where(
            Vehicle.organisation_id == call.organisation_id, Vehicle.member_id == query.member_id
        )
        if last:
            statement = statement.where(Vehicle.vehicle_id < last)
        rows = session.scalars(statement.order_by(Vehicle.vehicle_id.desc()).limit(query.limit + 1)).all()
    else:
        rows = find_vehicles(session, call.organisation_id, query.q, after=last, limit=query.limit + 1)
    shown = rows[: query.limit]
    more = cursor_of(shown[-1].vehicle_id) if len(rows) > query.limit else None
    return d.Page[w.Vehicle](items=tuple(_told(session, call, row) for row in shown), next_cursor=more)


def _told(session: Session, call: Call, row: Vehicle) -> w.Vehicle:
    own = {name: getattr(row, name) for name in w.Vehicle.__struct_fields__ if name != "papers"}
    if Scope.PERSONS_READ not in call.scopes:
        return w.Vehicle(**own)
    papers = papers_of(vault_of(session), row)
    return w.Vehicle(**own, papers=w.VehiclePapers(vin=papers.vin, plate=papers.plate))


def _vehicle_or_404(session: Session, call: Call) -> Vehicle:
    vehicle = get_vehicle(session, call.organisation_id, call.path["vehicle_id"])
    if vehicle is None:
        raise not_found("vehicle")
    return vehicle


def get_one_vehicle(session: Session, call: Call) -> w.Vehicle:
    """One vehicle."""
    return _told(session, call, _vehicle_or_404(session, call))


def list_work_orders(session: Session, call: Call) -> d.Page[w.WorkOrder]:
    """Everything that was done to a vehicle, the newest first."""
    visits = orders_of(session, _vehicle_or_404(session, call))
    names = [name for name in w.WorkOrder.__struct_fields__ if name != "lines"]
    items = tuple(
        w.WorkOrder(
            **{name: getattr(visit, name) for name in names},
            lines=tuple(
                w.WorkLine(**{name: getattr(line, name) for name in w.WorkLine.__struct_fields__})
                for line in visit.lines
            ),
        )
        for visit in visits
    )
    return d.Page[w.WorkOrder](items=items)


def list_readings(session: Session, call: Call) -> d.Page[w.Reading]:
    """Everything that was read off a vehicle, the oldest first."""
    return _readings(session, _vehicle_or_404(session, call))


def _readings(session: Session, vehicle: Vehicle) -> d.Page[w.Reading]:
    found = readings_of(session, vehicle)
    return d.Page[w.Reading](
        items=tuple(w.Reading(read_on=each.read_on, km=each.km, source=each.source) for each in found)
    )


def add_vehicle(session: Session, call: Call) -> w.Vehicle:
    """A new vehicle."""
    body: w.NewVehicle = call.body
    vehicle_id = by_hand.save_vehicle(session, call.doing, _blank() | _cells(body), is_new=True)
    return _told(session, call, session.get_one(Vehicle, (call.organisation_id, vehicle_id)))


def change_vehicle(session: Session, call: Call) -> w.Vehicle:
    """What is sent changes, the rest stays."""
    vehicle = _vehicle_or_404(session, call)
    known = by_hand.known_cells(session, vehicle)
    if not known["vin"]:
        raise ProblemError(409, "conflict", "The vehicle's owner was erased, and with them what tells it apart.")
    by_hand.save_vehicle(session, call.doing, known | _cells(call.body), is_new=False)
    session.refresh(vehicle)
    return _told(session, call, vehicle)


def _blank() -> dict[str, str]:
    return dict.fromkeys(by_hand.FIELDS, "")


def _cells(body: w.VehicleChange) -> dict[str, str]:
    """What is said, as it is typed on the page."""
    said = {name: getattr(body, name) for name in body.__struct_fields__}
    return {name: _typed(value) for name, value in said.items() if value is not UNSET}


def _typed(value: str | int | date | None) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else " ".join(str(value).split())


def add_reading(session: Session, call: Call) -> d.Page[w.Reading]:
    """Write a mileage down."""
    body: w.NewReading = call.body
    vehicle = _vehicle_or_404(session, call)
    by_hand.add_reading(session, call.doing, vehicle, str(body.km), body.read_on.isoformat())
    return _readings(session, vehicle)


def remove_reading(session: Session, call: Call) -> d.Page[w.Reading]:
    """Take back a mileage that was written down by hand."""
    vehicle = _vehicle_or_404(session, call)
    by_hand.remove_reading(session, call.doing, vehicle, call.path["read_on"])
    return _readings(session, vehicle)


_VEHICLE: Final = "/vehicles/{vehicle_id}"

OPERATIONS: Final = (
    Operation(
        "listVehicles", "GET", "/vehicles", "Vehicles", Scope.WORKSHOP_READ, list_vehicles, d.Page[w.Vehicle],
        query=w.VehicleQuery,
    ),
    Operation(
        "addVehicle", "POST", "/vehicles", "Add a vehicle", Scope.WORKSHOP_WRITE, add_vehicle, w.Vehicle,
        body=w.NewVehicle, status=201,
    ),
    Operation("getVehicle", "GET", _VEHICLE, "A vehicle", Scope.WORKSHOP_READ, get_one_vehicle, w.Vehicle),
    Operation(
        "changeVehicle", "PATCH", _VEHICLE, "Change a vehicle", Scope.WORKSHOP_WRITE, change_vehicle, w.Vehicle,
        body=w.VehicleChange,
    ),
    Operation(
        "listWorkOrders", "GET", f"{_VEHICLE}/work-orders", "What was done to a vehicle", Scope.WORKSHOP_READ,
        list_work_orders, d.Page[w.WorkOrder],
    ),
    Operation(
        "listReadings", "GET", f"{_VEHICLE}/readings", "What a vehicle's odometer said", Scope.WORKSHOP_READ,
        list_readings, d.Page[w.Reading],
    ),
    Operation(
        "addReading", "POST", f"{_VEHICLE}/readings", "Write a mileage down", Scope.WORKSHOP_WRITE, add_reading,
        d.Page[w.Reading], body=w.NewReading, status=201,
    ),
    Operation(
        "removeReading", "POST", f"{_VEHICLE}/readings/{{read_on}}/remove", "Take a mileage back",
        Scope.WORKSHOP_WRITE, remove_reading, d.Page[w.Reading],
    ),
)  # fmt: skip
