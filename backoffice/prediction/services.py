"""What vehicles need next: worked out anew in the night, kept with its back-test, and read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import partial
from typing import Any, Final

import msgspec
import numpy as np
from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.bulk import execute_many
from backoffice.db import run_in_tx
from backoffice.office import Office
from backoffice.prediction.backtest import Quality, back_test
from backoffice.prediction.coming import chances, learn
from backoffice.prediction.fleet import Fleet, Floats
from backoffice.prediction.models import NeedModel, VehicleNeed
from backoffice.prediction.needs import DONE, NEW_CAR, PAPERS, FamilyNeeds, Needs, needs_of
from backoffice.prediction.plan import USUAL_PLAN
from backoffice.prediction.reading import read_fleet
from backoffice.workshop.models import Vehicle
from backoffice.workshop.operations import Family

AHEAD_DAYS: Final = 90
CHECKED_EVERY_DAYS: Final = 28
"""The back-test takes some minutes for a large fleet, and what it finds changes slowly."""
BASES: Final = {DONE: "done", NEW_CAR: "new", PAPERS: "papers"}
BP: Final = 10_000
VEHICLES_AT_ONCE: Final = 700
"""Written in one transaction, some 5,000 rows: some tenths of a second, so that tills need not wait."""
EVENTS_MIN: Final = 30
"""With fewer the back-test's figures are a matter of luck, and are not shown."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """The run as it is kept. `checked_on`: when it was back-tested; `gaps`: own gaps behind each family's curve.

    `learnt`: families of which it is known who comes here; of the others the chances tell the need alone.
    """

    vehicles: int
    gaps: dict[str, int]
    medians: dict[str, float]
    checked_on: date
    qualities: tuple[Quality, ...]
    learnt: frozenset[str] = frozenset()


def renew(office: Office, organisation_id: str, until: date) -> int:
    """Work out all needs from what is known up to `until`; of how many vehicles there is something to say."""
    with office.database.read() as reader:
        if reader.scalar(select(Vehicle.vehicle_id).where(Vehicle.organisation_id == organisation_id).limit(1)) is None:
            return 0
        before = kept_model(reader, organisation_id)
        ids, fleet = read_fleet(reader, organisation_id, until)
    today = until.toordinal()
    needs = needs_of(fleet, today, USUAL_PLAN)
    models = learn(fleet, today, AHEAD_DAYS, USUAL_PLAN)
    here = chances(fleet, needs, models, AHEAD_DAYS)
    learnt = frozenset(
        each.family.value for each, model in zip(needs.families, models, strict=True) if model.weights is not None
    )
    kept = msgspec.structs.replace(_kept(fleet, needs, before, until), learnt=learnt)
    doing = Doing(organisation_id, "worker", office.clock, office.ids)
    rows = [_rows(organisation_id, ids, needs, *each) for each in zip(needs.families, here, strict=True)]
    _write(office, organisation_id, ids, [row for family in rows for row in family])
    run_in_tx(office.database.write, lambda tx: _keep_model(tx, doing, until, kept))
    return int(np.logical_or.reduce([family.known for family in needs.families]).sum())


def kept_model(session: Session, organisation_id: str) -> tuple[date, Kept] | None:
    """The last day that was known, and the run; None: there was none yet."""
    row = session.get(NeedModel, organisation_id)
    return (row.until, msgspec.json.decode(row.body, type=Kept)) if row else None


def needs_of_vehicle(session: Session, vehicle: Vehicle) -> Sequence[VehicleNeed]:
    """What one vehicle needs, the earliest first."""
    return session.scalars(
        select(VehicleNeed)
        .where(VehicleNeed.organisation_id == vehicle.organisation_id, VehicleNeed.vehicle_id == vehicle.vehicle_id)
        .order_by(VehicleNeed.due_on, VehicleNeed.family)
    ).all()


def due_until(session: Session, organisation_id: str, day: date) -> Mapping[str, int]:
    """Family → vehicles that are due until a day, overdue ones with them."""
    rows = session.execute(
        select(VehicleNeed.family, func.count())
        .where(VehicleNeed.organisation_id == organisation_id, VehicleNeed.due_on <= day)
        .group_by(VehicleNeed.family)
    )
    return {row[0]: row[1] for row in rows}


def due_vehicles(
    session: Session, organisation_id: str, family: Family, day: date, limit: int
) -> Sequence[tuple[VehicleNeed, Vehicle]]:
    """Vehicles of one family that are due until a day, who will most probably come first."""
    rows = session.execute(
        select(VehicleNeed, Vehicle)
        .join(
            Vehicle,
            (Vehicle.organisation_id == VehicleNeed.organisation_id) & (Vehicle.vehicle_id == VehicleNeed.vehicle_id),
        )
        .where(
            VehicleNeed.organisation_id == organisation_id,
            VehicleNeed.family == family.value,
            VehicleNeed.due_on <= day,
        )
        .order_by(VehicleNeed.here_bp.desc(), VehicleNeed.vehicle_id)
        .limit(limit)
    )
    return [(need, vehicle) for need, vehicle in rows]


def _kept(fleet: Fleet, needs: Needs, before: tuple[date, Kept] | None, until: date) -> Kept:
    """The run's summary, back-tested anew when that was long ago."""
    if before is not None and until - before[1].checked_on < timedelta(days=CHECKED_EVERY_DAYS):
        checked_on, qualities = before[1].checked_on, before[1].qualities
    else:
        found = back_test(fleet, until.toordinal(), AHEAD_DAYS, USUAL_PLAN)
        checked_on, qualities = until, tuple(each for each in found if each.events >= EVENTS_MIN)
    return Kept(
        vehicles=fleet.count,
        gaps={each.family.value: each.wear.gaps for each in needs.families},
        medians={each.family.value: each.wear.median for each in needs.families},
        checked_on=checked_on,
        qualities=qualities,
    )


def _rows(
    organisation_id: str, ids: Sequence[str], needs: Needs, family: FamilyNeeds, chance: Floats
) -> list[dict[str, Any]]:
    odometer = needs.driving.odometer(needs.today)
    return [
        {
            "organisation_id": organisation_id,
            "vehicle_id": ids[at],
            "family": family.family.value,
            "basis": BASES[int(family.basis[at])],
            "since_on": _day(family.since_day[at]),
            "since_km": _km(family.since_km[at]),
            "km_today": _km(odometer[at]),
            "due_on": _day(family.due_day[at]),
            "early_on": _day(family.early_day[at]),
            "late_on": _day(family.late_day[at]),
            "here_bp": round(BP * float(chance[at])),
        }
        for at in np.flatnonzero(family.known).tolist()
    ]


def _day(value: float) -> date | None:
    return date.fromordinal(min(max(int(value), 1), date.max.toordinal())) if np.isfinite(value) else None


def _km(value: float) -> int | None:
    return round(float(value)) if np.isfinite(value) else None


def _write(office: Office, organisation_id: str, ids: Sequence[str], rows: Sequence[dict[str, Any]]) -> None:
    """Put the new needs in the place of the old ones; `ids`: all vehicles, in the database's own order.

    In parts, each from one id to the next: a till that brings receipts waits for one part at most.
    """
    of_vehicle: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        of_vehicle.setdefault(row["vehicle_id"], []).append(row)
    after = ""
    for start in range(0, len(ids), VEHICLES_AT_ONCE):
        part = ids[start : start + VEHICLES_AT_ONCE]
        last = part[-1] if start + VEHICLES_AT_ONCE < len(ids) else ""
        new = [row for vehicle_id in part for row in of_vehicle.get(vehicle_id, ())]
        run_in_tx(office.database.write, partial(_write_part, own=organisation_id, part=new, after=after, last=last))
        after = last


def _write_part(session: Session, own: str, part: Sequence[dict[str, Any]], after: str, last: str) -> None:
    """Those of all vehicles beyond the id `after` up to `last`; an empty one: to the end."""
    old = delete(VehicleNeed).where(VehicleNeed.organisation_id == own, VehicleNeed.vehicle_id > after)
    meant = select(Vehicle.vehicle_id).where(Vehicle.organisation_id == own, Vehicle.vehicle_id > after)
    if last:
        old, meant = old.where(VehicleNeed.vehicle_id <= last), meant.where(Vehicle.vehicle_id <= last)
    session.execute(old)
    there = set(session.scalars(meant))
    left = [row for row in part if row["vehicle_id"] in there]  # its import may have been undone since it was read
    if left:
        execute_many(session, insert(VehicleNeed), left)
    session.flush()


def _keep_model(session: Session, doing: Doing, until: date, kept: Kept) -> None:
    session.execute(delete(NeedModel).where(NeedModel.organisation_id == doing.organisation_id))
    body = msgspec.json.encode(kept).decode()
    row = NeedModel(organisation_id=doing.organisation_id, until=until, made_at=doing.clock.now(), body=body)
    session.add(row)
    session.flush()
