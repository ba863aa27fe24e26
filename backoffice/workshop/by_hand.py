"""Vehicles and mileages that people type: checked and written as the rows of an import are.

Law: whatever is typed marks the vehicle as touched by hand, so that undoing an import leaves it
and its readings alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from sqlalchemy import delete
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.bulk import put
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.imports.labels import field_labels
from backoffice.imports.plan import Checked, RowRefused
from backoffice.members.models import Member
from backoffice.organisations.models import Organisation
from backoffice.vault import vault_of
from backoffice.workshop.columns import VEHICLE_COLUMNS
from backoffice.workshop.models import Vehicle, VehicleReading
from backoffice.workshop.reading import km_of
from backoffice.workshop.sealing import papers_of
from backoffice.workshop.vehicle_import import VehicleImporter, VehicleRow

BY_HAND: Final = "hand"
FIELDS: Final = tuple(column.field for column in VEHICLE_COLUMNS)
READING: Final = ("km", "km_on")
"""Fields of a first mileage, which no vehicle has by itself."""


def known_cells(session: Session, vehicle: Vehicle) -> dict[str, str]:
    """What is known of a vehicle, as it is typed; its VIN is empty once its owner was erased."""
    papers = papers_of(vault_of(session), vehicle)
    owner = session.get(Member, (vehicle.organisation_id, vehicle.member_id)) if vehicle.member_id else None
    fields = (name for name in FIELDS if name not in READING)
    cells = {name: "" if (value := getattr(vehicle, name, None)) is None else str(value) for name in fields}
    return cells | {"vin": papers.vin, "plate": papers.plate, "number": owner.number if owner is not None else ""}


def save_vehicle(session: Session, doing: Doing, cells: Mapping[str, str], *, is_new: bool) -> str:
    """Add a vehicle, or change the one with this number; the vehicle's id. InputError names the field and why."""
    tariff = session.get_one(Organisation, doing.organisation_id).tariff()
    importer = VehicleImporter(doing.organisation_id, tariff, doing.clock.now())
    importer.source = BY_HAND
    checked = Checked()
    typed = {name: cells[name].strip() for name in FIELDS if name in cells}
    if not typed.get("km"):
        typed.pop("km", None)
        typed.pop("km_on", None)
    elif not typed.get("km_on"):
        typed.pop("km_on", None)
    importer.look_up(session, [typed])
    try:
        row: VehicleRow = importer.read_row(typed, checked)
    except RowRefused as refused:
        raise _refusal(refused) from refused
    if is_new and row.vehicle_id:
        raise InputError(_("A vehicle with this VIN is here already; change that one."), "vin")
    if checked.summary.get("owner_unknown"):
        raise InputError(_("No member has the number %(number)s.", number=typed["number"]), "number")
    if row.reading is not None:
        _check_day(doing, row.reading[0], "km_on")
    if row.vehicle_id and not row.changes:
        return row.vehicle_id
    importer.apply(session, doing, [(0, row)], lambda _done: None)
    vehicle_id = row.vehicle_id or importer.added[-1]
    doing.note(session, "vehicle_added" if is_new else "vehicle_changed", "vehicle", vehicle_id)
    return vehicle_id


def add_reading(session: Session, doing: Doing, vehicle: Vehicle, km: str, day: str) -> None:
    """Write down what an odometer said on a day, in place of what was read on it before. InputError."""
    try:
        read = km_of({"km": km.strip()})
    except RowRefused as refused:
        raise _refusal(refused) from refused
    if read is None:
        raise InputError(_("Type the mileage that was read."))
    read_on = _day(day)
    _check_day(doing, read_on, "read_on")
    row = {"organisation_id": vehicle.organisation_id, "vehicle_id": vehicle.vehicle_id, "read_on": read_on}
    keys = ("organisation_id", "vehicle_id", "read_on")
    put(session, VehicleReading, keys, [row | {"km": read, "source": BY_HAND}])
    _touched(session, doing, vehicle, "reading_added")


def remove_reading(session: Session, doing: Doing, vehicle: Vehicle, day: str) -> None:
    """Take back a mileage that was typed. InputError: none was on this day."""
    read_on = _day(day)
    gone = session.execute(
        delete(VehicleReading)
        .where(
            VehicleReading.organisation_id == vehicle.organisation_id,
            VehicleReading.vehicle_id == vehicle.vehicle_id,
            VehicleReading.read_on == read_on,
            VehicleReading.source == BY_HAND,
        )
        .returning(VehicleReading.km)
    ).first()
    if gone is None:
        raise InputError(_("No mileage was typed for this day."))
    _touched(session, doing, vehicle, "reading_removed")


def _touched(session: Session, doing: Doing, vehicle: Vehicle, act: str) -> None:
    vehicle.touched_by, vehicle.updated_at = "", doing.clock.now()
    doing.note(session, act, "vehicle", vehicle.vehicle_id)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(_("“%(text)s” is no date.", text=text[:20])) from None


def _check_day(doing: Doing, day: date, field: str) -> None:
    if day > doing.clock.now().date():
        raise InputError(_("A mileage cannot be read in the future."), field)


def _refusal(refused: RowRefused) -> InputError:
    label = dict(field_labels(VEHICLE_COLUMNS)).get(refused.column, refused.column)
    return InputError(f"{label}: {_(refused.reason, **refused.values)}", refused.column)
