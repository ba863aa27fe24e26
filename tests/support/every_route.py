"""Every page of the back-office with something real behind each variable of its address, from the route table."""

from __future__ import annotations

import hashlib
from datetime import date

from sqlalchemy import select
from werkzeug.routing import Rule

from backoffice.api.scopes import Scope
from backoffice.api.tokens import make_token, tokens_of
from backoffice.audiences.segments import save_segment
from backoffice.audiences.tree import EVERYBODY
from backoffice.campaigns.actions import list_campaigns
from backoffice.card_artwork.kept import keep_side
from backoffice.cashiers.services import add_cashier
from backoffice.catalogue.models import Product
from backoffice.consent.kinds import Purpose
from backoffice.db import run_in_tx
from backoffice.flows.form import FlowForm
from backoffice.flows.services import create_flow
from backoffice.identity.models import SignedIn
from backoffice.identity.rights import Right
from backoffice.members.models import Card, Member
from backoffice.messaging.content import decode
from backoffice.messaging.kinds import ChannelRule
from backoffice.messaging.services import Draft, create_mailing
from backoffice.messaging.store import create_template
from backoffice.network.tree import open_below
from backoffice.prediction.services import renew as renew_needs
from backoffice.regular_reports.kinds import Every, Kind
from backoffice.regular_reports.services import order_report
from backoffice.replays.runs import ask as ask_replay
from backoffice.sync_api.card_rights import receive
from backoffice.sync_api.models import Quarantine, TillKey
from backoffice.sync_api.tills import Till
from backoffice.web.access import access_of
from backoffice.webhooks.kinds import EventKind
from backoffice.webhooks.services import subscribe
from backoffice.worker.ticker import tick_long
from backoffice.workshop.line_rules import Rule as WorkRule
from backoffice.workshop.operations import Family
from backoffice.workshop.rule_writing import save_rules
from backoffice.workshop.starter import starter_rules
from backoffice.workshop.vehicles import find_vehicles
from pos_engine.wire.card_rights import CardRightBody, CardRightReport
from pos_engine.wire.http_signature import new_signing_key, public_key_of
from tests.support.garage import GOLF, ORDERS, VEHICLES
from tests.support.importing import bring, taken
from tests.support.office import OfficeBench

CARD_SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 916 599.8"/>'


def real_things(shop: OfficeBench) -> dict[str, str]:
    """One real thing of the bakery for every variable that a route may have."""
    import_id = bring(shop, "members", "m.csv", b"number\n77\n")
    with shop.office.database.read() as reader:
        card = reader.scalars(select(Card).where(Card.organisation_id == shop.organisation_id)).first()
        product = reader.scalars(select(Product).where(Product.organisation_id == shop.organisation_id)).first()
        campaign = list_campaigns(reader, shop.organisation_id, date(2026, 11, 23))[0]
        page = shop.client("auditor").get("/receipts").text
    assert card is not None
    assert product is not None
    workstation_id, epoch, seq = page.split('id="rows"')[1].split('href="/receipts/')[1].split('"')[0].split("/")
    with shop.office.database.read() as reader:
        session_mark = reader.scalars(select(SignedIn.session_mark)).first() or ""
    raw = b"not a receipt"
    kept = Quarantine(
        organisation_id=shop.organisation_id,
        workstation_id=workstation_id,
        epoch=int(epoch),
        seq=int(seq),
        raw_sha256=hashlib.sha256(raw).hexdigest(),
        claimed_sha256="0" * 64,
        raw=raw,
        code="unreadable",
        text="not a receipt",
        received_at=shop.clock.now(),
    )
    key = TillKey(
        organisation_id=shop.organisation_id,
        key_id="0" * 64,
        workstation_id=workstation_id,
        public_key=public_key_of(new_signing_key()),
        state="waiting",
        asked_at=shop.clock.now(),
        decided_by="",
    )
    run_in_tx(shop.office.database.write, lambda tx: tx.add_all([kept, key]))
    with shop.office.database.read() as reader:
        other_id = reader.scalars(
            select(Member.member_id).where(
                Member.organisation_id == shop.organisation_id, Member.member_id != card.member_id
            )
        ).all()[-1]
    run_in_tx(shop.office.database.write, lambda tx: add_cashier(tx, shop.doing, "17", "Eva", "4711"))
    run_in_tx(shop.office.database.write, lambda tx: keep_side(tx, shop.doing, "front", "front.svg", CARD_SVG))
    segment_id = run_in_tx(
        shop.office.database.write, lambda tx: save_segment(tx, shop.doing, "", "Everybody", EVERYBODY).segment_id
    )
    mailing = run_in_tx(
        shop.office.database.write,
        lambda tx: create_mailing(tx, shop.doing, Draft("Rolls", Purpose.MARKETING, ChannelRule.EMAIL)),
    )
    template = run_in_tx(
        shop.office.database.write, lambda tx: create_template(tx, shop.doing, "Rolls", decode(mailing.content))
    )
    run_in_tx(shop.office.database.write, lambda tx: make_token(tx, shop.doing, "Web shop", [Scope.MEMBERS_READ], 90))
    with shop.office.database.read() as reader:
        token_id = tokens_of(reader, shop.organisation_id)[0].token_id
    flow = run_in_tx(shop.office.database.write, lambda tx: create_flow(tx, shop.doing, "Rolls", FlowForm()))
    subscription_id, _secret = run_in_tx(
        shop.office.database.write,
        lambda tx: subscribe(tx, shop.doing, "https://hooks.example/", list(EventKind), inside=False),
    )
    replay_id = run_in_tx(shop.office.database.write, lambda tx: ask_replay(tx, shop.doing, None))
    while tick_long(shop.office):
        pass
    change_id = _right_in_doubt(shop, workstation_id, card.card_id)
    order_id = run_in_tx(
        shop.office.database.write,
        lambda tx: order_report(tx, shop.doing, shop.owner_id, Kind.CARE, Every.WEEK, "").order_id,
    )
    taken(shop, "vehicles", VEHICLES.encode())
    taken(shop, "work_orders", ORDERS.encode())
    rules = [*starter_rules(), WorkRule("service", words=("ours",))]
    run_in_tx(shop.office.database.write, lambda tx: save_rules(tx, shop.doing, 0, rules))
    renew_needs(shop.office, shop.organisation_id, shop.office.clock.now().date())
    with shop.office.database.read() as reader:
        vehicle_id = find_vehicles(reader, shop.organisation_id, GOLF)[0].vehicle_id
    child_id = run_in_tx(
        shop.office.database.write,
        lambda tx: open_below(tx, shop.doing, shop.organisation_id, "Branch", "Europe/Berlin", "de").organisation_id,
    )
    return {
        "order_id": order_id,
        "vehicle_id": vehicle_id,
        "read_on": "2026-11-02",
        "child_id": child_id,
        "parent_id": shop.organisation_id,
        "place": str(len(rules)),
        "version": "1",
        "family": Family.BRAKES,
        "subscription_id": subscription_id,
        "event_id": "none",
        "replay_id": replay_id,
        "table": "day",
        "token_id": token_id,
        "segment_id": segment_id,
        "mailing_id": mailing.mailing_id,
        "template_id": template.template_id,
        "flow_id": flow.flow_id,
        "raw_sha256": kept.raw_sha256,
        "member_id": card.member_id,
        "key_id": key.key_id,
        "set_version": "1",
        "entry_id": "adjustment:none",
        "card_id": card.card_id,
        "other_id": other_id,
        "product_id": product.product_id,
        "campaign_id": campaign.campaign_id,
        "import_id": import_id,
        "workstation_id": workstation_id,
        "epoch": epoch,
        "seq": seq,
        "user_id": shop.owner_id,
        "state": "block",
        "act": "pause",
        "part": "rows",
        "move_id": "none",
        "change_id": change_id,
        "operator": "17",
        "tag": "0000",
        "batch_id": "none",
        "side": "front",
        "kind": "campaign",
        "subject_id": campaign.campaign_id,
        "session_mark": session_mark,
        "credential_mark": "0" * 64,
    }


def _right_in_doubt(shop: OfficeBench, workstation_id: str, card_id: str) -> str:
    body = CardRightBody(
        change_id="0" * 31 + "5",
        card_id=card_id,
        reference="4711@2026-11-23",
        sequence=3,
        units={"coupon|none": 1},
        begun_at=shop.clock.now(),
        state="pending",
    )
    report = CardRightReport(workstation_id=workstation_id, sent_at=shop.clock.now(), changes=(body,))
    till = Till(shop.organisation_id, workstation_id, "")
    run_in_tx(shop.office.database.write, lambda tx: receive(tx, shop.clock, till, report))
    return body.change_id


def rules(shop: OfficeBench) -> list[Rule]:
    """The routes that need a right."""
    return [rule for rule in shop.app.url_map.iter_rules() if isinstance(access_of(shop.app, rule.endpoint), Right)]


def address(rule: Rule, values: dict[str, str]) -> str:
    path = rule.rule
    for argument in rule.arguments:
        for converter in ("", "int:", "path:"):
            path = path.replace(f"<{converter}{argument}>", values[argument])
    assert "<" not in path, f"no value for a variable of {rule.rule}"
    return path


def methods(rule: Rule) -> list[str]:
    return sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
