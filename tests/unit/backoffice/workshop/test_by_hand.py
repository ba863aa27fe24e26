"""Vehicles and mileages that people type, and undoing imports around them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TypeVar

import pytest
from sqlalchemy.orm import Session

from backoffice.db import run_in_tx
from backoffice.errors import InputError
from backoffice.workshop.by_hand import add_reading, remove_reading, save_vehicle
from backoffice.workshop.models import Vehicle
from backoffice.workshop.vehicles import Reading, find_vehicles, readings_of
from tests.support.garage import GOLF, OCTAVIA, ORDERS, VEHICLES
from tests.support.importing import taken, undone
from tests.support.office import OfficeBench

Result = TypeVar("Result")


def write(bench: OfficeBench, work: Callable[[Session], Result]) -> Result:
    return run_in_tx(bench.office.database.write, work)


def vehicle(reader: Session, bench: OfficeBench, vin: str = GOLF) -> Vehicle:
    (found,) = find_vehicles(reader, bench.organisation_id, vin)
    return found


def readings(bench: OfficeBench, vin: str = GOLF) -> list[Reading]:
    with bench.office.database.read() as reader:
        return readings_of(reader, vehicle(reader, bench, vin))


def take_back(bench: OfficeBench, day: str) -> None:
    write(bench, lambda tx: remove_reading(tx, bench.doing, vehicle(tx, bench), day))


def type_km(bench: OfficeBench, km: str, day: str, vin: str = GOLF) -> None:
    write(bench, lambda tx: add_reading(tx, bench.doing, vehicle(tx, bench, vin), km, day))


@pytest.mark.parametrize(("kind", "data", "vin"), [("vehicles", VEHICLES, GOLF), ("work_orders", ORDERS, OCTAVIA)])
def test_undoing_the_import_of_a_new_vehicle_keeps_it_with_what_was_typed(
    bench: OfficeBench, kind: str, data: str, vin: str
) -> None:
    first = taken(bench, kind, data.encode())
    type_km(bench, "91'500", "2026-11-10", vin)
    undone(bench, first)
    assert Reading(date(2026, 11, 10), 91_500, "hand") in readings(bench, vin)
    other = OCTAVIA if vin == GOLF else GOLF
    with bench.office.database.read() as reader:
        assert find_vehicles(reader, bench.organisation_id, other) == [], "what nobody touched is gone"


def test_undoing_a_later_import_keeps_what_was_typed_after_it(bench: OfficeBench) -> None:
    taken(bench, "vehicles", VEHICLES.encode())
    later = taken(bench, "vehicles", VEHICLES.replace("91'000;02.11.2026", "92'000;05.11.2026").encode())
    type_km(bench, "92100", "2026-11-06")
    undone(bench, later)
    assert [(each.km, each.source) for each in readings(bench)] == [
        (91_000, "import"),
        (92_000, "import"),
        (92_100, "hand"),
    ]


def test_a_vehicle_is_added_changed_and_left_alone(bench: OfficeBench) -> None:
    cells = {"vin": GOLF, "plate": "ZH 1234", "make": "VW", "km": "500", "km_on": "2026-11-01"}
    vehicle_id = write(bench, lambda tx: save_vehicle(tx, bench.doing, cells, is_new=True))
    assert [(each.km, each.source) for each in readings(bench)] == [(500, "hand")]
    with pytest.raises(InputError, match="is here already"):
        write(bench, lambda tx: save_vehicle(tx, bench.doing, cells, is_new=True))
    changed = {"vin": GOLF, "plate": "BE 99", "make": "Volkswagen", "number": "1"}
    assert write(bench, lambda tx: save_vehicle(tx, bench.doing, changed, is_new=False)) == vehicle_id
    with bench.office.database.read() as reader:
        (found,) = find_vehicles(reader, bench.organisation_id, "be99")
        assert (found.make, found.touched_by, found.member_id is None) == ("Volkswagen", "", False)
    nobody = {"vin": GOLF, "number": ""}
    write(bench, lambda tx: save_vehicle(tx, bench.doing, nobody, is_new=False))
    with bench.office.database.read() as reader:
        assert vehicle(reader, bench).member_id is None


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"vin": "WVWZZZ1KZAW12345"}, "VIN: a VIN has 17 characters"),
        ({"vin": GOLF, "first_registration": "soon"}, "First registration"),
        ({"vin": GOLF, "number": "404404"}, "No member has the number 404404"),
        ({"vin": GOLF, "km": "9", "km_on": "2099-01-01"}, "in the future"),
        ({"vin": GOLF, "customer_kind": "alien"}, "Customer type|Kind of customer"),
    ],
)
def test_what_is_wrong_is_said_by_its_field_and_writes_nothing(
    bench: OfficeBench, cells: dict[str, str], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        write(bench, lambda tx: save_vehicle(tx, bench.doing, cells, is_new=True))
    with bench.office.database.read() as reader:
        assert find_vehicles(reader, bench.organisation_id, GOLF) == []


def test_a_typed_mileage_is_taken_back_and_an_imported_one_is_not(bench: OfficeBench) -> None:
    taken(bench, "vehicles", VEHICLES.encode())
    type_km(bench, "91200", "2026-11-08")
    take_back(bench, "2026-11-08")
    assert [each.km for each in readings(bench)] == [91_000]
    for day, said in [("2026-11-02", "No mileage was typed"), ("yesterday", "is no date")]:
        with pytest.raises(InputError, match=said):
            take_back(bench, day)
    for km, day, said in [
        ("", "2026-11-02", "Type the"),
        ("x", "2026-11-02", "no mileage"),
        ("5", "2099-01-01", "futu"),
    ]:
        with pytest.raises(InputError, match=said):
            type_km(bench, km, day)
