"""An organisation's vehicles as numbers, out of its database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.bulk import streamed
from backoffice.prediction.fleet import FAMILIES, Fleet, Floats
from backoffice.workshop.done import FETCHED_ROWS, operations_by_vehicle
from backoffice.workshop.models import Vehicle, VehicleReading, WorkOrder

_NUMBER = {family: number for number, family in enumerate(FAMILIES)}


def read_fleet(session: Session, organisation_id: str, until: date) -> tuple[list[str], Fleet]:
    """The vehicles' ids, and all that is known of them up to a day."""
    vehicles = session.execute(
        select(
            Vehicle.vehicle_id,
            Vehicle.segment,
            Vehicle.make,
            Vehicle.model,
            Vehicle.first_registration,
            Vehicle.inspection_until,
        )
        .where(Vehicle.organisation_id == organisation_id)
        .order_by(Vehicle.vehicle_id)
    ).all()
    place = {row.vehicle_id: number for number, row in enumerate(vehicles)}
    alike: dict[str, int] = {}
    segment = [alike.setdefault(row.segment or f"{row.make} {row.model}", len(alike)) for row in vehicles]
    read, visits = _readings(session, organisation_id, until, place)
    done = [
        (place[vehicle_id], _NUMBER[each.family], each.done_on.toordinal(), _or_nan(each.km))
        for vehicle_id, each in operations_by_vehicle(session, organisation_id)
        if each.renews and each.done_on <= until and vehicle_id in place
    ]
    return list(place), Fleet(
        len(vehicles),
        np.array(segment, np.int64),
        _days(
            [
                row.first_registration if row.first_registration and row.first_registration <= until else None
                for row in vehicles
            ]
        ),
        _days([row.inspection_until for row in vehicles]),
        *_columns(read, "iif"),
        *_columns(done, "iiif"),
        *_columns(visits, "ii"),
    )


def _readings(
    session: Session, organisation_id: str, until: date, place: dict[str, int]
) -> tuple[list[tuple[int, int, int]], list[tuple[int, int]]]:
    """What was read, by itself or at a visit, and the visits."""
    own = streamed(
        session,
        select(VehicleReading.vehicle_id, VehicleReading.read_on, VehicleReading.km).where(
            VehicleReading.organisation_id == organisation_id, VehicleReading.read_on <= until
        ),
        FETCHED_ROWS,
    )
    read = [(place[vehicle_id], day.toordinal(), km) for vehicle_id, day, km in own if vehicle_id in place]
    visits = []
    orders = select(WorkOrder.vehicle_id, WorkOrder.done_on, WorkOrder.km).where(
        WorkOrder.organisation_id == organisation_id, WorkOrder.done_on <= until
    )
    for vehicle_id, day, km in streamed(session, orders, FETCHED_ROWS):
        if vehicle_id in place:
            visits.append((place[vehicle_id], day.toordinal()))
            if km is not None:
                read.append((place[vehicle_id], day.toordinal(), km))
    return read, visits


def _or_nan(km: int | None) -> float:
    return float("nan") if km is None else float(km)


def _days(values: Sequence[date | None]) -> Floats:
    return np.array([np.nan if each is None else each.toordinal() for each in values], np.float64)


def _columns(rows: Sequence[Sequence[float]], kinds: str) -> Iterable[Any]:
    """The rows as columns: i whole numbers, f others."""
    return [
        np.array([row[number] for row in rows], np.int64 if kind == "i" else np.float64)
        for number, kind in enumerate(kinds)
    ]
