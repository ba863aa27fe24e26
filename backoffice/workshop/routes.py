"""Pages of vehicles: found by plate, number or make; one of them with its readings and everything that was done."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, abort, render_template, request
from sqlalchemy.orm import Session

from backoffice.identity.rights import Right
from backoffice.members import personal
from backoffice.members.models import Member
from backoffice.prediction.services import kept_model, needs_of_vehicle
from backoffice.prediction.words import sentence
from backoffice.vault import vault_of
from backoffice.web.context import actor, needs, office, read
from backoffice.workshop.models import Vehicle
from backoffice.workshop.sealing import papers_of
from backoffice.workshop.vehicles import (
    count_vehicles,
    find_vehicles,
    get_vehicle,
    last_visits,
    orders_of,
    readings_of,
)

vehicles = Blueprint("vehicles", __name__, template_folder="templates")

PAGE_ROWS: Final = 50


@vehicles.get("/vehicles")
@needs(Right.READ)
def vehicle_list() -> str:
    """The list with instant search; htmx asks for the rows alone."""
    query, after = request.args.get("q", ""), request.args.get("after", "")
    with read() as reader:
        organisation_id = actor().organisation_id
        found = find_vehicles(reader, organisation_id, query, after=after, limit=PAGE_ROWS + 1)
        rows = found[:PAGE_ROWS]
        vault = vault_of(reader)
        values = {
            "rows": rows,
            "more": len(found) > PAGE_ROWS,
            "q": query,
            "after": after,
            "papers": {row.vehicle_id: papers_of(vault, row) for row in rows},
            "owners": personal.load(reader, organisation_id, {row.member_id for row in rows if row.member_id}),
            "visits": last_visits(reader, organisation_id, [row.vehicle_id for row in rows]),
        }
        if request.headers.get("HX-Request"):
            return render_template("workshop/rows.html", **values)
        return render_template("workshop/list.html", **values, total=count_vehicles(reader, organisation_id))


@vehicles.get("/vehicles/<vehicle_id>")
@needs(Right.READ)
def vehicle_page(vehicle_id: str) -> str:
    """One vehicle: its papers, whose it is, how far it was driven, and every visit with what was done."""
    with read() as reader:
        vehicle = get_vehicle(reader, actor().organisation_id, vehicle_id)
        if vehicle is None:
            abort(404)
        readings = readings_of(reader, vehicle)
        member, name = _owner(reader, vehicle)
        model = kept_model(reader, vehicle.organisation_id)
        return render_template(
            "workshop/page.html",
            vehicle=vehicle,
            papers=papers_of(vault_of(reader), vehicle),
            member=member,
            owner=name,
            readings=readings,
            last=max(readings, key=lambda each: each.read_on, default=None),
            visits=orders_of(reader, vehicle),
            today=office().clock.now().date(),
            model=model,
            needs=[(need, sentence(need, model[0])) for need in needs_of_vehicle(reader, vehicle)] if model else [],
        )


def _owner(reader: Session, vehicle: Vehicle) -> tuple[Member | None, str]:
    if vehicle.member_id is None:
        return None, ""
    member = reader.get_one(Member, (vehicle.organisation_id, vehicle.member_id))
    person = personal.load(reader, vehicle.organisation_id, [vehicle.member_id]).get(vehicle.member_id)
    return member, person.full_name if person is not None else ""
