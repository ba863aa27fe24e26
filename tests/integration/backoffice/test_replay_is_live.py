"""Receipts of two tills, replayed with the programme's state carried along, book the same ledger byte for byte.

Points, paid with and earned, tiers, stamps, coupons on paper and on the card, a sale that is cancelled, goods that come
back in parts and at another till, and an exchange. Nothing is taken from a receipt but what was asked of the core.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import httpx
import msgspec
import pytest
from sqlalchemy import select

from backoffice.campaigns.actions import create_campaign, publish_campaign
from backoffice.campaigns.form import CampaignForm
from backoffice.db import run_in_tx
from backoffice.loyalty import programme
from backoffice.loyalty.models import LedgerAccount, LedgerEntry, LedgerPosting
from backoffice.replays import receipts
from backoffice.replays.receipts import key_of, past_sales
from backoffice.sync_api.models import CampaignSetRow, Receipt
from pos_engine.checkout.booking import top_up_minor
from pos_engine.checkout.requests import CommitRequest, QuoteRequest, RegisterLine, ReturnRequest
from pos_engine.checkout.return_draft import ComingBack, return_draft
from pos_engine.core.bookings import VISITS, Booking, bookings_of_sale, bookings_of_void
from pos_engine.core.evaluate import evaluate
from pos_engine.core.outcome import Outcome
from pos_engine.core.programme import Programme, TierLadder, TierStep
from pos_engine.core.repricing import Sold
from pos_engine.core.returns import ReturnedLine
from pos_engine.core.ruleset import compile_ruleset
from pos_engine.daemon.originals import BackOfficeOriginals
from pos_engine.ports.devices import CardIdentity, CardPresented
from pos_engine.replay.past import PastReceipts, PastSale
from pos_engine.sync.http_client import HttpBackOffice
from pos_engine.wire.campaigns import LoadedSet, load_set
from pos_engine.wire.documents import encode
from pos_engine.wire.returns import ReturnedBefore
from pos_engine.wire.sync import ReceiptDocument, Tender
from tests.support.office import OfficeBench, SellingTill, card_of

LASAGNE, SPRITZER, CAPPUCCINO, RYE, FILTER = "5001", "2004", "2001", "4002", "7003"
ANNA, BEN = card_of(2), card_of(3)
LADDER = TierLadder(steps=(TierStep("silver", "Silver", 100), TierStep("gold", "Gold", 400)))
RULES = Programme(points_step=10, step_minor=10, as_tender=True, tiers=LADDER)
OFFLINE_MAX = 5_000
Posting = tuple[str, str, str, int, str, date | None, date | None]
"""Entry, member, unit, amount, kind, and the days between which it can be used."""


@pytest.fixture
def tills(bench: OfficeBench, tmp_path: Path) -> Iterator[tuple[SellingTill, SellingTill]]:
    """Two tills of one shop with points, tiers and a stamp card of three coffees."""
    run_in_tx(bench.office.database.write, lambda tx: programme.save(tx, bench.doing, RULES, programme.Earning(1, 100)))
    form = CampaignForm(
        kind="stamps",
        name="The third coffee",
        reward="free",
        who="members",
        products=(CAPPUCCINO,),
        free_products=(CAPPUCCINO,),
        stamp_card="Coffee",
        stamp_goal=3,
        valid_for_days=90,
        starts_on=date(2026, 11, 1),
        ends_on=date(2027, 12, 24),
    )
    campaign_id = run_in_tx(bench.office.database.write, lambda tx: create_campaign(tx, bench.doing, form).campaign_id)
    run_in_tx(bench.office.database.write, lambda tx: publish_campaign(tx, bench.doing, campaign_id).version)
    bench.publish()
    made = []
    for name in ("front", "garden"):
        till = SellingTill(tmp_path / name, bench, name=name)
        asked = HttpBackOffice(bench.clock, httpx.WSGITransport(app=bench.app))
        till.checkout.use_originals(BackOfficeOriginals(asked, till.journal), OFFLINE_MAX)
        till.refresh()
        made.append(till)
    yield made[0], made[1]
    for till in made:
        till.close()


def _sell_for_weeks(bench: OfficeBench, front: SellingTill, garden: SellingTill) -> None:
    first = front.sell((LASAGNE, 980, 3), (SPRITZER, 280, 2), card_id=ANNA)
    front.sell((CAPPUCCINO, 420, 2), (RYE, 450, 3), card_id=BEN)
    (coupon,) = front.sell((SPRITZER, 280, 4)).issued_coupons
    front.refresh()
    bench.clock.forward(timedelta(days=3))
    # In parts, at another till, without the card.
    garden.checkout.take_back(ReturnRequest("back-1", first.receipt_id, (ReturnedLine("1", 1),), "17"))
    garden.refresh()
    bench.clock.forward(timedelta(days=4))
    front.refresh()
    front.sell((CAPPUCCINO, 420, 2), (LASAGNE, 980, 1), codes=(coupon.coupon_id,), card_id=BEN)
    mistake = front.sell((LASAGNE, 980, 5), card_id=ANNA)
    front.checkout.void(mistake.sale_ref, "17")
    front.refresh()
    _pay_with_points(front, ANNA, 20)
    front.refresh()
    bench.clock.forward(timedelta(days=7))
    front.refresh()
    filters = front.sell((FILTER, 1680, 4), (CAPPUCCINO, 420, 1), card_id=BEN)
    front.refresh()
    # An exchange: one filter and the coffee back, a lasagne instead.
    front.checkout.take_back(
        ReturnRequest("back-2", filters.receipt_id, (ReturnedLine("1", 1), ReturnedLine("2", 1)), "17")
    )
    front.sell((LASAGNE, 980, 1), card_id=BEN)
    front.checkout.take_back(ReturnRequest("back-3", filters.receipt_id, (), "17"))
    for till in (front, garden, front):
        till.refresh()


def _pay_with_points(till: SellingTill, card_id: str, amount_minor: int) -> None:
    lines = (RegisterLine(line_id="1", product_id=LASAGNE, unit_price_minor=980, quantity=1),)
    request = QuoteRequest(sale_ref="by-points", lines=lines, operator="17")
    till.checkout.note_offline(offline=False)
    till.checkout.quote(request)
    technology, _colon, uid = card_id.partition(":")
    till.checkout.reader_event("counter", CardPresented(CardIdentity(technology, uid, "desfire", "key")))
    quote = till.checkout.quote(request)
    due = quote.total_due_minor
    tenders = (Tender(kind="points", amount_minor=amount_minor), Tender(kind="cash", amount_minor=due - amount_minor))
    till.checkout.commit(CommitRequest(sale_ref="by-points", tendered_minor=due, tenders=tenders, operator="17"))


@dataclass
class Replayed:
    """The programme's state, carried from receipt to receipt: what was sold and what of it came back, and balances."""

    sets: dict[int, LoadedSet]
    sales: dict[str, tuple[ReceiptDocument, PastSale, Outcome, tuple[Booking, ...]]] = field(default_factory=dict)
    returns: defaultdict[str, list[ReturnedBefore]] = field(default_factory=lambda: defaultdict(list))
    balances: defaultdict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))

    def sale(self, key: str, receipt: ReceiptDocument, past: PastSale) -> tuple[Outcome, tuple[Booking, ...]]:
        loaded = self.sets[receipt.set_version]
        assert loaded.programme is not None
        rules = compile_ruleset(loaded.campaigns, loaded.tariff, loaded.document.set_version, loaded.inactive)
        outcome = evaluate(rules, past.basket, past.member, past.usage, past.moment, explain=False)
        booked: tuple[Booking, ...] = ()
        if receipt.member_id:
            paid = [(each.kind, each.amount_minor) for each in receipt.tenders]
            put_on = top_up_minor(past.basket, loaded.programme)
            booked = bookings_of_sale(outcome, paid, put_on, loaded.programme, receipt.business_day)
        self.sales[key] = (receipt, past, outcome, booked)
        return outcome, booked

    def void(self, receipt: ReceiptDocument) -> tuple[Booking, ...]:
        original = next(each for each in self.sales.values() if each[0].sale_ref == receipt.sale_ref)
        has = {unit: amount for (member, unit), amount in self.balances.items() if member == receipt.member_id}
        return bookings_of_void(original[3], RULES.spent_points, has, receipt.business_day).bookings

    def goods_back(self, receipt: ReceiptDocument) -> tuple[bytes, tuple[Booking, ...]]:
        back = receipt.returned
        assert back is not None
        key = back.original_id.replace(":", "/")
        document, past, outcome, booked = self.sales[key]
        loaded = self.sets[document.set_version]
        lines = defaultdict(list)
        for unit in back.units:
            lines[unit.line_id].append(unit.unit_index)
        wanted = tuple(ReturnedLine(line, len(places), tuple(places)) for line, places in lines.items())
        giving = {each.campaign_id for each in outcome.applied}
        again = any(each.returns != "share" for each in loaded.campaigns if each.campaign_id in giving)
        sold = (
            Sold(loaded.campaigns, past.basket, past.moment, loaded.tariff, past.member, past.usage) if again else None
        )
        original = msgspec.structs.replace(document, outcome=msgspec.Raw(encode(outcome)), bookings=booked)
        coming = ComingBack(back.original_id, original, outcome, tuple(self.returns[key]), wanted, sold)
        undone = coming.reversal(None, receipt.business_day)
        head = (receipt.sale_ref, receipt.operator, receipt.business_day)
        draft = return_draft(coming, undone, head, None, RULES, refund_tender="cash", checked=True)
        assert draft.tenders == receipt.tenders
        due_minor = sum(rate.due_minor for rate in undone.vat)
        self.returns[key].append(ReturnedBefore(
            receipt_id=receipt.sale_ref, units=undone.units, due_minor=due_minor, refund_minor=undone.refund_minor
        ))  # fmt: skip
        return bytes(draft.outcome), draft.bookings

    def carry(self, member_id: str, booked: tuple[Booking, ...]) -> None:
        for each in booked:
            self.balances[member_id, each.unit] += each.amount


def test_x4_what_two_tills_booked_comes_out_of_a_replay_byte_for_byte(
    bench: OfficeBench, tills: tuple[SellingTill, SellingTill]
) -> None:
    _sell_for_weeks(bench, *tills)
    with bench.office.database.read() as reader:
        rows = reader.scalars(
            select(Receipt).where(Receipt.organisation_id == bench.organisation_id).order_by(Receipt.closed_at)
        ).all()
        sets = {row.set_version: load_set(row.raw) for row in reader.scalars(select(CampaignSetRow))}
    replayed = Replayed(sets)
    past = _columns(bench)
    kinds: list[str] = []
    stamps = tiers = 0
    ours: list[Posting] = []
    for row in rows:
        key, receipt = (
            key_of(row.workstation_id, row.epoch, row.seq),
            msgspec.json.decode(row.raw, type=ReceiptDocument),
        )
        if receipt.kind == "sale":
            # One that was cancelled is no sale for a draft, but it was booked, and its void takes that back.
            sale = past.get(key) or receipts._sale(key, row.raw)
            outcome, booked = replayed.sale(key, receipt, sale)
            assert encode(outcome) == bytes(receipt.outcome), key
            tiers += bool(sale.member and sale.member.tier)
            stamps += len(outcome.stamps)
        elif receipt.kind == "void":
            booked = replayed.void(receipt)
        else:
            raw, booked = replayed.goods_back(receipt)
            assert raw == bytes(receipt.outcome), key
        assert msgspec.json.encode(booked) == msgspec.json.encode(receipt.bookings), key
        replayed.carry(receipt.member_id, booked)
        kinds.append(receipt.kind)
        entry = f"{row.workstation_id}:{row.epoch}:{row.seq}"
        ours += [
            (entry, receipt.member_id, each.unit, each.amount, each.kind, each.expires_on, each.usable_from)
            for each in booked
            if each.unit != VISITS
        ]
    assert (kinds.count("sale"), kinds.count("void"), kinds.count("return")) == (8, 1, 3)
    assert stamps >= 3
    assert tiers, "nobody rose to a tier: the week says nothing of them"
    live, filled = _ledger(bench)
    assert msgspec.json.encode(sorted(ours, key=repr)) == msgspec.json.encode(sorted(live, key=repr))
    assert filled, "no stamp card was full: the weeks say nothing of them"
    for _entry, member_id, unit, amount, *_rest in filled:
        replayed.balances[member_id, unit] += amount
    with bench.office.database.read() as reader:
        accounts = reader.scalars(select(LedgerAccount).where(LedgerAccount.owner.not_like("shop:%"))).all()
    assert {(each.owner, each.unit): each.balance for each in accounts} == {
        account: amount for account, amount in replayed.balances.items() if account[1] != VISITS
    }


def _columns(bench: OfficeBench) -> dict[str, PastSale]:
    """The sales as a replay keeps them: through columns and back."""
    past = PastReceipts()
    for page in past_sales(bench.office.database.read, bench.organisation_id):
        for one in page:
            past.add(one)
    return {key: past.sale(number) for number, key in enumerate(past.keys)}


def _ledger(bench: OfficeBench) -> tuple[list[Posting], list[Posting]]:
    """What the back-office has booked on members because of receipts, and for stamp cards that were full."""
    with bench.office.database.read() as reader:
        found = reader.execute(
            select(
                LedgerEntry.entry_id,
                LedgerPosting.owner,
                LedgerPosting.unit,
                LedgerPosting.amount,
                LedgerPosting.kind,
                LedgerPosting.expires_on,
                LedgerPosting.usable_from,
            )
            .join(LedgerPosting, LedgerPosting.entry_id == LedgerEntry.entry_id)
            .where(LedgerPosting.owner.not_like("shop:%"))
        ).all()
    postings: list[Posting] = [
        (entry, owner, unit, amount, kind, last, first) for entry, owner, unit, amount, kind, last, first in found
    ]
    live = [each for each in postings if not each[0].startswith("stamp_card:")]
    return live, [each for each in postings if each[0].startswith("stamp_card:")]
