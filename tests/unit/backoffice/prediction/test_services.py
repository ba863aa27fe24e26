"""The night works out what vehicles need; the vehicle's page, the list and audiences ask for it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask_babel import force_locale
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from backoffice.audiences.conditions import NeedsWork
from backoffice.audiences.resolve import member_ids
from backoffice.audiences.tree import AudienceTree, Group
from backoffice.db import run_in_tx
from backoffice.errors import InputError
from backoffice.members.models import Member
from backoffice.prediction.models import VehicleNeed
from backoffice.prediction.services import due_until, due_vehicles, kept_model, needs_of_vehicle, renew
from backoffice.prediction.words import sentence
from backoffice.workshop.models import Vehicle, WorkOrder
from backoffice.workshop.operations import Family
from backoffice.workshop.vehicles import find_vehicles
from tests.support.garage import GOLF, OCTAVIA, ORDERS, VEHICLES
from tests.support.importing import taken
from tests.support.office import MONDAY, OfficeBench

CHANGED = (
    "Auftrag;Pos;Datum;Rechnung;Rechnungsdatum;VIN;km;Art;Code;Bezeichnung;Menge;Betrag\n"
    f"B-1;1;02.04.2025;R-1;02.04.2025;{GOLF};62300;AW;46801900;Bremsbeläge vorne ersetzen;1,2;168.00\n"
)
TODAY = date(2026, 11, 22)


def need_of(bench: OfficeBench, vin: str, family: Family) -> VehicleNeed | None:
    with bench.office.database.read() as reader:
        (vehicle,) = find_vehicles(reader, bench.organisation_id, vin)
        return next((each for each in needs_of_vehicle(reader, vehicle) if each.family == family), None)


@pytest.fixture
def garage(bench: OfficeBench) -> OfficeBench:
    """A Golf whose brakes were changed at 62,300 km and that has 91,000 now; an Octavia with an oil change."""
    taken(bench, "vehicles", VEHICLES.encode())
    taken(bench, "work_orders", (CHANGED + ORDERS.split("\n", 3)[3]).encode())
    assert renew(bench.office, bench.organisation_id, TODAY) == 2
    return bench


def test_the_sentence_says_when_and_why(garage: OfficeBench) -> None:
    need = need_of(garage, GOLF, Family.BRAKES)
    assert need is not None
    said = sentence(need, TODAY)
    assert said.startswith("Brakes in about ")
    assert "last done at 62,300 km on " in said
    assert "today about 92,000 km" in said or "today about 91,9" in said or "today about 92,0" in said, said
    assert said.endswith("plan 30,000 km or 24 months")
    assert timedelta(0) < need.due_on - TODAY < timedelta(days=40)


@pytest.mark.parametrize(
    ("language", "parts"),
    [
        ("de", ("Bremsen in etwa ", "zuletzt gemacht bei 62", "Plan 30", "oder 24 Monate")),
        ("fr", ("Freins dans environ ", "la dernière fois à 62", "plan\u202f: 30", "ou 24 mois")),
        ("it", ("Freni tra circa ", "ultima volta a 62", "piano: 30", "o 24 mesi")),
        ("cs", ("Brzdy asi za ", "naposledy provedeno při 62", "plán 30", "nebo 24 měsíců")),
        ("zh", ("约 ", "62,300 公里时完成", "计划每 30,000 公里或 24 个月")),
    ],
)
def test_the_sentence_in_the_other_languages(garage: OfficeBench, language: str, parts: tuple[str, ...]) -> None:
    need = need_of(garage, GOLF, Family.BRAKES)
    assert need is not None
    with garage.app.test_request_context(), force_locale(language):
        said = sentence(need, TODAY)
    for part in parts:
        assert part in said


def test_what_is_not_known_is_not_said(garage: OfficeBench) -> None:
    """The Octavia is from 2012: its brakes were surely done elsewhere; its oil was changed a month ago."""
    assert need_of(garage, OCTAVIA, Family.BRAKES) is None
    oil = need_of(garage, OCTAVIA, Family.SERVICE)
    assert oil is not None
    assert oil.basis == "done"
    assert oil.since_km == 184_000


def test_the_papers_count_for_the_inspection(garage: OfficeBench) -> None:
    need = need_of(garage, GOLF, Family.INSPECTION)
    assert need is not None
    assert need.basis == "papers"
    assert need.due_on == date(2027, 6, 30)
    assert "the papers say so" in sentence(need, TODAY)


def test_a_later_order_takes_the_need_away(garage: OfficeBench) -> None:
    before = need_of(garage, GOLF, Family.BRAKES)
    again = CHANGED.replace("B-1", "B-2").replace("02.04.2025", "10.11.2026").replace("62300", "91300")
    taken(garage, "work_orders", again.encode())
    renew(garage.office, garage.organisation_id, TODAY)
    after = need_of(garage, GOLF, Family.BRAKES)
    assert before is not None
    assert after is not None
    assert after.due_on > before.due_on + timedelta(days=300)


def test_counts_and_lists_of_those_due(garage: OfficeBench) -> None:
    with garage.office.database.read() as reader:
        soon = due_until(reader, garage.organisation_id, TODAY + timedelta(weeks=8))
        assert soon["brakes"] == 1
        assert "brakes" not in due_until(reader, garage.organisation_id, TODAY)
        rows = due_vehicles(reader, garage.organisation_id, Family.BRAKES, TODAY + timedelta(weeks=8), 10)
        assert [vehicle.make for _need, vehicle in rows] == ["Volkswagen"]
        kept = kept_model(reader, garage.organisation_id)
        assert kept is not None
        assert kept[1].vehicles == 2
        assert kept[1].qualities == ()


def test_written_in_parts_it_is_the_same_and_nothing_old_stays(
    garage: OfficeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kept() -> list[tuple[str, str, date]]:
        with garage.office.database.read() as reader:
            rows = reader.scalars(select(VehicleNeed).order_by(VehicleNeed.vehicle_id, VehicleNeed.family))
            return [(row.vehicle_id, row.family, row.due_on) for row in rows]

    before = kept()
    assert len({row[0] for row in before}) == 2
    monkeypatch.setattr("backoffice.prediction.services.VEHICLES_AT_ONCE", 1)
    renew(garage.office, garage.organisation_id, TODAY)
    assert kept() == before


def test_an_organisation_without_vehicles_is_left_alone(bench: OfficeBench) -> None:
    assert renew(bench.office, bench.organisation_id, TODAY) == 0
    with bench.office.database.read() as reader:
        assert kept_model(reader, bench.organisation_id) is None


def test_an_audience_of_owners_whose_brakes_are_due(garage: OfficeBench) -> None:
    def own(tx: Session) -> str:
        (vehicle,) = find_vehicles(tx, garage.organisation_id, GOLF)
        vehicle.member_id = tx.scalars(
            select(Member.member_id).where(Member.organisation_id == garage.organisation_id).limit(1)
        ).one()
        return vehicle.member_id

    member_id = run_in_tx(garage.office.database.write, own)
    with garage.office.database.read() as reader:
        for family, weeks, found in (
            (Family.BRAKES, 8, [member_id]),
            (Family.BRAKES, 0, []),
            (Family.TYRES, 8, []),
        ):
            tree = AudienceTree(root=Group(parts=(NeedsWork(family=family, weeks=weeks),)))
            assert member_ids(reader, garage.organisation_id, tree, MONDAY) == found


def test_a_number_of_weeks_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(InputError, match="weeks"):
        NeedsWork(weeks=-1).check()


def test_needs_go_with_the_vehicle(garage: OfficeBench) -> None:
    def drop(tx: Session) -> int:
        (golf,) = find_vehicles(tx, garage.organisation_id, GOLF)
        mine = VehicleNeed.vehicle_id == golf.vehicle_id
        before = tx.scalar(select(func.count()).select_from(VehicleNeed).where(mine)) or 0
        tx.execute(delete(WorkOrder).where(WorkOrder.vehicle_id == golf.vehicle_id))
        tx.execute(delete(Vehicle).where(Vehicle.vehicle_id == golf.vehicle_id))
        assert not tx.scalar(select(func.count()).select_from(VehicleNeed).where(mine))
        return before

    assert run_in_tx(garage.office.database.write, drop) > 0


def test_pages_show_the_need_the_list_and_that_nothing_is_known_of_the_quality_yet(garage: OfficeBench) -> None:
    client = garage.client()
    with garage.office.database.read() as reader:
        vehicle_id = find_vehicles(reader, garage.organisation_id, GOLF)[0].vehicle_id
    page = client.get(f"/vehicles/{vehicle_id}").text
    assert "plan 30,000 km or 24 months" in page
    assert "chance to be done here" not in page, "a need alone is not taken for who comes here"
    overview = client.get("/needs").text
    assert "fewer than 30 cases" in overview
    assert "ZH 123 456" in client.get("/needs/brakes").text
    assert "No vehicle is due" in client.get("/needs/air_conditioning").text
    assert client.get("/needs/wings").status_code == 404


def test_before_the_first_night_the_page_says_what_to_do(bench: OfficeBench) -> None:
    assert "under Imports" in bench.client().get("/needs").text
    assert bench.client().get("/needs/brakes").status_code == 404
