"""Pages on which people add and change vehicles, and type what an odometer said."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity.rights import Right
from backoffice.imports.labels import field_labels
from backoffice.web.context import actor, doing, needs, read, write
from backoffice.web.templating import say
from backoffice.workshop.by_hand import FIELDS, add_reading, known_cells, remove_reading, save_vehicle
from backoffice.workshop.columns import VEHICLE_COLUMNS
from backoffice.workshop.models import Vehicle
from backoffice.workshop.vehicle_import import DATES
from backoffice.workshop.vehicles import get_vehicle

vehicle_forms = Blueprint("vehicle_forms", __name__, template_folder="templates")


@vehicle_forms.route("/vehicles/new", methods=["GET", "POST"])
@needs(Right.WORKSHOP)
def new_vehicle() -> str | Redirect | tuple[str, int]:
    """Adding a vehicle by hand."""
    error = ""
    if request.method == "POST":
        act, cells = doing(), _typed(FIELDS)
        try:
            vehicle_id = write(lambda tx: save_vehicle(tx, act, cells, is_new=True))
        except InputError as refused:
            error = str(refused)
        else:
            say(_("The vehicle was added."))
            return redirect(url_for("vehicles.vehicle_page", vehicle_id=vehicle_id))
    page = _form(None, _typed(FIELDS), FIELDS, error)
    return (page, 422) if error else page


@vehicle_forms.route("/vehicles/<vehicle_id>/edit", methods=["GET", "POST"])
@needs(Right.WORKSHOP)
def edit_vehicle(vehicle_id: str) -> str | Redirect | tuple[str, int]:
    """Changing what is known of a vehicle; its number stays, because by it the vehicle is the same one."""
    with read() as reader:
        vehicle = _vehicle_or_404(reader, vehicle_id)
        kept = known_cells(reader, vehicle)
    vin, fields = kept["vin"], tuple(kept)
    if not vin:
        abort(404)
    error = ""
    if request.method == "POST":
        act, seen = doing(), request.form.get("seen", "")
        kept = {**_typed(fields), "vin": vin}

        def work(tx: Session) -> None:
            if _vehicle_or_404(tx, vehicle_id).updated_at.isoformat() != seen:
                raise InputError(_("Somebody has changed this vehicle in the meantime. Look at it again first."))
            save_vehicle(tx, act, kept, is_new=False)

        try:
            write(work)
        except InputError as refused:
            error = str(refused)
        else:
            say(_("The vehicle was changed."))
            return redirect(url_for("vehicles.vehicle_page", vehicle_id=vehicle_id))
    page = _form(vehicle, kept, fields, error)
    return (page, 422) if error else page


@vehicle_forms.post("/vehicles/<vehicle_id>/readings")
@needs(Right.WORKSHOP)
def new_reading(vehicle_id: str) -> Redirect:
    """Writing down a mileage."""
    act, km, day = doing(), request.form.get("km", ""), request.form.get("read_on", "")
    write(lambda tx: add_reading(tx, act, _vehicle_or_404(tx, vehicle_id), km, day))
    undo = url_for("vehicle_forms.no_reading", vehicle_id=vehicle_id, read_on=day)
    say(_("The mileage was written down."), undo_url=undo)
    return redirect(url_for("vehicles.vehicle_page", vehicle_id=vehicle_id))


@vehicle_forms.post("/vehicles/<vehicle_id>/readings/<read_on>/remove")
@needs(Right.WORKSHOP)
def no_reading(vehicle_id: str, read_on: str) -> Redirect:
    """Taking a typed mileage back."""
    act = doing()
    write(lambda tx: remove_reading(tx, act, _vehicle_or_404(tx, vehicle_id), read_on))
    say(_("The mileage was taken back."))
    return redirect(url_for("vehicles.vehicle_page", vehicle_id=vehicle_id))


def _vehicle_or_404(session: Session, vehicle_id: str) -> Vehicle:
    vehicle = get_vehicle(session, actor().organisation_id, vehicle_id)
    if vehicle is None:
        abort(404)
    return vehicle


def _typed(fields: tuple[str, ...]) -> dict[str, str]:
    return {name: request.form.get(name, "") for name in fields}


def _form(vehicle: Vehicle | None, typed: dict[str, str], fields: tuple[str, ...], error: str) -> str:
    labels: dict[str, Any] = dict(field_labels(VEHICLE_COLUMNS))
    return render_template(
        "workshop/form.html",
        vehicle=vehicle,
        seen=request.form.get("seen") or (vehicle.updated_at.isoformat() if vehicle is not None else ""),
        typed=typed,
        fields=[(name, labels[name]) for name in fields],
        dates=(*DATES, "km_on"),
        error=error,
    )
