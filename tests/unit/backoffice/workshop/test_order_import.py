"""Work orders from a file of their lines: taken, taken again, changed, refused, undone."""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, select

from backoffice.imports import plan
from backoffice.imports.plan import Checked
from backoffice.imports.runs import check_file
from backoffice.workshop.models import Vehicle, WorkOrder, WorkOrderLine, WorkshopChange
from backoffice.workshop.vehicles import Visit, find_vehicles, orders_of, readings_of
from tests.support.garage import GOLF, OCTAVIA, ORDERS, VEHICLES, renumbered
from tests.support.importing import run_of, taken, undone
from tests.support.office import OfficeBench


def check(bench: OfficeBench, text: str) -> Checked:
    with bench.office.database.read() as reader:
        now = bench.clock.now()
        return check_file(reader, bench.organisation_id, "work_orders", text.encode(), lambda _done: None, now)[1]


def visits(bench: OfficeBench, vin: str) -> list[Visit]:
    with bench.office.database.read() as reader:
        (vehicle,) = find_vehicles(reader, bench.organisation_id, vin)
        return orders_of(reader, vehicle)


def counts(bench: OfficeBench) -> tuple[int, ...]:
    with bench.office.database.read() as reader:
        return tuple(
            reader.scalar(select(func.count()).select_from(table)) or 0
            for table in (Vehicle, WorkOrder, WorkOrderLine, WorkshopChange)
        )


def test_orders_bring_their_vehicles_and_a_second_time_nothing_changes(bench: OfficeBench) -> None:
    checked = check(bench, ORDERS)
    assert checked.issues == []
    assert checked.summary == {"new_vehicles": 2, "new_orders": 2, "new": 3}
    taken(bench, "work_orders", ORDERS.encode())
    (visit,) = visits(bench, GOLF)
    assert (visit.number, visit.done_on, visit.km, visit.amount_minor) == ("A-1", date(2023, 5, 12), 62_300, 26_250)
    assert [(line.kind, line.code, line.quantity_milli) for line in visit.lines] == [
        ("labour", "46801900", 1_200),
        ("part", "1K0698151", 1_000),
    ]
    with bench.office.database.read() as reader:
        (octavia,) = find_vehicles(reader, bench.organisation_id, OCTAVIA)
        assert [(each.km, each.source) for each in readings_of(reader, octavia)] == [(184_000, "A-2")]
    had = counts(bench)
    again = taken(bench, "work_orders", ORDERS.encode())
    assert run_of(bench, again).summary == '{"unchanged":3}'
    assert counts(bench) == had


def test_a_plate_finds_the_vehicle_and_lines_are_numbered_as_they_stand(bench: OfficeBench) -> None:
    taken(bench, "vehicles", VEHICLES.encode())
    text = (
        "order;date;plate;text;amount\nB-1;2026-11-02;zh123456;Wheels changed;80\nB-1;2026-11-02;zh123456;Washed;20\n"
    )
    taken(bench, "work_orders", text.encode())
    (visit,) = visits(bench, GOLF)
    assert [(line.line_no, line.text, line.kind) for line in visit.lines] == [
        (1, "Wheels changed", "other"),
        (2, "Washed", "other"),
    ]
    assert run_of(bench, taken(bench, "work_orders", text.encode())).summary == '{"unchanged":2}'


def test_a_change_is_taken_and_undone_and_a_new_order_goes_with_its_vehicle(bench: OfficeBench) -> None:
    first = taken(bench, "work_orders", ORDERS.encode())
    had = visits(bench, GOLF)
    more = renumbered(ORDERS, "R-9;13.05.2023", "R-10;14.05.2023").replace("94.50", "99.50")
    more += f"A-1;3;12.05.2023;R-10;14.05.2023;{GOLF};62300;Teil;G052;Öl;4;40.00\n"
    change = taken(bench, "work_orders", more.encode())
    assert run_of(bench, change).summary == '{"changed":2,"unchanged":1,"new":1}'
    (now,) = visits(bench, GOLF)
    assert (now.invoice_number, now.amount_minor, len(now.lines)) == ("R-10", 30_750, 3)
    undone(bench, first)
    assert counts(bench)[:2] == (1, 1)  # the order that changed since stays, and its vehicle with it
    undone(bench, change)
    assert visits(bench, GOLF) == had


def test_an_order_whose_vehicle_went_with_another_undo_stays_where_it_is(bench: OfficeBench) -> None:
    first = taken(bench, "work_orders", ORDERS.encode())
    moved = taken(bench, "work_orders", ORDERS.replace(GOLF, OCTAVIA).encode())
    undone(bench, first)
    with bench.office.database.read() as reader:
        assert find_vehicles(reader, bench.organisation_id, GOLF) == []
    undone(bench, moved)
    assert run_of(bench, moved).state == "undone"
    assert [visit.number for visit in visits(bench, OCTAVIA)] == ["A-1"]


def test_undoing_the_only_import_leaves_nothing(bench: OfficeBench) -> None:
    only = taken(bench, "work_orders", ORDERS.encode())
    undone(bench, only)
    assert counts(bench) == (0, 0, 0, 0)
    assert run_of(bench, only).summary == '{"taken_out":4}'


def test_an_order_may_stand_on_both_sides_of_a_batch(bench: OfficeBench) -> None:
    assert plan.BATCH_ROWS == 500
    rows = [f"C-1;{line};2026-01-05;{GOLF};Bolt {line};1.00" for line in range(1, 400)]
    rows += [f"C-2;{line};2026-02-05;{GOLF};Nut {line};1.00" for line in range(1, 400)]
    text = "order;line;date;vin;text;amount\n" + "\n".join(rows)
    first = taken(bench, "work_orders", text.encode())
    assert run_of(bench, first).summary == '{"new_vehicles":1,"new_orders":2,"new":798}'
    assert [len(visit.lines) for visit in visits(bench, GOLF)] == [399, 399]
    assert run_of(bench, taken(bench, "work_orders", text.encode())).summary == '{"unchanged":798}'
    undone(bench, first)
    assert counts(bench) == (0, 0, 0, 0)


def test_every_mistake_is_named_by_row_column_value_and_reason(bench: OfficeBench) -> None:
    head = "order;line;date;vin;plate;km;kind;quantity;amount;text\n"
    good = f"D-1;1;2026-01-05;{GOLF};;1000;L;1;10;Work\n"
    wrong = (
        f";1;2026-01-05;{GOLF};;;;;;Work\n"
        f"D-1;1;2026-01-05;{GOLF};;1000;;;;Work\n"
        f"D-1;2;2026-01-06;{GOLF};;1000;;;;Work\n"
        f"D-2;1;;{GOLF};;;;;;Work\n"
        f"D-2;1;32.1.2026;{GOLF};;;;;;Work\n"
        "D-2;1;2026-01-05;WVWZZZ1KZAW12345;;;;;;Work\n"
        "D-2;1;2026-01-05;;ZH 9 999;;;;;Work\n"
        "D-2;1;2026-01-05;;;;;;;Work\n"
        f"D-2;0;2026-01-05;{GOLF};;;;;;Work\n"
        f"D-2;1;2026-01-05;{GOLF};;;gift;;;Work\n"
        f"D-2;1;2026-01-05;{GOLF};;;;many;;Work\n"
        f"D-2;1;2026-01-05;{GOLF};;;;;1.005;Work\n"
    )
    checked = check(bench, head + good + wrong)
    assert [(issue.row, issue.column, issue.value) for issue in checked.issues] == [
        (3, "order", ""),
        (4, "line", "1"),
        (5, "order", "D-1"),
        (6, "date", ""),
        (7, "date", "32.1.2026"),
        (8, "vin", "WVWZZZ1KZAW12345"),
        (9, "plate", "ZH 9 999"),
        (10, "vin", ""),
        (11, "line", "0"),
        (12, "kind", "gift"),
        (13, "quantity", "many"),
        (14, "amount", "1.005"),
    ]
    assert checked.summary == {"new_vehicles": 1, "new_orders": 1, "new": 1}
