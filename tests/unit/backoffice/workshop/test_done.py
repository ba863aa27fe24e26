"""What was done to a vehicle, out of its imported work orders."""

from __future__ import annotations

from datetime import date

from backoffice.workshop.done import Done, operations_by_vehicle, operations_of
from backoffice.workshop.operations import Family
from backoffice.workshop.vehicles import find_vehicles
from tests.support.garage import GOLF, OCTAVIA, ORDERS, renumbered
from tests.support.importing import taken, undone
from tests.support.office import OfficeBench


def done_to(bench: OfficeBench, vin: str) -> list[Done]:
    with bench.office.database.read() as reader:
        (vehicle,) = find_vehicles(reader, bench.organisation_id, vin)
        return operations_of(reader, vehicle)


def test_labour_and_part_of_one_order_are_one_operation_with_the_mileage(bench: OfficeBench) -> None:
    taken(bench, "work_orders", ORDERS.encode())
    pads = Done(date(2023, 5, 12), Family.BRAKES, "brake_pads", 62_300, "A-1")
    oil = Done(date(2026, 10, 20), Family.SERVICE, "oil_change", 184_000, "A-2")
    assert done_to(bench, GOLF) == [pads]
    assert done_to(bench, OCTAVIA) == [oil]
    assert pads.renews
    with bench.office.database.read() as reader:
        by_vehicle = dict(operations_by_vehicle(reader, bench.organisation_id))
        (golf,) = find_vehicles(reader, bench.organisation_id, GOLF)
        assert by_vehicle[golf.vehicle_id] == pads
        assert list(by_vehicle.values()) in ([pads, oil], [oil, pads])


def test_a_check_belongs_to_the_family_and_renews_nothing(bench: OfficeBench) -> None:
    taken(bench, "work_orders", renumbered(ORDERS, "Ölwechsel", "Bremsen geprüft").encode())
    (check,) = done_to(bench, OCTAVIA)
    assert (check.family, check.operation, check.renews) == (Family.BRAKES, "brake_check", False)


def test_what_is_set_back_is_taken_by_the_rules_again(bench: OfficeBench) -> None:
    taken(bench, "work_orders", ORDERS.encode())
    change = taken(bench, "work_orders", renumbered(ORDERS, "Ölwechsel", "Klimaservice").encode())
    assert [done.operation for done in done_to(bench, OCTAVIA)] == ["air_con_service"]
    undone(bench, change)
    assert [done.operation for done in done_to(bench, OCTAVIA)] == ["oil_change"]
