"""Vehicles from a dealer system's export: taken, taken again, refused by row and column, undone."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from backoffice.imports.plan import Checked
from backoffice.imports.runs import check_file
from backoffice.members.services import find_by_number
from backoffice.vault import vault_of
from backoffice.workshop.models import Vehicle, WorkshopChange
from backoffice.workshop.sealing import Papers, papers_of
from backoffice.workshop.vehicles import Reading, find_vehicles, readings_of
from tests.support.garage import GOLF, OCTAVIA, VEHICLES, renumbered
from tests.support.importing import run_of, taken, undone
from tests.support.office import OfficeBench


def check(bench: OfficeBench, text: str) -> Checked:
    with bench.office.database.read() as reader:
        now = bench.clock.now()
        return check_file(reader, bench.organisation_id, "vehicles", text.encode(), lambda _done: None, now)[1]


def told(bench: OfficeBench) -> dict[str, tuple[str, str, date | None, list[Reading]]]:
    with bench.office.database.read() as reader:
        vault = vault_of(reader)
        return {
            papers_of(vault, row).vin: (
                papers_of(vault, row).plate,
                row.model,
                row.inspection_until,
                readings_of(reader, row),
            )
            for row in reader.scalars(select(Vehicle).where(Vehicle.organisation_id == bench.organisation_id))
        }


def test_vehicles_come_in_sealed_and_a_second_time_nothing_changes(bench: OfficeBench) -> None:
    assert check(bench, VEHICLES).summary == {"new": 2}
    taken(bench, "vehicles", VEHICLES.encode())
    first = told(bench)
    assert first[GOLF] == (
        "ZH 123 456",
        "Golf",
        date(2027, 6, 30),
        [Reading(date(2026, 11, 2), 91_000, "import")],
    )
    with bench.office.database.read() as reader:
        member = find_by_number(reader, bench.organisation_id, "1")
        rows = {row.model: row for row in reader.scalars(select(Vehicle))}
        assert member is not None
        assert (rows["Golf"].member_id, rows["Octavia"].member_id) == (member.member_id, None)
        assert GOLF.encode() not in rows["Golf"].sealed
        assert b"123 456" not in rows["Golf"].sealed
    again = taken(bench, "vehicles", VEHICLES.encode())
    assert run_of(bench, again).summary == '{"unchanged":2}'
    assert told(bench) == first
    with bench.office.database.read() as reader:
        assert not reader.scalars(select(WorkshopChange).where(WorkshopChange.import_id == again)).all()


@pytest.mark.parametrize("typed", ["zh-123456", GOLF, GOLF.lower(), GOLF[-7:], "volks golf"])
def test_a_vehicle_is_found_by_plate_number_its_end_or_make(bench: OfficeBench, typed: str) -> None:
    taken(bench, "vehicles", VEHICLES.encode())
    with bench.office.database.read() as reader:
        found = find_vehicles(reader, bench.organisation_id, typed)
        assert [row.model for row in found] == ["Golf"]
        assert find_vehicles(reader, bench.other_organisation(), typed) == []


def test_a_changed_row_is_taken_and_undone_and_what_moved_since_stays(bench: OfficeBench) -> None:
    taken(bench, "vehicles", VEHICLES.encode())
    before = told(bench)
    changed = renumbered(renumbered(VEHICLES, "ZH 123 456", "AG 7 777"), "91'000;02.11.2026", "91'500;20.11.2026")
    change = taken(bench, "vehicles", changed.encode())
    assert run_of(bench, change).summary == '{"changed":1,"unchanged":1}'
    assert told(bench)[GOLF][0] == "AG 7 777"
    assert [each.km for each in told(bench)[GOLF][3]] == [91_000, 91_500]
    undone(bench, change)
    assert told(bench) == before
    later = taken(bench, "vehicles", changed.encode())
    latest = taken(bench, "vehicles", renumbered(changed, "Golf", "Golf Variant").encode())
    undone(bench, later)
    assert '"kept":1' in run_of(bench, later).summary
    assert "was changed since" in run_of(bench, later).issues
    assert told(bench)[GOLF][1] == "Golf Variant"
    undone(bench, latest)
    assert told(bench)[GOLF][:2] == ("AG 7 777", "Golf")


def test_every_mistake_is_named_by_row_column_value_and_reason(bench: OfficeBench) -> None:
    text = (
        "vin;plate;model year;customer type;km;first registration;owner\n"
        f"{GOLF};ZH 1 234;2018;privat;1.000;;nobody here\n"
        f"{GOLF};ZH 1 234;;;;;\n"
        "WVWZZZ1KZAW12345;;;;;;\n"
        "115030123;;;;;1.5.1958;\n"
        f"{OCTAVIA};?;;;;;\n"
        f"{OCTAVIA};;18;;;;\n"
        f"{OCTAVIA};;;vip;;;\n"
        f"{OCTAVIA};;;;910.5;;\n"
        f"{OCTAVIA};;;;9000000;;\n"
    )
    checked = check(bench, text)
    assert [(issue.row, issue.column, issue.value) for issue in checked.issues] == [
        (3, "vin", GOLF),
        (4, "vin", "WVWZZZ1KZAW12345"),
        (6, "plate", "?"),
        (7, "model year", "18"),
        (8, "customer type", "vip"),
        (9, "km", "910.5"),
        (10, "km", "9000000"),
    ]
    assert checked.summary == {"new": 2, "owner_unknown": 1}
    assert checked.issues[1].text == "a VIN has 17 characters, this has 16"


def test_papers_open_for_their_own_vehicle_only(bench: OfficeBench) -> None:
    taken(bench, "vehicles", VEHICLES.encode())
    with bench.office.database.read() as reader:
        golf, octavia = sorted(reader.scalars(select(Vehicle)), key=lambda row: row.model)
        vault = vault_of(reader)
        assert papers_of(vault, golf) == Papers(GOLF, "ZH 123 456")
        reader.expunge_all()
        octavia.sealed = golf.sealed
        with pytest.raises(Exception, match="cannot be opened"):
            papers_of(vault, octavia)
