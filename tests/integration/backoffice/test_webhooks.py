"""Webhooks, from what happens to a real receiver: once, signed, and again when it fails."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backoffice.app import create_app
from backoffice.approvals.services import submit
from backoffice.campaigns.actions import create_campaign, publish_campaign
from backoffice.campaigns.approval import campaign_subject
from backoffice.campaigns.form import CampaignForm
from backoffice.campaigns.models import Campaign
from backoffice.consent.kinds import Channel, Decision, Purpose, Source
from backoffice.consent.ledger import Said, record
from backoffice.db import run_in_tx
from backoffice.imports.runs import apply_file
from backoffice.loyalty.corrections import correct
from backoffice.members.erasure import erase
from backoffice.members.merging import merge
from backoffice.members.personal import Person
from backoffice.members.services import MemberInput, add_card, create_member, set_card_state, update_member
from backoffice.webhooks.client import Trip
from backoffice.webhooks.delivery import STOP_AFTER, WAITS, deliver_due
from backoffice.webhooks.kinds import EventKind
from backoffice.webhooks.models import WebhookDelivery, WebhookEvent, WebhookSubscription
from backoffice.webhooks.services import EVENTS_KEPT
from backoffice.worker.ticker import tick
from tests.support.hook_receiver import Receiver, receiving
from tests.support.office import OfficeBench, SellingTill, csrf_free

CARD = "iso14443a:04AA11223344FF"


@pytest.fixture
def inside(bench: OfficeBench) -> OfficeBench:
    """An office whose receivers may stand on this machine."""
    bench.office = replace(bench.office, settings=replace(bench.office.settings, webhooks_inside=True))
    bench.app = create_app(bench.office)
    return bench


@pytest.fixture
def receiver(inside: OfficeBench) -> Iterator[Receiver]:
    """Told of everything."""
    with receiving() as made:
        subscribed(inside, made, [kind.value for kind in EventKind])
        yield made


def subscribed(bench: OfficeBench, receiver: Receiver, events: list[str]) -> str:
    """Made on the page, as an owner does; the page of the subscription."""
    with csrf_free(bench.app):
        page = bench.client("owner").post("/webhooks", data={"url": receiver.url, "events": events})
    assert page.status_code == 200, page.text
    found = re.search(r'value="(whsec_[^"]+)"', page.text)
    assert found is not None
    receiver.secret = html.unescape(found[1])
    places = re.findall(r'href="(/webhooks/[\w-]+)"', page.text)
    return str(places[-1])


def joined(bench: OfficeBench) -> str:
    def work(tx: Session) -> str:
        member = create_member(tx, bench.doing, MemberInput(Person("Ada", "Lovelace", "ada@example.org")))
        add_card(tx, bench.doing, member.member_id, CARD)
        return member.member_id

    return run_in_tx(bench.office.database.write, work)


def test_everything_that_is_promised_is_told_once_and_signed(
    inside: OfficeBench, receiver: Receiver, tmp_path: Path
) -> None:
    bench, write = inside, inside.office.database.write
    member_id = joined(bench)
    form = CampaignForm(
        kind="coupon",
        name="Thanks",
        starts_on=date(2026, 11, 1),
        ends_on=date(2026, 12, 24),
        percent_bp=1_000,
        audience_members=(member_id,),
        valid_from_days=0,
        budget_minor=100,
    )
    campaign_id = run_in_tx(write, lambda tx: create_campaign(tx, bench.doing, form).campaign_id)
    key = (bench.organisation_id, campaign_id)
    run_in_tx(write, lambda tx: publish_campaign(tx, bench.doing, campaign_id).version)
    run_in_tx(write, lambda tx: submit(tx, bench.doing, campaign_subject(tx, tx.get_one(Campaign, key))))
    till = SellingTill(tmp_path / "till", bench)
    till.sell(("5001", 980, 1), card_id=CARD)
    till.sync_until_quiet()
    till.close()
    said = Said(member_id, Channel.SMS, Purpose.SURVEY, Decision.WITHDRAWN, Source.SPOKEN, bench.clock.now())
    run_in_tx(write, lambda tx: record(tx, bench.doing, [said]))
    run_in_tx(write, lambda tx: correct(tx, bench.doing, member_id, "points", 7, "a gift"))
    changed = MemberInput(Person("Ada", "King", "ada@example.org"))
    run_in_tx(write, lambda tx: update_member(tx, bench.doing, member_id, changed))
    run_in_tx(write, lambda tx: set_card_state(tx, bench.doing, CARD, "blocked").state)
    file = b"number,last_name\n9001,New\n"
    run_in_tx(write, lambda tx: apply_file(tx, bench.doing, "members", file, lambda _rows: None).rows_total)
    twin_id = run_in_tx(write, lambda tx: create_member(tx, bench.doing, MemberInput(Person("Ada", "King"))).member_id)
    run_in_tx(write, lambda tx: merge(tx, bench.doing, member_id, twin_id, ()))
    run_in_tx(write, lambda tx: erase(tx, bench.doing, member_id))
    assert deliver_due(bench.office) > 0
    assert deliver_due(bench.office) == 0
    assert receiver.unsigned == 0
    assert len(set(receiver.ids)) == len(receiver.ids)
    told = {kind: [event["data"] for event in receiver.events if event["type"] == kind] for kind in receiver.kinds()}
    assert set(told) == {kind.value for kind in EventKind}
    assert told["member.merged"] == [{"member_id": member_id, "gone_member_id": twin_id}]
    assert told["member.created"][0] == {"member_id": member_id}
    assert len(told["member.created"]) == 3, "an imported one too"
    assert told["card.blocked"][0]["card_id"] == CARD
    assert told["coupon.redeemed"][0]["discount_minor"] == 88, "after the 10 % of Mondays"
    assert told["consent.changed"][0]["decision"] == "withdrawn"
    assert {"unit": "points", "amount": 7}.items() <= told["points.posted"][0].items()
    assert told["campaign.published"][0] == {"campaign_id": campaign_id, "version": 1, "name": "Thanks"}
    assert told["approval.changed"] == [
        {"kind": "campaign", "subject_id": campaign_id, "name": "Thanks", "state": "submitted"}
    ]
    assert told["campaign.budget"] == [{"campaign_id": campaign_id, "percent": 80, "budget_minor": 100}]
    everything = str(receiver.events)
    assert not any(secret in everything for secret in ("Ada", "Lovelace", "King", "example.org"))


def test_what_is_rolled_back_is_never_told_and_nobody_listening_costs_nothing(inside: OfficeBench) -> None:
    joined(inside)
    with inside.office.database.read() as reader:
        assert reader.scalar(select(func.count()).select_from(WebhookEvent)) == 0
    with receiving() as receiver:
        subscribed(inside, receiver, ["card.blocked", "member.created"])

        def work(tx: Session) -> None:
            create_member(tx, inside.doing, MemberInput(Person("Lost")))
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            run_in_tx(inside.office.database.write, work)
        run_in_tx(inside.office.database.write, lambda tx: set_card_state(tx, inside.doing, CARD, "blocked").state)
        deliver_due(inside.office)
        assert receiver.kinds() == ["card.blocked"]


def test_a_failure_is_tried_again_later_and_keeps_nobody_else_waiting(inside: OfficeBench, receiver: Receiver) -> None:
    with receiving() as other:
        subscribed(inside, other, ["member.created"])
        receiver.status = 503
        joined(inside)
        joined_too = run_in_tx(
            inside.office.database.write,
            lambda tx: create_member(tx, inside.doing, MemberInput(Person("Bob"))).member_id,
        )
        deliver_due(inside.office)
        assert [event["data"]["member_id"] for event in other.events][-1] == joined_too
        assert len(other.events) == 2
    assert receiver.events == []
    receiver.status = 200
    inside.clock.forward(WAITS[0])
    deliver_due(inside.office)
    assert receiver.kinds().count("member.created") == 2


def test_a_redirect_is_a_failure_and_is_not_followed(inside: OfficeBench, receiver: Receiver) -> None:
    with receiving() as elsewhere:
        receiver.status, receiver.headers = 307, {"Location": elsewhere.url}
        joined(inside)
        deliver_due(inside.office)
        assert (elsewhere.events, elsewhere.unsigned) == ([], 0)
    assert "307" in last_page(inside)


def last_page(bench: OfficeBench) -> str:
    with bench.office.database.read() as reader:
        subscription_id = reader.scalars(select(WebhookSubscription.subscription_id)).first()
    return bench.client("owner").get(f"/webhooks/{subscription_id}").text


def test_who_fails_for_five_days_is_stopped_with_a_notice_and_taken_up_again(
    inside: OfficeBench, receiver: Receiver
) -> None:
    receiver.status = 500
    joined(inside)
    ends = inside.clock.now() + STOP_AFTER + timedelta(hours=13)
    tries = 0
    while inside.clock.now() < ends:
        tries += deliver_due(inside.office)
        inside.clock.forward(timedelta(hours=1))
    assert 0 < tries < 30, "the pauses grow"
    assert "failed for too long" in inside.client("owner").get("/").text
    assert "stopped after five days" in last_page(inside)
    receiver.status = 200
    joined_later = run_in_tx(
        inside.office.database.write, lambda tx: create_member(tx, inside.doing, MemberInput(Person("Bob"))).member_id
    )
    assert deliver_due(inside.office) == 0
    owner = inside.client("owner")
    with inside.office.database.read() as reader:
        row = reader.scalars(select(WebhookDelivery)).first()
    assert row is not None
    with csrf_free(inside.app):
        assert owner.post(f"/webhooks/{row.subscription_id}/take-up").status_code == 302
        assert owner.post(f"/webhooks/{row.subscription_id}/deliveries/{row.event_id}/again").status_code == 302
        assert owner.post(f"/webhooks/{row.subscription_id}/test").status_code == 302
    deliver_due(inside.office)
    assert sorted(receiver.kinds()) == sorted(["test", kind_of(inside, row.event_id)])
    assert joined_later not in str(receiver.events), "what happened while it was stopped is not told"
    assert "failed for too long" not in owner.get("/").text


def kind_of(bench: OfficeBench, event_id: str) -> str:
    with bench.office.database.read() as reader:
        return reader.get_one(WebhookEvent, (bench.organisation_id, event_id)).kind


def test_gone_stops_at_once(inside: OfficeBench, receiver: Receiver) -> None:
    receiver.status = 410
    joined(inside)
    deliver_due(inside.office)
    assert "(410)" in last_page(inside)
    inside.clock.forward(timedelta(days=1))
    assert deliver_due(inside.office) == 0


def test_a_worker_that_died_leaves_its_delivery_to_the_next(inside: OfficeBench, receiver: Receiver) -> None:
    joined(inside)

    def dies(*_args: object, **_named: object) -> Trip:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        deliver_due(inside.office, dies)
    deliver_due(inside.office)
    told = len(receiver.events)
    inside.clock.forward(timedelta(minutes=2))
    deliver_due(inside.office)
    assert len(receiver.events) == told + 1


def test_the_page_refuses_addresses_inside_and_strangers(bench: OfficeBench) -> None:
    owner = bench.client("owner")
    with csrf_free(bench.app):
        for url in ("http://shop.example/", "https://user:x@shop.example/", "x"):
            assert owner.post("/webhooks", data={"url": url, "events": ["member.created"]}).status_code == 422
        assert owner.post("/webhooks", data={"url": "https://shop.example/"}).status_code == 422
        made = owner.post("/webhooks", data={"url": "https://127.0.0.1:9/", "events": ["member.created"]})
    assert made.status_code == 200
    run_in_tx(bench.office.database.write, lambda tx: create_member(tx, bench.doing, MemberInput(Person("A"))).number)
    assert deliver_due(bench.office) == 1
    assert "the address leads inside" in last_page(bench)
    assert bench.client("auditor").get("/webhooks").status_code == 403
    secret = re.search(r"whsec_[\w+/=]+", html.unescape(made.text))
    assert secret is not None
    assert secret[0] not in html.unescape(owner.get("/webhooks").text)


def test_the_night_forgets_what_is_long_past(inside: OfficeBench, receiver: Receiver) -> None:
    joined(inside)
    deliver_due(inside.office)
    inside.clock.forward(EVENTS_KEPT + timedelta(days=2))
    tick(inside.office)
    with inside.office.database.read() as reader:
        assert reader.scalar(select(func.count()).select_from(WebhookEvent)) == 0
        assert reader.scalar(select(func.count()).select_from(WebhookDelivery)) == 0
    assert receiver.events
