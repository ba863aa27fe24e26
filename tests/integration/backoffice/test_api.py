"""The JSON interface as programs use it: what it reads and writes, who gets in, and what is done once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import func, select

from backoffice.api.models import ApiAnswer
from backoffice.api.openapi import PREFIX, document
from backoffice.api.rates import BURST_MAX, PER_SECOND
from backoffice.api.routes import OPERATIONS
from backoffice.api.scopes import Scope
from backoffice.api.tokens import ANSWERS_KEPT
from backoffice.audiences.models import CampaignMember
from backoffice.campaigns.actions import create_campaign, publish_campaign
from backoffice.campaigns.form import CampaignForm
from backoffice.campaigns.giving import HELD_OUT
from backoffice.db import run_in_tx
from backoffice.loyalty.ledger import balances_of
from backoffice.members import personal
from backoffice.members.personal import Person
from backoffice.members.services import MemberInput, create_member
from backoffice.web.format import DASH
from backoffice.worker.ticker import tick
from tests.support.api_client import BY_NAME, Program, address, check_form, codes_campaign, new_token, paged
from tests.support.messages import MessageBench
from tests.support.office import OfficeBench, SellingTill, csrf_free

CARD = "iso14443a:04BA5E00000002"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OfficeBench]:
    """A bakery in which a member bought something."""
    folder = tmp_path_factory.mktemp("api")
    bench = OfficeBench(folder / "office")
    till = SellingTill(folder / "till", bench)
    till.sell(("5001", 980, 1), ("7003", 1680, 1), card_id=CARD)
    till.sell(("5001", 980, 1), card_id=CARD)
    till.sync_until_quiet()
    till.close()
    yield bench
    bench.close()


@pytest.fixture(scope="module")
def token(shop: OfficeBench) -> str:
    """One for most tests: an organisation has a limited number of tokens."""
    return new_token(shop)


@pytest.fixture
def program(shop: OfficeBench, token: str) -> Program:
    shop.clock.forward(timedelta(minutes=1))  # the bucket is full again
    return Program(shop, token)


def message(shop: OfficeBench) -> str:
    """A message that waits to be sent to two members."""
    writer = MessageBench(shop)
    members = writer.members(Person("Mia", str(number), f"mia{number}@example.org") for number in range(2))
    mailing_id = writer.mailing(members)
    writer.launch(mailing_id)
    return mailing_id


@pytest.fixture(scope="module")
def values(shop: OfficeBench, token: str) -> dict[str, str]:
    """One real thing for every variable of an address."""
    program = Program(shop, token)
    card = program.told("getCard", card_id=CARD)
    receipts = program.told("listReceipts", query={"member_id": card["member_id"]})["items"]
    return {
        "member_id": card["member_id"],
        "card_id": CARD,
        "campaign_id": program.told("listCampaigns")["items"][0]["campaign_id"],
        "receipt_id": receipts[0]["receipt_id"],
        "coupon_id": coupon(shop, program, card["member_id"]),
        "replay_id": program.told("startReplay", {})["replay_id"],
        "mailing_id": message(shop),
        "segment_id": program.told("addSegment", {"name": "Everybody"})["segment_id"],
        "tag": printed(shop, program),
        **driven(program),
    }


def printed(shop: OfficeBench, program: Program) -> str:
    """The tag of a run of printed coupons."""
    campaign_id = codes_campaign(shop)
    body = {"name": "leaflet", "count": 2}
    return str(program.told("issueCoupons", body, key="printed", campaign_id=campaign_id)["tag"])


def driven(program: Program) -> dict[str, str]:
    """A vehicle with a mileage of a day."""
    body = {"vin": "WVWZZZ1JZXW000001", "plate": "BE 12345", "make": "VW", "km": 90_000, "km_on": "2026-11-02"}
    return {"vehicle_id": program.told("addVehicle", body)["vehicle_id"], "read_on": "2026-11-02"}


def coupon_campaign(shop: OfficeBench, name: str) -> str:
    """A running campaign with a coupon for one new member."""
    only = run_in_tx(
        shop.office.database.write, lambda tx: create_member(tx, shop.doing, MemberInput(Person(name))).member_id
    )
    form = CampaignForm(
        kind="coupon",
        name=name,
        starts_on=date(2026, 11, 1),
        ends_on=date(2027, 12, 24),
        percent_bp=1_000,
        audience_members=(only,),
    )
    campaign_id = run_in_tx(shop.office.database.write, lambda tx: create_campaign(tx, shop.doing, form).campaign_id)
    run_in_tx(shop.office.database.write, lambda tx: publish_campaign(tx, shop.doing, campaign_id).version)
    return campaign_id


def coupon(shop: OfficeBench, program: Program, member_id: str) -> str:
    campaign_id = coupon_campaign(shop, "A coupon")
    return str(program.told("addCoupon", {"campaign_id": campaign_id}, member_id=member_id)["coupon_id"])


def test_the_document_is_the_routes(shop: OfficeBench) -> None:
    served = shop.app.test_client().get(f"{PREFIX}/openapi.json").get_json()
    assert served == json.loads(msgspec.json.encode(document(OPERATIONS)))
    told = {(path, method.upper()) for path, methods in served["paths"].items() for method in methods}
    routes = {
        (re.sub(r"<([a-z_]+)>", r"{\1}", rule.rule), method)
        for rule in shop.app.url_map.iter_rules()
        if rule.endpoint.startswith("api.") and rule.endpoint != "api.openapi"
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert told == routes
    page = shop.app.test_client().get("/api/docs")
    assert page.status_code == 200
    assert all(f"{PREFIX}{operation.path}" in page.text for operation in OPERATIONS)
    assert "http://" not in page.text.replace("http://localhost", "")


def test_every_reading_operation_answers_in_its_form(program: Program, values: dict[str, Any]) -> None:
    for operation in OPERATIONS:
        if not operation.writes:
            assert program.ask(operation.name, **values).status_code == 200, operation.name


def test_another_organisations_token_finds_none_of_our_things(shop: OfficeBench, values: dict[str, Any]) -> None:
    stranger = Program(shop, new_token(shop, organisation_id=shop.other_organisation()))
    for operation in OPERATIONS:
        if "{" in operation.path:
            assert stranger.ask(operation.name, body_for(operation.name), key="k-1", **values).status_code == 404
        elif not operation.writes:
            told = stranger.ask(operation.name).text
            assert not any(value in told for value in values.values()), operation.name


def body_for(name: str) -> Any:
    """A document that would be taken, for every operation that needs one."""
    return {
        "addMember": {"person": {"last_name": "New"}},
        "changeMember": {"language": "fr"},
        "addCard": {"card_id": "04AA00000000FF"},
        "changeCard": {"state": "blocked"},
        "addPosting": {"amount": 5, "reason": "a test"},
        "addCoupon": {"campaign_id": "none"},
        "startReplay": {"campaign_id": "none"},
        "addConsent": {"channel": "email", "purpose": "service", "decision": "withdrawn"},
        "addSegment": {"name": "All"},
        "changeSegment": {"name": "All of them"},
        "takeOffSegment": {"member_id": "none", "reason": "a test"},
        "issueCoupons": {"name": "a test", "count": 1},
        "issuePublicCode": {"code": "SUMMER26", "name": "a test", "count": 1},
        "readCodes": {},
        "takeBackCode": {"code": "none"},
        "giveBackCode": {"code": "none"},
        "addVehicle": {"vin": "WVWZZZ1JZXW000009"},
        "changeVehicle": {"make": "VW"},
        "addReading": {"km": 1, "read_on": "2026-11-02"},
    }.get(name)


def test_without_the_scope_nothing_is_said_or_done(shop: OfficeBench, values: dict[str, Any]) -> None:
    lacking = {
        lost: Program(shop, new_token(shop, [scope for scope in Scope if scope is not lost]))
        for lost in {operation.scope for operation in OPERATIONS}
    }
    for operation in OPERATIONS:
        shop.clock.forward(timedelta(seconds=1))  # no request meets the limit of requests
        program = lacking[operation.scope]
        answer = program.refused(operation.name, body_for(operation.name), key="k-2", **values)
        assert answer == (403, "scope_missing"), operation.name


@pytest.mark.parametrize(
    "header", ["", "Basic abc", "Bearer", "Bearer x", "Bearer loyalty.o.\x00", "Bearer loyalty.x.y"]
)
def test_without_a_token_nobody_gets_in(shop: OfficeBench, values: dict[str, Any], header: str) -> None:
    client = shop.app.test_client(use_cookies=False)
    for operation in OPERATIONS:
        answer = client.open(address(operation, values), method=operation.method, headers={"Authorization": header})
        assert answer.status_code in {401, 429}
        check_form(operation, answer)
    shop.clock.forward(timedelta(minutes=6))


def test_a_session_of_staff_is_no_token(shop: OfficeBench) -> None:
    assert shop.client("owner").get(f"{PREFIX}/members").status_code in {401, 429}
    shop.clock.forward(timedelta(minutes=6))


def test_an_owner_makes_a_token_sees_it_once_and_revokes_it(bench: OfficeBench) -> None:
    owner = bench.client("owner")
    assert bench.client("clerk").get("/api-tokens").status_code == 403
    with csrf_free(bench.app):
        assert owner.post("/api-tokens", data={"name": "", "days": "30"}).status_code == 422
        assert owner.post("/api-tokens", data={"name": "x", "days": "30"}).status_code == 422
        data = {"name": "Web shop", "scopes": ["members:read"], "days": "30"}
        assert owner.post("/api-tokens", data={**data, "days": "9999"}).status_code == 422
        page = owner.post("/api-tokens", data=data)
    found = re.search(r'value="(loyalty\.[^"]+)"', page.text)
    assert found is not None
    later = owner.get("/api-tokens").text
    assert "Web shop" in later
    assert found[1] not in later
    program = Program(bench, found[1])
    member = program.told("listMembers")["items"][0]
    assert member["person"] is None, "names need a scope of their own"
    unused = later.split("Last used")[1].split("</table>")[0]
    assert DASH in unused
    assert DASH not in owner.get("/api-tokens").text.split("Last used")[1].split("</table>")[0], "its use is shown"
    revoke = re.search(r'action="(/api-tokens/[^"]+/revoke)"', later)
    assert revoke is not None
    with csrf_free(bench.app):
        assert owner.post(revoke[1]).status_code == 302
    assert program.refused("listMembers") == (401, "token_wrong")
    text = found[1].rpartition(".")[2]
    with bench.office.database.read() as reader:
        rows = [tuple(row) for row in reader.connection().exec_driver_sql("SELECT * FROM api_token")]
    assert len(rows) == 1
    assert text not in str(rows)


def test_a_token_ends_by_itself(shop: OfficeBench) -> None:
    program = Program(shop, new_token(shop, [Scope.MEMBERS_READ]))
    before = shop.clock.now()
    shop.clock.forward(timedelta(days=90))
    try:
        assert program.refused("listMembers") == (401, "token_wrong")
    finally:
        shop.clock.forward(before - shop.clock.now())


def test_a_member_is_added_found_changed_and_its_card_blocked(shop: OfficeBench, program: Program) -> None:
    person = {"first_name": "Grace", "last_name": "Hopper", "email": "grace@example.org", "phone": "+41 79 123 45 67"}
    made = program.told("addMember", {"person": person, "language": "fr", "card_id": "04:aa:bb:cc:dd:ee:01"})
    member_id = made["member_id"]
    assert made["person"]["email"] == "grace@example.org"
    for query in ({"email": "Grace@Example.org"}, {"phone": "0791234567"}, {"number": made["number"]}):
        assert [each["member_id"] for each in program.told("listMembers", query=query)["items"]] == [member_id], query
    assert program.told("listMembers", query={"card_id": "04AABBCCDDEE01"})["items"][0]["member_id"] == member_id
    assert program.told("listMembers", query={"email": "grace@example.com"})["items"] == []
    assert program.refused("listMembers", query={"email": "a@b.c", "number": "1"}) == (400, "invalid")
    changed = program.told("changeMember", {"person": {"town": "Basel"}, "language": "de"}, member_id=member_id)
    assert (changed["person"]["town"], changed["person"]["last_name"], changed["language"]) == ("Basel", "Hopper", "de")
    with shop.office.database.read() as reader:
        known = personal.load(reader, shop.organisation_id, [member_id])[member_id]
    with_plate = replace(known, plates=("BS 1234",))
    run_in_tx(
        shop.office.database.write,
        lambda tx: personal.save(tx, shop.organisation_id, member_id, with_plate),
    )
    program.told("changeMember", {"person": {"town": "Bern"}}, member_id=member_id)
    with shop.office.database.read() as reader:
        assert personal.load(reader, shop.organisation_id, [member_id])[member_id] == replace(with_plate, town="Bern")
    theirs = program.told("listMembers", query={"limit": 1})["items"][0]["number"]
    assert program.refused("changeMember", {"number": theirs}, member_id=member_id) == (422, "refused")
    card = "iso14443a:04AABBCCDDEE01"
    assert program.told("changeCard", {"state": "blocked"}, member_id=member_id, card_id=card)["state"] == "blocked"
    new = program.told("addCard", {"card_id": "04AABBCCDDEE02", "replaces": card}, member_id=member_id)
    assert new["state"] == "active"
    assert {each["state"] for each in program.told("listCards", member_id=member_id)["items"]} == {"active", "replaced"}
    assert program.refused("changeCard", {"state": "active"}, member_id=member_id, card_id=CARD) == (404, "not_found")
    staff = shop.client("owner").get(f"/members/{member_id}").text
    assert "api: a program" in staff


def test_points_are_given_once_however_often_they_are_sent(
    shop: OfficeBench, program: Program, values: dict[str, Any]
) -> None:
    gift, member_id = {"amount": 50, "reason": "web shop order 17"}, values["member_id"]
    before = balance(shop, member_id)
    assert program.refused("addPosting", gift, member_id=member_id) == (400, "key_missing")
    first = program.ask("addPosting", gift, key="order-17", member_id=member_id)
    again = program.ask("addPosting", gift, key="order-17", member_id=member_id)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.data == again.data
    assert again.headers["Idempotent-Replayed"] == "true"
    assert first.get_json()["balance"] == before + 50
    assert balance(shop, member_id) == before + 50
    other = {"amount": 51, "reason": "web shop order 17"}
    assert program.refused("addPosting", other, key="order-17", member_id=member_id) == (422, "key_used")
    elsewhere = Program(shop)
    assert elsewhere.ask("addPosting", gift, key="order-17", member_id=member_id).status_code == 201
    assert balance(shop, member_id) == before + 100, "a key belongs to its token"
    refusals = [
        program.refused("addPosting", {"amount": amount, "reason": "x"}, key="k", member_id=member_id)
        for amount in (0, -5, 1_000_001, "5", 1.5)
    ]
    assert set(refusals) == {(400, "invalid")}
    assert program.refused("addPosting", {**gift, "unit": "value"}, key="k3", member_id=member_id) == (400, "invalid")


def balance(shop: OfficeBench, member_id: str) -> int:
    with shop.office.database.read() as reader:
        return balances_of(reader, shop.organisation_id, member_id).get("points", 0)


def test_what_was_refused_may_be_tried_again_with_the_same_key(program: Program, values: dict[str, Any]) -> None:
    person = {"person": {"last_name": "Twice"}, "number": "7001"}
    assert program.refused("addMember", {**person, "groups": ["none"]}, key="m-1") == (422, "refused")
    assert program.ask("addMember", person, key="m-1").status_code == 201
    assert program.ask("addMember", person, key="m-1").status_code == 201
    assert program.refused("addMember", person, key="m-2") == (422, "refused"), values


def test_lists_come_in_pages_and_every_thing_once(program: Program, values: dict[str, Any]) -> None:
    member_id = values["member_id"]
    for number in range(3):
        program.told("addPosting", {"amount": 1, "reason": "again"}, key=f"page-{number}", member_id=member_id)
    for name, key, path in (
        ("listMembers", "member_id", {}),
        ("listCampaigns", "campaign_id", {}),
        ("listReceipts", "receipt_id", {}),
        ("listCoupons", "coupon_id", {"member_id": member_id}),
    ):
        small = [item[key] for item in paged(program, name, 2, **path)]
        assert small == [item[key] for item in paged(program, name, 200, **path)], name
        assert len(set(small)) == len(small) > 0
    assert paged(program, "listPostings", 2, member_id=member_id) == paged(
        program, "listPostings", 200, member_id=member_id
    )
    for cursor in ("x", "WyJhIl0", "WyJhIiwiYiIsImMiLCJkIl0", "é", "W10"):
        assert program.refused("listReceipts", query={"cursor": cursor}) == (400, "invalid")
        if cursor != "WyJhIl0":
            assert program.refused("listMembers", query={"cursor": cursor}) == (400, "invalid")


def test_a_coupon_is_given_once_and_not_to_who_is_held_out(
    shop: OfficeBench, program: Program, values: dict[str, Any]
) -> None:
    campaign_id = coupon_campaign(shop, "Given by a program")
    given = program.told("addCoupon", {"campaign_id": campaign_id}, member_id=values["member_id"])
    assert (given["state"], given["medium"]) == ("open", "card")
    again = program.refused("addCoupon", {"campaign_id": campaign_id}, member_id=values["member_id"])
    assert again == (409, "conflict")
    offer = values["campaign_id"]
    assert program.refused("addCoupon", {"campaign_id": offer}, member_id=values["member_id"]) == (409, "conflict")
    assert program.refused("addCoupon", {"campaign_id": "none"}, member_id=values["member_id"]) == (404, "not_found")
    other = program.told("addMember", {"person": {"last_name": "Held"}})["member_id"]
    part = CampaignMember(
        organisation_id=shop.organisation_id,
        campaign_id=campaign_id,
        member_id=other,
        arm=HELD_OUT,
        version=1,
        at=shop.clock.now(),
    )
    run_in_tx(shop.office.database.write, lambda tx: tx.add(part))
    assert program.refused("addCoupon", {"campaign_id": campaign_id}, member_id=other) == (409, "conflict")
    told = program.told("getCampaign", campaign_id=campaign_id)
    assert "Given by a program" not in " ".join(told["sentences"]), "nobody of the audience is named"
    assert told["sentences"][0] == "10% off the whole basket."


def test_a_consent_needs_its_words_and_counts_at_once(program: Program, values: dict[str, Any]) -> None:
    decision = {"channel": "sms", "purpose": "marketing", "decision": "granted"}
    member_id = values["member_id"]
    assert program.refused("addConsent", decision, member_id=member_id) == (422, "refused")
    told = program.told("addConsent", {**decision, "wording": "May we?"}, member_id=member_id)
    (line,) = [each for each in told["items"] if (each["channel"], each["purpose"]) == ("sms", "marketing")]
    assert line["given_at"] is not None
    old = {**decision, "wording": "x", "given_at": "0001-01-01T00:00:00+14:00"}
    assert program.ask("addConsent", old, member_id=member_id).status_code in {400, 422}


def test_who_asks_too_fast_is_told_when_to_ask_again(shop: OfficeBench) -> None:
    program = Program(shop, new_token(shop, [Scope.CAMPAIGNS_READ]))
    statuses = [program.ask("listCampaigns").status_code for _ in range(BURST_MAX + 1)]
    assert statuses == [200] * BURST_MAX + [429]
    answer = program.ask("listCampaigns")
    assert answer.headers["Retry-After"] == "1"
    shop.clock.forward(timedelta(seconds=1))
    assert [program.ask("listCampaigns").status_code for _ in range(int(PER_SECOND) + 1)] == [200] * int(PER_SECOND) + [
        429
    ]
    assert Program(shop).ask("listCampaigns").status_code == 200, "each token has its own"


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        ({"data": b"{", "content_type": "application/json"}, 400),
        ({"data": b"\xff", "content_type": "application/json"}, 400),
        ({"data": b"[" * 50_000, "content_type": "application/json"}, 400),
        ({"data": b"{}", "content_type": "text/plain"}, 415),
        ({"json": {"person": {"shoe_size": 43}}}, 400),
        ({"json": {"person": {"last_name": "x" * 101}}}, 400),
        ({"json": {"person": {"last_name": "\x00"}}}, 400),
        ({"data": b" " * 70_000, "content_type": "application/json"}, 413),
        ({"json": {"person": {}}, "query_string": "a=1"}, 400),
    ],
)
def test_what_is_sent_wrongly_is_refused_as_a_problem(program: Program, parts: dict[str, Any], status: int) -> None:
    headers = {"Authorization": f"Bearer {program.token}"}
    answer = program.client.post(f"{PREFIX}/members", headers=headers, **parts)
    assert answer.status_code == status, answer.text
    check_form(BY_NAME["addMember"], answer)


def test_an_address_that_is_not_there_is_a_problem_too(program: Program) -> None:
    for method, path, status in (("GET", "/nothing", 404), ("PUT", "/members", 405), ("DELETE", "/members/x", 405)):
        answer = program.client.open(f"{PREFIX}{path}", method=method)
        assert answer.status_code == status
        assert answer.content_type == "application/problem+json"


def test_the_night_forgets_answers(tmp_path: Path) -> None:
    bench = OfficeBench(tmp_path / "office")
    Program(bench).told("addMember", {"person": {}}, key="k")
    bench.clock.forward(ANSWERS_KEPT + timedelta(days=1))
    tick(bench.office)
    with bench.office.database.read() as reader:
        assert reader.scalar(select(func.count()).select_from(ApiAnswer)) == 0
    bench.close()


def test_a_message_and_what_became_of_it(program: Program, values: dict[str, str]) -> None:
    ids = [each["mailing_id"] for each in program.told("listMessages")["items"]]
    assert values["mailing_id"] in ids
    told = program.told("getMessage", mailing_id=values["mailing_id"])
    assert (told["name"], told["state"], told["messages"], told["waiting"]) == ("Rolls", "sending", 2, 2)
    assert told["states"] == {"queued": 2}
    assert "@" not in json.dumps(told), "recipients are not named"
