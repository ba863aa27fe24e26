"""Vehicles and their owners: moved with a merge, handed out with all else, forgotten with the owner."""

from __future__ import annotations

import base64
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select

from backoffice.backup.copies import make_copy, restore
from backoffice.db import run_in_tx
from backoffice.members.dossier import dossier
from backoffice.members.erasure import erase
from backoffice.members.models import Member
from backoffice.members.moving import move_all
from backoffice.members.services import find_by_number
from backoffice.office import open_office
from backoffice.settings import Settings
from backoffice.vault import vault_of
from backoffice.workshop.models import Vehicle, WorkOrder, WorkshopChange
from backoffice.workshop.owners import shown_vehicles
from backoffice.workshop.sealing import Papers, papers_of
from backoffice.workshop.vehicles import find_vehicles
from tests.support.databases import ON_POSTGRESQL
from tests.support.garage import GOLF, ORDERS, VEHICLES, renumbered
from tests.support.importing import taken, undone
from tests.support.office import OfficeBench


def member_id(bench: OfficeBench, number: str) -> str:
    with bench.office.database.read() as reader:
        member = find_by_number(reader, bench.organisation_id, number)
        assert member is not None
        return member.member_id


def test_everything_of_a_vehicle_is_handed_out_and_forgotten_with_its_owner(bench: OfficeBench) -> None:
    taken(bench, "vehicles", VEHICLES.encode())
    taken(bench, "work_orders", ORDERS.encode())
    owner = member_id(bench, "1")
    with bench.office.database.read() as reader:
        (told,) = msgspec.json.decode(dossier(reader, bench.organisation_id, owner))["vehicles"]
    assert told["papers"] == {"vin": GOLF, "plate": "ZH 123 456"}
    assert [order["number"] for order in told["work_orders"]] == ["A-1"]
    assert [reading["km"] for reading in told["readings"]] == [62_300, 91_000]
    run_in_tx(bench.office.database.write, lambda tx: erase(tx, bench.doing, owner))
    with bench.office.database.read() as reader:
        assert find_vehicles(reader, bench.organisation_id, GOLF) == []
        assert find_vehicles(reader, bench.organisation_id, "ZH 123456") == []
        golf = reader.scalars(select(Vehicle).where(Vehicle.model == "Golf")).one()
        assert (golf.member_id, papers_of(vault_of(reader), golf)) == (None, Papers())
        assert reader.scalars(select(WorkOrder.number).where(WorkOrder.vehicle_id == golf.vehicle_id)).all() == ["A-1"]
        assert golf.vehicle_id not in reader.scalars(select(WorkshopChange.key)).all()


def test_vehicles_go_to_the_member_that_is_kept_and_their_page_shows_them(bench: OfficeBench) -> None:
    taken(bench, "vehicles", VEHICLES.encode())
    taken(bench, "work_orders", ORDERS.encode())
    gone, kept = member_id(bench, "1"), member_id(bench, "2")
    moved = run_in_tx(bench.office.database.write, lambda tx: move_all(tx, bench.doing, gone, kept, "test"))
    with bench.office.database.read() as reader:
        (shown,) = shown_vehicles(reader, bench.organisation_id, kept)
        assert moved.vehicles == [shown.vehicle_id]
        assert shown_vehicles(reader, bench.organisation_id, gone) == []
    page = bench.client("auditor").get(f"/members/{kept}").text
    assert "ZH 123 456" in page
    assert "Volkswagen Golf" in page


def test_undoing_the_import_of_an_owner_leaves_the_vehicle_to_nobody(bench: OfficeBench) -> None:
    people = taken(bench, "members", b"number;last_name\nD-77;Driver\n")
    taken(bench, "vehicles", VEHICLES.replace(";1;Volks", ";D-77;Volks").encode())
    undone(bench, people)
    with bench.office.database.read() as reader:
        assert reader.scalars(select(Member).where(Member.number == "D-77")).all() == []
        (golf,) = find_vehicles(reader, bench.organisation_id, GOLF)
        assert golf.member_id is None
        assert papers_of(vault_of(reader), golf).plate == "ZH 123 456"


@pytest.mark.skipif(ON_POSTGRESQL, reason="PostgreSQL has copies of its own")
def test_a_copy_of_the_data_alone_opens_no_papers_and_with_its_keys_it_does(bench: OfficeBench, tmp_path: Path) -> None:
    taken(bench, "vehicles", VEHICLES.encode())
    taken(bench, "vehicles", renumbered(VEHICLES, "Golf", "Golf Variant").encode())
    copy = make_copy(bench.office, tmp_path / "copies", tmp_path / "keys").path
    with bench.office.database.read() as reader:
        wrapped = reader.scalars(select(Vehicle.wrapped).where(Vehicle.model == "Golf Variant")).one()
    raw = copy.read_bytes()
    assert wrapped not in raw
    assert base64.b64encode(wrapped) not in raw
    settings = Settings(tmp_path / "new")
    restore(settings, copy, tmp_path / "keys")
    office = open_office(settings)
    try:
        with office.database.read() as reader:
            (golf,) = find_vehicles(reader, bench.organisation_id, GOLF)
            assert papers_of(vault_of(reader), golf) == Papers(GOLF, "ZH 123 456")
    finally:
        office.close()
