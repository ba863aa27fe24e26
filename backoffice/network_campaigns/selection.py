"""The importer's rule, run inside one dealer's data (W1): which of its vehicles a campaign is for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Final

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backoffice.consent.contact import may_contact_many
from backoffice.consent.kinds import Channel, Purpose
from backoffice.members.models import Member
from backoffice.network_campaigns.definition import Car, Wanted
from backoffice.workshop.models import Vehicle, WorkOrder, WorkOrderLine

SERVICES: Final = ("service", "oil_change", "technical_inspection")
"""Operations that count as an inspection or oil service."""
ADDRESSES_MAX: Final = 20_000
"""Several times the vehicles of a large dealer; a page and a transaction must end."""
DIGITAL: Final = (Channel.EMAIL, Channel.SMS)


class Found(msgspec.Struct, frozen=True):
    """A vehicle that the campaign is for, with the day that counts as its first registration."""

    vehicle_id: str
    counts_from: date


def selected(session: Session, organisation_id: str, wanted: Wanted, *, letters: bool, at: datetime) -> list[Found]:
    """The dealer's vehicles that the rule holds for, and whose owners may be written to with an offer.

    At most `ADDRESSES_MAX`, in the order in which the vehicles came.
    """
    fitting = [
        (vehicle, car.counts_from)
        for vehicle, car in _cars(session, organisation_id, wanted)
        if car.counts_from is not None and wanted.fits(car, at.date())
    ]
    allowed = reachable(session, organisation_id, [owner for (_id, owner), _day in fitting], letters=letters, at=at)
    found = [Found(vehicle_id, day) for (vehicle_id, owner), day in fitting if owner in allowed]
    return found[:ADDRESSES_MAX]


def reachable(
    session: Session, organisation_id: str, member_ids: list[str], *, letters: bool, at: datetime
) -> dict[str, tuple[Channel, ...]]:
    """By which channels each of some members may be sent an offer now; those without any are left out."""
    found: dict[str, tuple[Channel, ...]] = {}
    for channel in (*DIGITAL, Channel.LETTER) if letters else DIGITAL:
        answers = may_contact_many(session, organisation_id, member_ids, channel, Purpose.MARKETING, at)
        for member_id, answer in answers.items():
            if answer.allowed:
                found[member_id] = (*found.get(member_id, ()), channel)
    return found


def _cars(session: Session, organisation_id: str, wanted: Wanted) -> Iterator[tuple[tuple[str, str], Car]]:
    """Vehicles of members that are old enough, with their last service: the database looks at days, `Car` at words."""
    services = (
        select(WorkOrder.vehicle_id, func.max(WorkOrder.done_on).label("last"))
        .join(
            WorkOrderLine,
            (WorkOrderLine.organisation_id == WorkOrder.organisation_id) & (WorkOrderLine.number == WorkOrder.number),
        )
        .where(WorkOrder.organisation_id == organisation_id, WorkOrderLine.operation.in_(SERVICES))
        .group_by(WorkOrder.vehicle_id)
        .subquery()
    )
    rows = session.execute(
        select(Vehicle, services.c.last)
        .join(Member, (Member.organisation_id == Vehicle.organisation_id) & (Member.member_id == Vehicle.member_id))
        .outerjoin(services, services.c.vehicle_id == Vehicle.vehicle_id)
        .where(
            Vehicle.organisation_id == organisation_id,
            Vehicle.vin_mark.is_not(None),
            func.coalesce(Vehicle.demo_handover, Vehicle.first_registration) < wanted.registered_before,
        )
        .order_by(Vehicle.vehicle_id)
    )
    for vehicle, last in rows:
        car = Car(
            vehicle.make,
            vehicle.segment,
            vehicle.first_registration,
            vehicle.demo_handover,
            vehicle.contract_until,
            last,
        )
        yield (vehicle.vehicle_id, vehicle.member_id), car
