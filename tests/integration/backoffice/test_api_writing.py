"""What programs write beside members and points: segments, coupons on paper, vehicles; and what they read of stores."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from backoffice.api.openapi import document
from backoffice.api.routes import OPERATIONS
from backoffice.api.scopes import Scope
from tests.support.api_client import Program, codes_campaign, new_token, paged
from tests.support.office import OfficeBench, SellingTill


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OfficeBench]:
    """A bakery with a till."""
    folder = tmp_path_factory.mktemp("api")
    bench = OfficeBench(folder / "office")
    till = SellingTill(folder / "till", bench)
    till.sync_until_quiet()
    till.close()
    yield bench
    bench.close()


@pytest.fixture(scope="module")
def token(shop: OfficeBench) -> str:
    """One for all tests: an organisation has a limited number of tokens."""
    return new_token(shop)


@pytest.fixture
def program(shop: OfficeBench, token: str) -> Program:
    shop.clock.forward(timedelta(minutes=1))  # the bucket is full again
    return Program(shop, token)


def test_a_segment_is_kept_counted_changed_and_thrown_away(program: Program) -> None:
    named = [program.told("addMember", {"person": {"last_name": f"Counted {number}"}}) for number in range(3)]
    ids = [each["member_id"] for each in named]
    root = {"kind": "group", "parts": [{"kind": "members", "member_ids": ids}]}
    made = program.told("addSegment", {"name": "These three", "root": root})
    segment_id = made["segment_id"]
    assert "Counted 0" in " ".join(made["sentences"])
    assert program.told("countSegment", segment_id=segment_id, query={})["sent"] == 3
    mailed = program.told("countSegment", segment_id=segment_id, query={"channel": "email"})
    assert (mailed["matched"], mailed["sent"], mailed["steps"]["no_consent"]) == (3, 0, 3)
    assert [each["member_id"] for each in paged(program, "listSegmentMembers", 2, segment_id=segment_id)] == ids
    off = program.told("takeOffSegment", {"member_id": ids[1], "reason": "asked"}, segment_id=segment_id)
    assert [each["member_id"] for each in off["taken_off"]] == [ids[1]]
    told = program.told("countSegment", segment_id=segment_id, query={})
    assert (told["sent"], told["steps"]["taken_off"]) == (2, 1)
    program.told("putBackIntoSegment", segment_id=segment_id, member_id=ids[1])
    assert program.told("changeSegment", {"name": "Three"}, segment_id=segment_id)["root"] == made["root"]
    assert program.told("copySegment", segment_id=segment_id)["root"] == made["root"]
    assert program.told("deleteSegment", segment_id=segment_id) == {"deleted": segment_id}
    assert program.refused("getSegment", segment_id=segment_id) == (404, "not_found")


@pytest.mark.parametrize(
    "condition",
    [
        {"kind": "visits", "at_least": 10**30},
        {"kind": "away", "more_than": 10**9},
        {"kind": "joined", "first": "0001-01-01"},
        {"kind": "joined", "last": "9999-12-31"},
        {"kind": "town", "towns": ["\x00"]},
        {"kind": "members", "member_ids": ["x"] * 501},
        {"kind": "visits", "at_least": None},
    ],
)
def test_conditions_that_no_database_can_be_asked_are_refused(program: Program, condition: dict[str, Any]) -> None:
    root = {"kind": "group", "parts": [condition]}
    assert program.refused("addSegment", {"name": "Beyond", "root": root}) == (422, "refused")


def test_names_and_papers_need_a_scope_of_their_own(shop: OfficeBench, program: Program) -> None:
    lacking = Program(shop, new_token(shop, [Scope.SEGMENTS_READ, Scope.SEGMENTS_WRITE, Scope.WORKSHOP_READ]))
    member_id = program.told("addMember", {"person": {"last_name": "Unnamed"}})["member_id"]
    root = {"kind": "group", "parts": [{"kind": "members", "member_ids": [member_id]}]}
    told = lacking.ask("addSegment", {"name": "One", "root": root}).text
    assert member_id in told
    assert "Unnamed" not in told
    car = {"vin": "WVWZZZ1JZXW000001", "plate": "BE 12345"}
    vehicle_id = program.told("addVehicle", car)["vehicle_id"]
    assert lacking.told("getVehicle", vehicle_id=vehicle_id)["papers"] is None
    assert lacking.refused("listVehicles", query={"q": "BE 12345"}) == (403, "scope_missing")
    (found,) = program.told("listVehicles", query={"q": "be-12345"})["items"]
    assert found["papers"] == car


def test_coupons_are_issued_once_read_on_record_and_taken_back(shop: OfficeBench, program: Program) -> None:
    campaign_id = codes_campaign(shop)
    body = {"name": "web shop", "count": 5}
    assert program.refused("issueCoupons", body, campaign_id=campaign_id) == (400, "key_missing")
    run = program.told("issueCoupons", body, key="run-1", campaign_id=campaign_id)
    assert program.told("issueCoupons", body, key="run-1", campaign_id=campaign_id) == run
    assert (run["open"], run["valid_until"]) == (5, "2027-12-24")
    part = program.told("readCodes", {"limit": 3}, campaign_id=campaign_id, tag=run["tag"])
    rest = program.told("readCodes", {"cursor": part["next_cursor"]}, campaign_id=campaign_id, tag=run["tag"])
    codes = [each["code"] for each in part["items"] + rest["items"]]
    assert len(set(codes)) == 5
    program.told("takeBackCode", {"code": codes[0].lower()}, campaign_id=campaign_id)
    (left,) = program.told("listCouponRuns", campaign_id=campaign_id)["items"]
    assert (left["open"], left["taken_back"]) == (4, 1)
    assert program.told("takeBackRun", campaign_id=campaign_id, tag=run["tag"])["open"] == 0
    assert program.refused("takeBackRun", campaign_id=campaign_id, tag=run["tag"]) == (409, "conflict")
    late = {"name": "late", "count": 1, "valid_until": "2028-01-01"}
    answer = program.ask("issueCoupons", late, key="run-2", campaign_id=campaign_id)
    assert (answer.status_code, answer.get_json()["field"]) == (422, "valid_until")
    assert program.refused("readCodes", {}, campaign_id="none", tag=run["tag"]) == (404, "not_found")


def test_a_vehicle_is_added_found_changed_and_its_mileage_written_down(program: Program) -> None:
    member = program.told("addMember", {"person": {"last_name": "Driver"}})
    body = {"vin": "WVWZZZ1JZXW000077", "number": member["number"], "make": "VW", "model_year": 2019}
    made = program.told("addVehicle", body)
    assert (made["member_id"], made["model_year"]) == (member["member_id"], 2019)
    vehicle_id = made["vehicle_id"]
    again = program.ask("addVehicle", body)
    assert (again.status_code, again.get_json()["field"]) == (422, "vin")
    changed = program.told("changeVehicle", {"model": "Golf", "model_year": None}, vehicle_id=vehicle_id)
    assert (changed["make"], changed["model"], changed["model_year"]) == ("VW", "Golf", None)
    assert changed["member_id"] == member["member_id"]
    future = program.ask("addReading", {"km": 5, "read_on": "2090-01-01"}, vehicle_id=vehicle_id)
    assert (future.status_code, future.get_json()["field"]) == (422, "read_on")
    program.told("addReading", {"km": 91_000, "read_on": "2026-11-20"}, vehicle_id=vehicle_id)
    assert program.told("listReadings", vehicle_id=vehicle_id)["items"] == [
        {"read_on": "2026-11-20", "km": 91_000, "source": "hand"}
    ]
    assert program.told("removeReading", vehicle_id=vehicle_id, read_on="2026-11-20")["items"] == []
    assert [each["vehicle_id"] for each in paged(program, "listVehicles", 1)].count(vehicle_id) == 1
    mine = program.told("listVehicles", query={"member_id": member["member_id"]})["items"]
    assert [each["vehicle_id"] for each in mine] == [vehicle_id]


def test_stores_and_tills_are_told_as_they_are(program: Program) -> None:
    stores = [each["store_id"] for each in paged(program, "listStores", 1)]
    (till,) = paged(program, "listTills", 1)
    assert till["store_id"] in stores
    assert till["state"] == "active"
    assert till["last_seen_at"] is not None
    assert 0 < till["active_set_version"] <= till["newest_set_version"]


def test_no_two_types_of_the_description_share_a_name() -> None:
    schemas = json.loads(msgspec.json.encode(document(OPERATIONS)))["components"]["schemas"]
    assert not [name for name in schemas if not name.isidentifier()]
    assert "amount" not in schemas["Balance"]["properties"]
    assert {"unit", "balance", "worth_minor"} <= set(schemas["Balance"]["properties"])
