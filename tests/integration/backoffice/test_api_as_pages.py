"""A program and a person who do the same leave the same: each writing operation beside the page that does it.

Two back-offices begin as copies of each other. In one of them a person sends the page's form, in the other a program
asks the operation; what came and went in every table must be alike, with its entry on record and what receivers are
told. An operation without a comparison, or without a written reason why no page does it, fails here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from backoffice.api.routes import OPERATIONS
from backoffice.audiences import segments
from backoffice.audiences.conditions import Visits
from backoffice.audiences.tree import AudienceTree, Group
from backoffice.campaigns.actions import create_campaign, publish_campaign
from backoffice.campaigns.form import CampaignForm
from backoffice.coupon_runs.services import Wanted, issue_codes, void_code
from backoffice.db import run_in_tx
from backoffice.members.models import Card
from backoffice.members.personal import Person
from backoffice.members.services import MemberInput, add_card, create_member
from backoffice.replays import runs
from backoffice.sync_api.models import Coupon
from backoffice.webhooks.kinds import EventKind
from backoffice.webhooks.services import subscribe
from backoffice.workshop.by_hand import add_reading, save_vehicle
from backoffice.workshop.vehicles import get_vehicle
from tests.support.api_client import Program
from tests.support.office import OfficeBench, csrf_free
from tests.support.rows_left import difference, rows_of

ACTORS = ("owner-here@test.example", "api: a program")
VIN = "WVWZZZ1JZXW000001"
PERSON = {"first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.org", "town": "Bern"}

NO_PAGE = {
    "addCoupon": "staff give coupons to the audience of a campaign; one coupon to one member is a program's act",
}
"""Operations that no page does, each with its reason."""


@dataclass(frozen=True)
class Side:
    """One of the two back-offices with who acts in it."""

    bench: OfficeBench
    browser: FlaskClient
    program: Program
    subscription_id: str

    def prepared(self, work: Callable[..., Any]) -> Any:
        """What a service makes before the act, not compared."""
        return run_in_tx(self.bench.office.database.write, work)


Prepare = Callable[[Side], dict[str, str]]


@dataclass(frozen=True)
class Act:
    """The same thing twice. Values in braces stand for what `prepare` made."""

    operation: str
    page: str
    form: dict[str, Any]
    body: Any = None
    path: tuple[str, ...] = ()
    prepare: Prepare = lambda _side: {}
    apart: dict[str, str] = field(default_factory=dict)
    """What differs and may: the page's words → the program's."""


def member(side: Side) -> dict[str, str]:
    """A member of its own, with a card."""

    def work(tx: Any) -> dict[str, str]:
        made = create_member(tx, side.bench.doing, MemberInput(Person("Grace", "Hopper", email="grace@example.org")))
        number = made.number.rjust(6, "0")
        card = add_card(tx, side.bench.doing, made.member_id, f"iso14443a:04CC{number}00CC")
        return {"member_id": made.member_id, "number": made.number, "card_id": card.card_id}

    return dict(side.prepared(work))


def segment(side: Side) -> dict[str, str]:
    """A segment that nobody uses, and a member."""
    tree = AudienceTree(root=Group(parts=(Visits(at_least=3),)))
    name = f"Often here {len(rows_of(side.bench)['segment'])}"
    made = side.prepared(lambda tx: segments.save_segment(tx, side.bench.doing, "", name, tree).segment_id)
    return {"segment_id": made, "name": name, **member(side)}


def removal(side: Side) -> dict[str, str]:
    """A segment with a member taken off."""
    made = segment(side)
    side.prepared(
        lambda tx: segments.take_off(tx, side.bench.doing, made["segment_id"], made["member_id"], "asked for it")
    )
    return made


def codes_campaign(side: Side) -> dict[str, str]:
    """A published campaign that printed coupons redeem."""
    form = CampaignForm(
        kind="codes", name="Leaflet", starts_on=date(2026, 11, 1), ends_on=date(2027, 12, 24), percent_bp=1_000
    )
    doing = side.bench.doing
    campaign_id = side.prepared(lambda tx: create_campaign(tx, doing, form).campaign_id)
    side.prepared(lambda tx: publish_campaign(tx, doing, campaign_id).version)
    return {"campaign_id": campaign_id}


def coupons(side: Side) -> dict[str, str]:
    """The same with one coupon issued. Its code is another one on each side."""
    made = codes_campaign(side)
    doing, wanted = side.bench.doing, Wanted("leaflet", 1)
    tag = side.prepared(lambda tx: issue_codes(tx, doing, made["campaign_id"], wanted).tag)
    with side.bench.office.database.read() as reader:
        code = reader.scalars(select(Coupon.coupon_id).where(Coupon.campaign_id == made["campaign_id"])).one()
    return {**made, "tag": tag, "code": code}


def taken_back(side: Side) -> dict[str, str]:
    """The same with the coupon taken back singly."""
    made = coupons(side)
    side.prepared(lambda tx: void_code(tx, side.bench.doing, made["campaign_id"], made["code"]).coupon_id)
    return made


def vehicle(side: Side) -> dict[str, str]:
    """A vehicle with a number of its own, with a mileage of a day."""
    number = len(rows_of(side.bench)["vehicle"]) + 2
    cells = {"vin": f"{VIN[:-6]}{number:06}", "plate": f"BE {number}", "make": "VW", "model": "Golf"}

    def work(tx: Any) -> str:
        vehicle_id = save_vehicle(tx, side.bench.doing, dict.fromkeys(VEHICLE, "") | cells, is_new=True)
        row = get_vehicle(tx, side.bench.organisation_id, vehicle_id)
        assert row is not None
        add_reading(tx, side.bench.doing, row, "90000", "2026-11-01")
        return vehicle_id

    vehicle_id = side.prepared(work)
    with side.bench.office.database.read() as reader:
        row = get_vehicle(reader, side.bench.organisation_id, vehicle_id)
        assert row is not None
        return {"vehicle_id": vehicle_id, "seen": row.updated_at.isoformat(), "read_on": "2026-11-01"}


def no_replay(side: Side) -> dict[str, str]:
    """No replay is under way any more."""

    def work(tx: Any) -> None:
        for row in runs.replays_of(tx, side.bench.organisation_id):
            if row.state in runs.UNDER_WAY:
                runs.stop(tx, side.bench.doing, row.replay_id)

    side.prepared(work)
    return {}


def replay(side: Side) -> dict[str, str]:
    """A replay that waits for the worker."""
    no_replay(side)
    return {"replay_id": str(side.prepared(lambda tx: runs.ask(tx, side.bench.doing, None)))}


DRAWN_TAG = re.compile(r"coupon_run: .*\btag='([0-9A-Z]{4})'")
DRAWN_CODE = re.compile(r"\bS[0-9A-Z]{17}\b")
DRAWN_KEY = re.compile(r'"key":"[0-9a-f]{64}"')
"""What is drawn anew for each run of coupons."""

VEHICLE = (
    *("vin", "plate", "number", "make", "model", "model_year", "segment", "vehicle_type", "customer_kind"),
    *("first_registration", "demo_handover", "contract_until", "warranty_until", "inspection_until", "site"),
)
BOUGHT_TWICE = {"t.join": "all", "t.0.kind": "visits", "t.0.at_least": "2", "t.0.days": "30"}
SAME_IN_JSON = {"kind": "group", "parts": [{"kind": "visits", "at_least": 2, "days": 30}]}

ACTS = (
    Act(
        "addMember", "/members/new", PERSON | {"language": "fr", "card_id": "04AA11BB22CC33"},
        {"person": PERSON, "language": "fr", "card_id": "04AA11BB22CC33"},
    ),
    Act(
        "changeMember", "/members/{member_id}/edit",
        {"first_name": "Grace", "last_name": "Murray", "email": "grace@example.org", "number": "{number}",
         "language": "de", "receipts_by_mail": "yes"},
        {"person": {"last_name": "Murray"}, "language": "de", "receipts_by_mail": True},
        ("member_id",), member,
    ),
    Act(
        "addCard", "/members/{member_id}/cards", {"card_id": "04AA11BB22CC44", "replaces": "{card_id}"},
        {"card_id": "04AA11BB22CC44", "replaces": "{card_id}"}, ("member_id",), member,
    ),
    Act(
        "changeCard", "/members/{member_id}/cards/{card_id}/block", {}, {"state": "blocked"},
        ("member_id", "card_id"), member,
    ),
    Act(
        "addPosting", "/members/{member_id}/accounts", {"unit": "points", "amount": "25", "reason": "a gift"},
        {"unit": "points", "amount": 25, "reason": "a gift"}, ("member_id",), member,
    ),
    Act(
        "addConsent", "/members/{member_id}/consents",
        {"channel": "email", "purpose": "marketing", "decision": "granted", "source": "spoken", "basis": "consent",
         "wording": "May we write?", "note": "at the counter"},
        {"channel": "email", "purpose": "marketing", "decision": "granted", "source": "spoken",
         "wording": "May we write?", "note": "at the counter"},
        ("member_id",), member,
    ),
    Act("startReplay", "/replays", {}, {}, (), no_replay),
    Act("stopReplay", "/replays/{replay_id}/stop", {}, None, ("replay_id",), replay),
    Act("addSegment", "/segments/new", BOUGHT_TWICE | {"name": "Twice"}, {"name": "Twice", "root": SAME_IN_JSON}),
    Act(
        "changeSegment", "/segments/{segment_id}/edit", BOUGHT_TWICE | {"name": "{name}"}, {"root": SAME_IN_JSON},
        ("segment_id",), segment,
    ),
    Act("copySegment", "/segments/{segment_id}/copy", {}, None, ("segment_id",), segment),
    Act("deleteSegment", "/segments/{segment_id}/delete", {}, None, ("segment_id",), segment),
    Act(
        "takeOffSegment", "/segments/{segment_id}/take-off", {"member_id": "{member_id}", "reason": "a friend"},
        {"member_id": "{member_id}", "reason": "a friend"}, ("segment_id",), segment,
    ),
    Act(
        "putBackIntoSegment", "/segments/{segment_id}/put-back/{member_id}", {}, None, ("segment_id", "member_id"),
        removal,
    ),
    Act(
        "issueCoupons", "/campaigns/{campaign_id}/codes", {"name": "may", "count": "3", "valid_until": "2027-05-31"},
        {"name": "may", "count": 3, "valid_until": "2027-05-31"}, ("campaign_id",), codes_campaign,
    ),
    Act(
        "issuePublicCode", "/campaigns/{campaign_id}/codes",
        {"kind": "public", "code": "summer26", "name": "radio", "count": "50"},
        {"code": "summer26", "name": "radio", "count": 50}, ("campaign_id",), codes_campaign,
    ),
    Act(
        "readCodes", "/campaigns/{campaign_id}/codes/{tag}/csv", {}, {}, ("campaign_id", "tag"), coupons,
        {", csv": ", json"},
    ),
    Act("takeBackRun", "/campaigns/{campaign_id}/codes/{tag}/void", {}, None, ("campaign_id", "tag"), coupons),
    Act(
        "takeBackCode", "/campaigns/{campaign_id}/code/void", {"code": "{code}"}, {"code": "{code}"}, ("campaign_id",),
        coupons,
    ),
    Act(
        "giveBackCode", "/campaigns/{campaign_id}/code/restore", {"code": "{code}"}, {"code": "{code}"},
        ("campaign_id",), taken_back,
    ),
    Act(
        "addVehicle", "/vehicles/new",
        dict.fromkeys(VEHICLE, "") | {"vin": VIN, "plate": "BE 1", "make": "VW", "model_year": "2019", "km": "91000",
                                      "km_on": "2026-11-02", "warranty_until": "2027-01-31"},
        {"vin": VIN, "plate": "BE 1", "make": "VW", "model_year": 2019, "km": 91_000, "km_on": "2026-11-02",
         "warranty_until": "2027-01-31"},
    ),
    Act(
        "changeVehicle", "/vehicles/{vehicle_id}/edit",
        dict.fromkeys(VEHICLE, "") | {"plate": "BE 99", "make": "VW", "model": "Polo", "seen": "{seen}"},
        {"plate": "BE 99", "model": "Polo"}, ("vehicle_id",), vehicle,
    ),
    Act(
        "addReading", "/vehicles/{vehicle_id}/readings", {"km": "91500", "read_on": "2026-11-20"},
        {"km": 91_500, "read_on": "2026-11-20"}, ("vehicle_id",), vehicle,
    ),
    Act(
        "removeReading", "/vehicles/{vehicle_id}/readings/{read_on}/remove", {}, None, ("vehicle_id", "read_on"),
        vehicle,
    ),
)  # fmt: skip


@pytest.fixture
def sides(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Side, Side]]:
    """Two copies of one back-office, in which nothing was done yet, each with a receiver who is told of everything."""
    made = []
    for name in ("pages", "programs"):
        bench = OfficeBench(tmp_path_factory.mktemp("alike") / name)
        made.append(Side(bench, bench.client("owner"), Program(bench), told_of_everything(bench)))
    yield made[0], made[1]
    for side in made:
        side.bench.close()


def told_of_everything(bench: OfficeBench) -> str:
    """A receiver who listens to all events; the id of its subscription."""
    url = "https://receiver.example.org/hook"
    return run_in_tx(
        bench.office.database.write, lambda tx: subscribe(tx, bench.doing, url, tuple(EventKind), inside=False)[0]
    )


def filled(value: Any, made: dict[str, str]) -> Any:
    """The same with what was prepared in place of the names in braces."""
    if isinstance(value, dict):
        return {name: filled(each, made) for name, each in value.items()}
    if isinstance(value, str):
        return made.get(value[1:-1], value) if value[:1] == "{" else value
    return value


def test_every_writing_operation_has_its_page_or_a_reason() -> None:
    writing = {operation.name for operation in OPERATIONS if operation.writes}
    compared = [act.operation for act in ACTS]
    assert len(set(compared)) == len(compared)
    assert set(compared).isdisjoint(NO_PAGE)
    assert writing == set(compared) | set(NO_PAGE)


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.operation)
def test_a_program_leaves_what_a_person_leaves(sides: tuple[Side, Side], act: Act) -> None:
    by_page, _by_program = sides
    for side in sides:
        side.bench.clock.forward(timedelta(minutes=1))  # no request meets the limit of requests
    left = []
    for side in sides:
        made = act.prepare(side)
        before = rows_of(side.bench)
        if side is by_page:
            with csrf_free(side.bench.app):
                answer = side.browser.post(act.page.format(**made), data=filled(act.form, made))
            assert answer.status_code in {200, 302}, answer.text
        else:
            path = {name: made[name] for name in act.path}
            side.program.told(act.operation, filled(act.body, made), key=f"{act.operation}-1", **path)
        lines = difference(before, rows_of(side.bench), ACTORS)
        left.append(alike(lines, made | {"subscription_id": side.subscription_id}, act.apart))
    assert left[0], "a page that changes nothing compares nothing"
    assert left[0] == left[1]


def alike(lines: list[str], made: dict[str, str], apart: dict[str, str]) -> list[str]:
    """Lines with what was prepared under its name: it has another id on each side."""
    for name, value in sorted(made.items(), key=lambda item: -len(item[1])):
        lines = [line.replace(value, f"<{name}>") for line in lines]
    for person, program in apart.items():
        lines = [line.replace(person, program) for line in lines]
    for tag in {found[1] for line in lines if (found := DRAWN_TAG.search(line))}:
        lines = [re.sub(rf"\b{tag}\b", "<tag>", DRAWN_CODE.sub("<code>", line)) for line in lines]
    return sorted(DRAWN_KEY.sub("<key>", line) for line in lines)


def test_a_difference_is_seen(sides: tuple[Side, Side]) -> None:
    """The comparison is no formality: another language of a member, or no entry on record, is found."""
    side, _other = sides
    made = member(side)
    before = rows_of(side.bench)
    with csrf_free(side.bench.app):
        side.browser.post(f"/members/{made['member_id']}/cards/{made['card_id']}/block")
    lines = difference(before, rows_of(side.bench), ACTORS)
    tables = {line.split()[1].rstrip(":") for line in lines}
    assert {"card", "audit_entry", "change_row", "webhook_event", "webhook_delivery"} <= tables
    with side.bench.office.database.read() as reader:
        assert reader.get_one(Card, (side.bench.organisation_id, made["card_id"])).state == "blocked"
