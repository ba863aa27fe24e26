"""Receipts of a real till, replayed: byte for byte as they were sold, and what a form would have cost on them."""

from __future__ import annotations

from datetime import timedelta

import msgspec
from sqlalchemy import select

from backoffice.replays.receipts import key_of, parts, past_sales
from backoffice.replays.routes import SHELF
from backoffice.replays.shelf import PastShelf
from backoffice.sync_api.models import CampaignSetRow, Receipt
from pos_engine.core.evaluate import evaluate
from pos_engine.core.ruleset import compile_ruleset
from pos_engine.replay.cores import replay
from pos_engine.replay.draft import Trial
from pos_engine.wire.campaigns import load_set
from pos_engine.wire.documents import encode
from pos_engine.wire.sync import ReceiptDocument
from tests.support.office import OfficeBench, SellingTill, card_of, csrf_free

LASAGNE, SPRITZER, CAPPUCCINO, RYE, FILTER = "5001", "2004", "2001", "4002", "7003"
WAIT_S = 60.0


def _sell_a_week(bench: OfficeBench, till: SellingTill) -> None:
    """Offers, members, a coupon on the card, one on paper, and a sale that is voided."""
    till.sell((LASAGNE, 980, 2), (SPRITZER, 280, 1))
    till.sell((FILTER, 1680, 1), (RYE, 450, 3), card_id=card_of(2))
    bench.clock.forward(timedelta(days=1))
    (coupon,) = till.sell((SPRITZER, 280, 4)).issued_coupons
    bench.clock.forward(timedelta(days=6))
    till.sync_until_quiet()
    till.sell((CAPPUCCINO, 420, 2), (LASAGNE, 980, 1), codes=(coupon.coupon_id,), card_id=card_of(3))
    mistake = till.sell((LASAGNE, 980, 5))
    till.checkout.void(mistake.sale_ref, "17")
    till.sync_until_quiet()


def test_x4_receipts_of_a_till_replayed_are_the_same_bytes(bench: OfficeBench, till: SellingTill) -> None:
    _sell_a_week(bench, till)
    with bench.office.database.read() as reader:
        rows = reader.scalars(select(Receipt).where(Receipt.organisation_id == bench.organisation_id)).all()
        sets = {row.set_version: load_set(row.raw) for row in reader.scalars(select(CampaignSetRow))}
    documents = {
        key_of(row.workstation_id, row.epoch, row.seq): msgspec.json.decode(row.raw, type=ReceiptDocument)
        for row in rows
    }
    pages = past_sales(bench.office.database.read, bench.organisation_id)
    seen: list[str] = []
    for past in parts(pages, lambda _done: None):
        for number, key in enumerate(past.keys):
            document, sale = documents[key], past.sale(number)
            loaded = sets[document.set_version]
            rules = compile_ruleset(loaded.campaigns, loaded.tariff, loaded.document.set_version, loaded.inactive)
            outcome = evaluate(rules, sale.basket, sale.member, sale.usage, sale.moment, explain=False)
            assert encode(outcome) == bytes(document.outcome)
            seen.append(key)
    assert len(seen) == 4, "the sale that was voided is none"
    assert sum(row.kind == "sale" for row in rows) == 5


def test_x4_the_sums_of_a_replay_are_the_sums_of_the_receipts(bench: OfficeBench, till: SellingTill) -> None:
    _sell_a_week(bench, till)
    with bench.office.database.read() as reader:
        newest = reader.scalars(select(CampaignSetRow).order_by(CampaignSetRow.set_version.desc())).first()
        assert newest is not None
        loaded = load_set(newest.raw)
        taken = {
            key_of(row.workstation_id, row.epoch, row.seq): row.total_discount_minor
            for row in reader.scalars(select(Receipt))
        }
    pages = past_sales(bench.office.database.read, bench.organisation_id)
    found = replay(Trial(loaded.campaigns, (), loaded.tariff), parts(pages, lambda _done: None))
    kept = [row.key for row in found.worst]
    assert found.receipts == 4
    assert found.discount_minor == found.cost_minor == sum(taken[key] for key in kept) > 0


FIELDS = {
    "preset": "weekday_percent",
    "name": "Half of every lasagne",
    "reward": "percent",
    "percent": "50",
    "products": LASAGNE,
    "starts_on": "2026-12-01",
    "ends_on": "2026-12-31",
    "who": "everybody",
}


def test_the_cost_stands_beside_the_form(bench: OfficeBench, till: SellingTill) -> None:
    client = bench.client("campaign_editor")
    shelf: PastShelf = bench.app.extensions[SHELF]
    with csrf_free(bench.app):
        assert "data-cost-empty" in client.post("/campaigns/cost", data=FIELDS).text
        _sell_a_week(bench, till)
        assert "data-cost-empty" not in client.post("/campaigns/cost", data=FIELDS).text
        shelf.wait(WAIT_S)
        shown = client.post("/campaigns/cost", data=FIELDS).text
        missing = client.post("/campaigns/cost", data={**FIELDS, "percent": ""}).text
        unknown = client.post("/campaigns/cost", data={**FIELDS, "preset": "none"})
        gone = client.post("/campaigns/cost", data={**FIELDS, "campaign_id": "none"})
    # Two lasagnes on the first Monday and one on the next: half of 29.40, of which Mondays' 10 % was given already.
    assert "data-cost>" in shown
    assert "11.76" in shown
    assert "Mondays" in shown, "which running campaign gives less is named"
    assert "/receipts/" in shown
    assert "data-cost>" not in missing
    assert (unknown.status_code, gone.status_code) == (404, 404)


def test_only_who_may_build_campaigns_is_told(bench: OfficeBench) -> None:
    with csrf_free(bench.app):
        assert bench.client("clerk").post("/campaigns/cost", data=FIELDS).status_code == 403


def test_an_older_question_of_the_same_user_is_given_up(bench: OfficeBench) -> None:
    shelf: PastShelf = bench.app.extensions[SHELF]
    first = shelf.newest_question("u1")
    second = shelf.newest_question("u1")
    assert shelf.newest_question("u2") == 1
    assert not shelf.is_newest("u1", first)
    assert shelf.is_newest("u1", second)
