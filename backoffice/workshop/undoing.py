"""Undoing imports of vehicles and work orders: what they brought goes, what they changed is set back.

Laws: what was touched since, by hand or by a later import, stays as it is and is named by its row, and so does a work
order whose vehicle of before is gone; a vehicle that other work orders speak of stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.bulk import put
from backoffice.cashiers.marks import tell_marks
from backoffice.i18n import _l
from backoffice.imports.plan import Checked
from backoffice.imports.table import Issue
from backoffice.members.models import Member
from backoffice.workshop.changes import ORDER, VEHICLE, OrderBefore, VehicleBefore, as_columns
from backoffice.workshop.models import Vehicle, VehicleReading, WorkOrder, WorkOrderLine, WorkshopChange
from backoffice.workshop.rule_versions import classifier_of, taken_columns

BATCH: Final = 500
CHANGED: Final = _l("was changed since; it stays as it is")
GONE: Final = _l("its vehicle of before is gone; it stays as it is")
USED: Final = _l("has work orders that came with something else; it stays")


def undo_orders(session: Session, doing: Doing, import_id: str, said: Checked) -> int:
    """Undo the next work orders, then the vehicles that came with them; how many, 0 when nothing is left."""
    changes = _next(session, doing, import_id, ORDER)
    if not changes:
        return undo_vehicles(session, doing, import_id, said)
    keys = [change.key for change in changes]
    ours = set(
        session.scalars(
            select(WorkOrder.number).where(
                WorkOrder.organisation_id == doing.organisation_id,
                WorkOrder.number.in_(keys),
                WorkOrder.touched_by == import_id,
            )
        )
    )
    before = {
        change.key: msgspec.json.decode(change.before, type=OrderBefore)
        for change in changes
        if change.before and change.key in ours
    }
    homeless = _homeless(session, doing.organisation_id, before)
    ours -= homeless
    gone = [change.key for change in changes if change.key in ours]
    back = [each for key, each in before.items() if key in ours]
    for table in (WorkOrderLine, WorkOrder):  # those that are set back are written anew, with the lines they had
        session.execute(delete(table).where(table.organisation_id == doing.organisation_id, table.number.in_(gone)))
    put(session, WorkOrder, ("organisation_id", "number"), [as_columns(WorkOrder, each.columns) for each in back])
    rules = classifier_of(session, doing.organisation_id)  # what a line is taken for goes by the rules of today
    lines = [
        as_columns(WorkOrderLine, line) | taken_columns(rules, line["kind"], line["code"], line["text"])
        for each in back
        for line in each.lines
    ]
    put(session, WorkOrderLine, ("organisation_id", "number", "line_no"), lines)
    for change in changes:
        if change.key in homeless:
            said.refuse(Issue(change.row, "order", "", GONE))
            said.count("kept")
    _say(said, [change for change in changes if change.key not in homeless], ours, "order")
    return _done(session, doing, import_id, changes)


def _homeless(session: Session, organisation_id: str, before: Mapping[str, OrderBefore]) -> set[str]:
    """Numbers of work orders whose vehicle of before is gone: the import that brought it was undone."""
    wanted = {number: str(order.columns["vehicle_id"]) for number, order in before.items()}
    there = set(
        session.scalars(
            select(Vehicle.vehicle_id).where(
                Vehicle.organisation_id == organisation_id, Vehicle.vehicle_id.in_(set(wanted.values()))
            )
        )
    )
    return {number for number, vehicle_id in wanted.items() if vehicle_id not in there}


def undo_vehicles(session: Session, doing: Doing, import_id: str, said: Checked) -> int:
    """Undo the next vehicles; how many, 0 when nothing is left."""
    changes = _next(session, doing, import_id, VEHICLE)
    if not changes:
        return 0
    ids = [change.key for change in changes]
    ours = set(
        session.scalars(
            select(Vehicle.vehicle_id).where(
                Vehicle.organisation_id == doing.organisation_id,
                Vehicle.vehicle_id.in_(ids),
                Vehicle.touched_by == import_id,
            )
        )
    )
    new = [change for change in changes if not change.before and change.key in ours]
    used = set(
        session.scalars(
            select(WorkOrder.vehicle_id).where(
                WorkOrder.organisation_id == doing.organisation_id,
                WorkOrder.vehicle_id.in_([change.key for change in new]),
            )
        )
    )
    for change in new:
        if change.key in used:
            said.refuse(Issue(change.row, "vin", "", USED))
            said.count("kept")
    free = [change.key for change in new if change.key not in used]
    whose = _owners(session, doing.organisation_id, ours)
    session.execute(
        delete(Vehicle).where(Vehicle.organisation_id == doing.organisation_id, Vehicle.vehicle_id.in_(free))
    )
    _set_back(session, doing.organisation_id, [change for change in changes if change.before and change.key in ours])
    tell_marks(session, doing.organisation_id, whose | _owners(session, doing.organisation_id, ours))
    _say(said, [change for change in changes if change.key not in used], ours, "vin")
    return _done(session, doing, import_id, changes)


def _owners(session: Session, organisation_id: str, vehicle_ids: set[str]) -> set[str]:
    """Whose these vehicles are now."""
    found = session.scalars(
        select(Vehicle.member_id).where(Vehicle.organisation_id == organisation_id, Vehicle.vehicle_id.in_(vehicle_ids))
    )
    return {each for each in found if each is not None}


def _set_back(session: Session, organisation_id: str, changes: Sequence[WorkshopChange]) -> None:
    rows: list[dict[str, Any]] = []
    readings: list[dict[str, Any]] = []
    for change in changes:
        before = msgspec.json.decode(change.before, type=VehicleBefore)
        rows.append(as_columns(Vehicle, before.columns))
        if before.reading is not None:
            day, km = before.reading
            reading = {"organisation_id": organisation_id, "vehicle_id": change.key, "read_on": day}
            if km is None:
                session.execute(delete(VehicleReading).filter_by(**as_columns(VehicleReading, reading)))
            else:
                readings.append(as_columns(VehicleReading, reading | {"km": km, "source": "import"}))
    owners = {row["member_id"] for row in rows} - {None}
    there = set(
        session.scalars(
            select(Member.member_id).where(Member.organisation_id == organisation_id, Member.member_id.in_(owners))
        )
    )
    for row in rows:
        row["member_id"] = row["member_id"] if row["member_id"] in there else None
    put(session, Vehicle, ("organisation_id", "vehicle_id"), rows)
    put(session, VehicleReading, ("organisation_id", "vehicle_id", "read_on"), readings)


def _next(session: Session, doing: Doing, import_id: str, entity: str) -> Sequence[WorkshopChange]:
    return session.scalars(
        select(WorkshopChange)
        .where(
            WorkshopChange.organisation_id == doing.organisation_id,
            WorkshopChange.import_id == import_id,
            WorkshopChange.entity == entity,
        )
        .order_by(WorkshopChange.key)
        .limit(BATCH)
    ).all()


def _say(said: Checked, changes: Sequence[WorkshopChange], ours: set[str], column: str) -> None:
    for change in changes:
        if change.key in ours:
            said.count("set_back" if change.before else "taken_out")
        else:
            said.count("kept")
            said.refuse(Issue(change.row, column, "", CHANGED))


def _done(session: Session, doing: Doing, import_id: str, changes: Sequence[WorkshopChange]) -> int:
    session.execute(
        delete(WorkshopChange).where(
            WorkshopChange.organisation_id == doing.organisation_id,
            WorkshopChange.import_id == import_id,
            WorkshopChange.entity == changes[0].entity,
            WorkshopChange.key.in_([change.key for change in changes]),
        )
    )
    return len(changes)
