"""Vehicles seen from their owners: whose they are, what is handed out of them, and what is forgotten with an owner."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session

from backoffice.bulk import table_of
from backoffice.vault import vault_of
from backoffice.workshop.changes import VEHICLE
from backoffice.workshop.models import Vehicle, WorkshopChange
from backoffice.workshop.sealing import forgotten_columns, papers_of
from backoffice.workshop.vehicles import LastVisit, last_visits, orders_of, readings_of


def vehicles_of(session: Session, organisation_id: str, member_id: str) -> Sequence[Vehicle]:
    """The vehicles of one member, in the order in which they came."""
    return session.scalars(
        select(Vehicle)
        .where(Vehicle.organisation_id == organisation_id, Vehicle.member_id == member_id)
        .order_by(Vehicle.vehicle_id)
    ).all()


def plates_of(session: Session, organisation_id: str, member_ids: Iterable[str]) -> dict[str, list[str]]:
    """The plates of the vehicles of some members, by member, in the order in which the vehicles came."""
    rows = session.scalars(
        select(Vehicle)
        .where(
            Vehicle.organisation_id == organisation_id,
            Vehicle.member_id.in_(list(member_ids)),
            Vehicle.plate_mark.is_not(None),
        )
        .order_by(Vehicle.vehicle_id)
    ).all()
    vault = vault_of(session) if rows else None
    found: dict[str, list[str]] = {}
    for row in rows:
        if vault is not None and row.member_id is not None:
            found.setdefault(row.member_id, []).append(papers_of(vault, row).plate)
    return found


class ShownVehicle(msgspec.Struct, frozen=True):
    """A vehicle in one line of its owner's page."""

    vehicle_id: str
    plate: str
    vin: str
    name: str
    last_visit: LastVisit | None


def shown_vehicles(session: Session, organisation_id: str, member_id: str) -> list[ShownVehicle]:
    """The vehicles of a member as the member's page shows them."""
    rows = vehicles_of(session, organisation_id, member_id)
    visits = last_visits(session, organisation_id, [row.vehicle_id for row in rows])
    vault = vault_of(session)
    return [
        ShownVehicle(
            row.vehicle_id,
            papers_of(vault, row).plate,
            papers_of(vault, row).vin,
            f"{row.make} {row.model}".strip(),
            visits.get(row.vehicle_id),
        )
        for row in rows
    ]


def vehicles_kept(session: Session, organisation_id: str, member_id: str) -> list[dict[str, Any]]:
    """Everything that is kept of a member's vehicles, to be handed out."""
    vault = vault_of(session)
    return [
        {
            "papers": papers_of(vault, vehicle),
            "make": vehicle.make,
            "model": vehicle.model,
            "model_year": vehicle.model_year,
            "segment": vehicle.segment,
            "vehicle_type": vehicle.vehicle_type,
            "customer_kind": vehicle.customer_kind,
            "site": vehicle.site,
            "first_registration": vehicle.first_registration,
            "demo_handover": vehicle.demo_handover,
            "contract_until": vehicle.contract_until,
            "warranty_until": vehicle.warranty_until,
            "inspection_until": vehicle.inspection_until,
            "readings": readings_of(session, vehicle),
            "work_orders": orders_of(session, vehicle),
        }
        for vehicle in vehicles_of(session, organisation_id, member_id)
    ]


def forget_papers(session: Session, organisation_id: str, member_id: str) -> None:
    """Destroy numbers and plates of a member's vehicles, and what imports kept of them; the work stays, nameless."""
    mine = select(Vehicle.vehicle_id).where(Vehicle.organisation_id == organisation_id, Vehicle.member_id == member_id)
    session.execute(
        delete(WorkshopChange)
        .where(
            WorkshopChange.organisation_id == organisation_id,
            WorkshopChange.entity == VEHICLE,
            WorkshopChange.key.in_(mine),
        )
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(Vehicle)
        .where(Vehicle.organisation_id == organisation_id, Vehicle.member_id == member_id)
        .values(forgotten_columns())
        .execution_options(synchronize_session="fetch")
    )


def give_keys_back(session: Session, keys: Iterable[tuple[str, str, bytes]]) -> None:
    """Put the keys of vehicles where a copy of the data was put back, by organisation and vehicle."""
    table = table_of(Vehicle)
    statement = (
        update(table)
        .where(table.c.organisation_id == bindparam("owner"), table.c.vehicle_id == bindparam("vehicle"))
        .values(wrapped=bindparam("key"))
    )
    rows = [{"owner": organisation_id, "vehicle": vehicle_id, "key": key} for organisation_id, vehicle_id, key in keys]
    if rows:
        session.connection().execute(statement, rows)


def release(session: Session, organisation_id: str, member_id: str) -> None:
    """A member goes: the vehicles are nobody's."""
    session.execute(
        update(Vehicle)
        .where(Vehicle.organisation_id == organisation_id, Vehicle.member_id == member_id)
        .values(member_id=None)
        .execution_options(synchronize_session="fetch")
    )
