"""When a member's next step is due, on the wall clock of whoever it is."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from backoffice.flows.form import WaitUntil
from backoffice.flows.plan import Plan, due_of
from backoffice.members import personal
from backoffice.members.personal import Person
from backoffice.messaging.zones import zone_of_person
from backoffice.organisations.services import stores_of


def settled_at(
    session: Session, organisation_id: str, plan: Plan, step_id: str, member_id: str, came_at: datetime
) -> datetime:
    """When the step is to be taken by this member, who came to it at `came_at`; the end is due at once."""
    placed = plan.places.get(step_id)
    if placed is None:
        return came_at
    zone = "UTC"
    if isinstance(placed.step, WaitUntil):  # only this one looks at a clock on the wall
        stores = stores_of(session, organisation_id)
        person = personal.load(session, organisation_id, [member_id]).get(member_id, Person())
        zone = zone_of_person(person, stores[0].zone if stores else "UTC", came_at)
    return due_of(placed.step, came_at, ZoneInfo(zone))
